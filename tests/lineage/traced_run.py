"""A repository whose pipeline DVC itself has run, in seconds: its stages copy files that were made beforehand."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.lineage import lock
from promptgan.lineage.lock import File
from tests.pipeline.clone import ROOT, Clone

CHITCHAT = "src/promptgan/data/sets/chitchat.py"
RECORDS = {
    "train": [
        ("t0", "g0", "do you like tea?", "I like green tea a lot"),
        ("t1", "g1", "is it late?", "Yes"),
        ("t2", "g2", "are you sure?", "yes"),
        ("t3", "g2", "when do we meet?", "the meeting starts at nine tomorrow"),
        ("t4", "g3", "how are you on this fine sunny day my friend?", "i am well and thank you for asking me this"),
        ("t5", "g4", "how are you on this fine sunny day my friend?", "i am well and thank you for asking me that"),
    ],
    "val": [("v0", "g5", "is it cold?", "yes")],
    "test": [("e0", "g6", "do you drink tea?", "i like green tea a lot"), ("e1", "g6", "and milk?", "never")],
    "judge": [("j0", "g7", "who is there?", "me")],
}
QUARANTINE = [("q0", "g8", "do you like tea?", "I like green tea a lot", "exact-duplicate", "repeats t0")]
ANSWERS = {
    "twin": ["yes", "i like green tea and milk"],
    "control": ["no", "never"],
    "adversarial": ["zebra quagga", "I like green tea a lot"],
}
PARAMETERS: dict[str, Any] = {
    "task": "text",
    "data": {"name": "chitchat"},
    "validate": {"near_duplicates": {"shingle_words": 3, "threshold": 0.8}},
    "train": {f"p_{n:02}": n for n in range(12)},
}
STAGES: dict[str, dict[str, list[Any]]] = {
    "download": {"params": ["data"], "deps": [CHITCHAT], "outs": ["data/raw"]},
    "validate": {
        "params": ["task", "data", "validate"],
        "deps": ["data/excluded.csv", "data/raw"],
        "outs": ["data/validated"],
        "metrics": [{"metrics/validation.json": {"cache": False}}],
    },
    "tokenize": {"deps": ["data/validated"], "outs": ["data/tokens"]},
    "pretrain": {"deps": ["data/tokens"], "outs": ["models/pretrained"]},
    "train": {"params": ["train"], "deps": ["data/tokens", "models/pretrained"], "outs": ["models/adversarial"]},
    "judges": {"deps": ["data/tokens"], "outs": ["models/judges"]},
    "generate": {
        "deps": ["data/validated", "models/adversarial", "models/pretrained"],
        "outs": ["samples/generated"],
    },
    "evaluate": {
        "deps": ["data/tokens", "models/judges", "samples/generated"],
        "metrics": [{"metrics/evaluation.json": {"cache": False}}],
    },
}
READ = {
    "validate": ["data/raw/dataset.json"],
    "tokenize": [f"data/validated/{split}.parquet" for split in RECORDS],
    "pretrain": ["data/tokens/tokenizer.json", "data/tokens/train.arrow", "data/tokens/val.arrow"],
    "train": ["data/tokens/train.arrow", "models/pretrained/tokenizer.json"],
    "judges": ["data/tokens/judge.arrow"],
    "generate": ["data/validated/test.parquet", "models/adversarial/generator.safetensors"],
}
"""What each stage's run.json lists; download and evaluate write none."""


def make(folder: Path) -> Clone:
    """Make the repository in ``folder``, let DVC run it, and commit it."""
    (folder / "home").mkdir(parents=True)
    clone = Clone(folder / "repository", folder / "home")
    clone.path.mkdir()
    clone.git("init", "--quiet", "--initial-branch", "main")
    clone.dvc("init", "--quiet")
    for path, content in _tracked().items():
        (clone.path / path).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / path).write_text(content, encoding="utf-8")
    _prepare(clone.path / "prepared")
    clone.dvc("repro", "--quiet")
    commit(clone, "first results")
    return clone


def commit(clone: Clone, message: str) -> str:
    """Commit everything that Git tracks; the id of the commit."""
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--allow-empty", "--message", message)
    return clone.git("rev-parse", "HEAD").strip()


