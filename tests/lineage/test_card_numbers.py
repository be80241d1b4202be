"""A card that the report stage writes agrees with its metrics; each changed number is named."""

import pytest

from promptgan.lineage.card_numbers import differing
from promptgan.reporting.card import card
from promptgan.reporting.contents import Contents

NUMBERS = {"ms_jaccard": 0.1037, "bleu_4": 0.4285, "self_bleu_4": 0.3636, "temperature": 0.7, "nll": 4.2878}
METRICS = {
    "evaluation": {
        "text": {
            "real": {"ms_jaccard": 0.0938},
            "twin": {**NUMBERS, "nll": 4.2931},
            "control": "not applicable",
            "adversarial": NUMBERS,
            "gap_to_twin": {"bleu_4": -0.0054},
        },
        "standard_errors": [{"system": "adversarial", "ms_jaccard": 0.0023}],
        "verdict": ["bleu_4: adversarial is behind; the difference is -0.0054", "one training seed"],
        "signature": ["nll: nats per token"],
    },
    "validation": {"rows": dict.fromkeys(("excluded", "read", "quarantined", "train", "val", "test", "judge"), 7)},
    "judges": {"matcher": {"accuracy": 0.65}},
    "train": {},
}


@pytest.fixture
def text() -> str:
    config = {"model": {"name": "recurrent"}, "vocabulary": 64, "max_tokens": 10}
    configs = {"twin": config, "control": {"kind": "none", "reason": "none"}, "adversarial": config}
    licence = {"name": "MIT", "certainty": "sure", "note": "a file"}
    provenance = {"title": "talk 1.0", "licence": licence, "content_sha256": "ab" * 32}
    return card(Contents(provenance, METRICS, {}, configs, {}, "", [], {}))


def test_a_card_as_the_pipeline_writes_it_agrees(text: str) -> None:
    assert list(differing(text, "adversarial", METRICS)) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value: 0.4285", "value: 0.9285", "its front matter has bleu_4 0.9285, not 0.4285"),
        ("0.1037 ± 0", "0.9037 ± 0", "its ms_jaccard of adversarial is 0.9037 ± 0.0023, not 0.1037 ± 0.0023"),
        ("± 0.0023", "± 0.0001", "its ms_jaccard of adversarial is 0.1037 ± 0.0001, not 0.1037 ± 0.0023"),
        ("| 0.0938 |", "| 0.1 |", "its ms_jaccard of real text is 0.1, not 0.0938"),
        ("is -0.0054", "is +0.0954", "its verdict lacks 'bleu_4: adversarial is behind; the difference is -0.0054'"),
        ("| train | 7 |", "| train | 7000 |", "its rows of train are 7000, not 7"),
        ("65% of cases", "99% of cases", "its matcher is right in 99%, not 65%"),
        ("model-index", "model-list", "its front matter has no results"),
        ("| `nll` |", "| `perplexity` |", "its nll of real text is missing, not –"),
    ],
)  # fmt: skip
def test_a_changed_number_is_named(text: str, old: str, new: str, told: str) -> None:
    assert old in text
    assert told in list(differing(text.replace(old, new), "adversarial", METRICS))


def test_swapped_columns_are_found(text: str) -> None:
    swapped = text.replace(" twin |", " x |").replace(" adversarial |", " twin |").replace(" x |", " adversarial |")
    assert any("nll of twin is 4.2878, not 4.2931" in clause for clause in differing(swapped, "adversarial", METRICS))


def test_without_metrics_nothing_is_compared() -> None:
    assert list(differing("the best model", "adversarial", {"validation": {"rows": {"train": 9}}})) == []
