"""A card that the report stage writes agrees with its metrics; each changed number is named."""

from pathlib import Path

import pandas as pd
import pytest

from promptgan.lineage.card_numbers import differing
from promptgan.networks.folder import described
from promptgan.reporting.card import card
from promptgan.reporting.contents import Contents
from tests.conftest import EXAMPLE, GENERATOR

NUMBERS = {"ms_jaccard": 0.1037, "bleu_4": 0.4285, "self_bleu_4": 0.3636, "temperature": 0.7, "nll": 4.2878}
METRICS = {
    "evaluation": {
        "task": "text",
        "systems": {
            "real": {"ms_jaccard": 0.0938},
            "twin": {**NUMBERS, "nll": 4.2931},
            "control": "not applicable",
            "adversarial": NUMBERS,
        },
        "gaps": {"twin": {"bleu_4": -0.0054}},
        "standard_errors": [{"system": "adversarial", "ms_jaccard": 0.0023}],
        "verdict": ["bleu_4: adversarial is behind; the difference is -0.0054", "one training seed"],
        "signature": ["nll: nats per token"],
    },
    "validation": {"rows": dict.fromkeys(("excluded", "read", "quarantined", "train", "val", "test", "judge"), 7)},
    "judges": {"matcher": {"accuracy": 0.65}, "tf_idf": {"accuracy": 0.6}},
    "train": {},
}


@pytest.fixture
def text(tmp_path: Path) -> str:
    generator = {"role": "generator", "weights": "generator.safetensors", "section": GENERATOR}
    index = {"kind": "model", **described("text", "tokens", EXAMPLE), "networks": {"generator": generator}}
    indices = {"twin": index, "control": {"kind": "none", "reason": "none"}, "adversarial": index}
    columns = ["model", "prompt_id", "prompt", "text", "temperature", "top_p", "purpose"]
    rows = [("twin", "user-0", "hello?", "hi", 0.7, 0.9, "read")]
    pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / "samples.parquet")
    licence = {"name": "MIT", "certainty": "sure", "note": "a file"}
    provenance = {"title": "talk 1.0", "licence": licence, "content_sha256": "ab" * 32}
    return card(Contents(provenance, METRICS, {}, indices, {}, "", tmp_path, {}))


def test_a_card_as_the_pipeline_writes_it_agrees(text: str) -> None:
    assert list(differing(text, "adversarial", METRICS)) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value: 0.4285", "value: 0.9285", "its front matter has bleu_4 0.9285, not 0.4285"),
        ("0.1037 ± 0", "0.9037 ± 0", "its ms_jaccard of adversarial is 0.9037 ± 0.0023, not 0.1037 ± 0.0023"),
        ("± 0.0023", "± 0.0001", "its ms_jaccard of adversarial is 0.1037 ± 0.0001, not 0.1037 ± 0.0023"),
        ("| 0.0938 |", "| 0.1 |", "its ms_jaccard of real data is 0.1, not 0.0938"),
        ("is -0.0054", "is +0.0954", "its verdict lacks 'bleu_4: adversarial is behind; the difference is -0.0054'"),
        ("| train | 7 |", "| train | 7000 |", "its rows of train are 7000, not 7"),
        ("65% of cases", "99% of cases", "its limitations lack 'The matcher is small: it picks"),
        ("model-index", "model-list", "its front matter has no results"),
        ("| `nll` |", "| `perplexity` |", "its nll of real data is missing, not –"),
    ],
)  # fmt: skip
def test_a_changed_number_is_named(text: str, old: str, new: str, told: str) -> None:
    assert old in text
    assert any(told in clause for clause in differing(text.replace(old, new), "adversarial", METRICS))


def test_swapped_columns_are_found(text: str) -> None:
    twin, adversarial = " likelihood twin |", " adversarial |"
    swapped = text.replace(twin, " x |").replace(adversarial, twin).replace(" x |", adversarial)
    assert any(
        "nll of likelihood twin is 4.2878, not 4.2931" in clause
        for clause in differing(swapped, "adversarial", METRICS)
    )


def test_without_metrics_nothing_is_compared() -> None:
    assert list(differing("the best model", "adversarial", {"validation": {"rows": {"train": 9}}})) == []