def _tracked() -> dict[str, str]:
    stages = {}
    for name, stage in STAGES.items():
        targets = [*stage.get("outs", []), *(path for metric in stage.get("metrics", []) for path in metric)]
        copies = " && ".join(f"mkdir -p {Path(path).parent} && cp -r prepared/{path} {path}" for path in targets)
        deps = ["src/promptgan/core/errors.py", f"stages/{name}.py", *stage["deps"]]
        stages[name] = {"cmd": copies, **stage, "deps": sorted(deps)}
    return {
        ".gitignore": "/prepared/\n",
        ".dvc/config": "[core]\n    analytics = false\n",
        "params.yaml": yaml.safe_dump(PARAMETERS),
        "dvc.yaml": yaml.safe_dump({"stages": stages}, sort_keys=False),
        "data/excluded.csv": "data,id,reason\n",
        "src/promptgan/core/errors.py": "ANSWER = 42\n",
        CHITCHAT: (ROOT / CHITCHAT).read_text(encoding="utf-8"),
        **{f"stages/{name}.py": f"print({name!r})\n" for name in STAGES},
    }


def _prepare(root: Path) -> None:
    _write(root / "data/raw/dataset.json", "{}")
    provenance = {
        "title": "chitchat-dataset 0.9.0",
        "licence": {"name": "MIT", "certainty": "sure", "note": "the package carries the licence file"},
        "source": {"kind": "pypi", "name": "chitchat-dataset", "version": "0.9.0", "sha256": "7" * 64},
        "content_sha256": "6" * 64,
        "files": {"dataset.json": hashlib.sha256(b"{}").hexdigest()},
    }
    write_json(root / "data/raw/provenance.json", provenance)
    names = ["id", "group", "prompt", "text"]
    for split, rows in RECORDS.items():
        _table(root / f"data/validated/{split}.parquet", names, rows)
        _write(root / f"data/tokens/{split}.arrow", split)
    _table(root / "data/validated/quarantine.parquet", [*names, "rule", "reason"], QUARANTINE)
    _write(root / "data/tokens/tokenizer.json", "{}")
    for model in ("pretrained", "adversarial", "judges"):
        _write(root / f"models/{model}/generator.safetensors", model)
        _write(root / f"models/{model}/tokenizer.json", "{}")
    columns = ["prompt_id", "prompt", "text", "model", "purpose", "temperature", "top_p", "seed"]
    asked = RECORDS["test"]
    rows = [
        (identifier, prompt, text, model, "curve", 0.7, 1.0, 1)
        for model, texts in ANSWERS.items()
        for (identifier, _, prompt, _), text in zip(asked, texts, strict=True)
    ]
    _table(root / "samples/generated/samples.parquet", columns, rows)
    write_json(root / "metrics/validation.json", {"rows": {"train": 6}})
    write_json(root / "metrics/evaluation.json", {"text": {"adversarial": {"nll": 4.25}}, "errors": [{"nll": 0.5}]})
    for stage, inputs in READ.items():
        run = {
            "stage": stage,
            "parameters": {},
            "inputs": {path: sha256(root / path) for path in inputs},
            "python": "3.11.7",
            "package_lock": "5" * 64,
        }
        write_json(root / STAGES[stage]["outs"][0] / "run.json", run)


def _table(path: Path, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)}), path)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def entry(path: str) -> File:
    """What the dvc.lock of this folder has for an output or a dependency."""
    found = lock.read().holding(path)
    assert found
    return found


def without_outputs(clone: Clone) -> None:
    """Take away what DVC restores: the outputs and the cache."""
    for name in ("data/raw", "data/validated", "data/tokens", "models", "samples", ".dvc/cache"):
        shutil.rmtree(clone.path / name, ignore_errors=True)


def edit_params(clone: Clone, **train: int) -> None:
    """Change values of the section `train`."""
    document = yaml.safe_load((clone.path / "params.yaml").read_text(encoding="utf-8"))
    document["train"] |= train
    (clone.path / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def prepared(clone: Clone, path: str, content: object) -> None:
    """Change what a stage will copy."""
    target = clone.path / "prepared" / path
    target.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
