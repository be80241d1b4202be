from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promptgan.core.files import write_csv, write_json
from promptgan.networks.folder import described, save_none
from promptgan.ratings import kept
from promptgan.reporting import probes
from promptgan.reporting.contents import read
from promptgan.reporting.page import page
from tests.conftest import EXAMPLE, GENERATOR

NUMBERS = {"ms_jaccard": 0.1, "bleu_4": 0.3, "self_bleu_4": 0.2, "relevance": 0.6, "distinct_2": 0.7, "copied": 0.05,
           "length_distance": 1.5}  # fmt: skip


def sampled(model: str, temperature: float, purpose: str) -> "pd.DataFrame":
    rows = [(f"t{i}", f"question {i}", f"{model} answer {i} to {purpose}") for i in range(12)]
    rows += [("user-0", "<b>mine</b> & yours?", f"<script>{model}</script>")] if purpose == "read" else []
    frame = pd.DataFrame(rows, columns=["prompt_id", "prompt", "text"])
    return frame.assign(model=model, purpose=purpose, temperature=temperature, top_p=1.0, seed=1)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """What the other stages leave behind, to be changed."""
    return make_outputs(tmp_path)


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of it as it is."""
    return page(read(make_outputs(tmp_path_factory.mktemp("outputs"))))


def make_outputs(root: Path) -> Path:
    """What the other stages leave behind, with a control twin that the recipe does not use."""
    licence = {"name": "MIT", "certainty": "sure", "note": "a file in the package"}
    write_json(
        root / "data/raw/provenance.json",
        {"title": "talk <1>", "licence": licence, "source": {"kind": "pypi"}, "content_sha256": "ab" * 32, "files": {}},
    )
    for folder in ("base", "corpus"):
        write_json(root / f"data/{folder}/provenance.json", {"kind": "none"})
    kept.write([], root / kept.LIST)
    write_csv(root / probes.LIST, [], probes.Finding._fields)
    metrics: dict[str, Any] = {
        "validation": {
            "rows": {"read": 100, "excluded": 0, "quarantined": 10, "train": 60, "val": 10, "test": 10, "judge": 10},
            "quarantine": [{"rule": "contact-details", "rows": 4}, {"rule": "too-long", "rows": 0}],
            "expectations": [
                {"rule": "too-long", "description": "has many words", "success": True},
                {"rule": "contact-details", "description": "holds an address", "success": False},
            ],
        },
        "pretrain": {"val_loss": 4.0}, "control": {},
        "train": {"score": 0.1, "start_score": 0.09, "best_step": 5, "steps": 10, "stopped": "limit"},
        "judges": {"matcher": {"accuracy": 0.7, "mrr": 0.2}, "tf_idf": {"accuracy": 0.6, "mrr": 0.2}},
        "evaluation": {
            "task": "text",
            "gaps": {},
            "systems": {
                "real": NUMBERS, "control": "not applicable: no control here",
                **{name: {"temperature": 0.7, "nll": 4.0, **NUMBERS} for name in ("twin", "adversarial")},
            },
            "standard_errors": [{"system": "twin", "bleu_4": 0.0123}],
            "verdict": ["one training seed"], "signature": ["words: as written"],
        },
    }  # fmt: skip
    for name, content in metrics.items():
        write_json(root / f"metrics/{name}.json", content)
    for folder in ("pretrained", "adversarial"):
        generator = {"role": "generator", "weights": "generator.safetensors", "section": GENERATOR}
        index = {"kind": "model", **described("text", "tokens", EXAMPLE), "networks": {"generator": generator}}
        write_json(root / f"models/{folder}/index.json", index)
    save_none(root / "models/control", "no control here")
    write_json(
        root / "models/pretrained/run.json",
        {
            "parameters": {
                "seed": 7,
                "generator": {"network": "recurrent"},
                "compute": {"device": "cpu", "threads": 2},
            },
            "python": "3.11",
            "torch": "2",
            "device": "AVX2",
        },
    )
    generate = {"temperature": 0.8, "top_p": 1.0}
    write_json(root / "samples/generated/run.json", {"parameters": {"generate": generate}})
    frames = [sampled(m, t, p) for m in ("twin", "adversarial") for t, p in ((0.8, "read"), (0.8, "curve"))]
    pd.concat(frames).to_parquet(root / "samples/generated/samples.parquet", index=False)
    (root / "plots").mkdir()
    curves = [
        f"{m},{t},{b},{b / 2},0.6" for m, t, b in [("twin", 0.7, 0.4), ("twin", 1.0, 0.2), ("adversarial", 1.0, 0.3)]
    ]
    lines = ["model,temperature,bleu_4,self_bleu_4,relevance", "real,,0.3,0.2,0.7", *curves]
    (root / "plots/curves.csv").write_text("\n".join(lines) + "\n")
    (root / "plots/pretrain.csv").write_text("step,train_loss,val_loss\n0,5.0,5.1\n10,4.0,4.2\n")
    (root / "plots/train.csv").write_text("step,score,accuracy\n-5,0.1,\n5,0.2,0.6\n")
    return root
