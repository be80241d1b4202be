"""A repository whose small pipeline has finished, made in a second: real files, and the lock that DVC would write."""

import contextlib
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import torch
import yaml

from promptgan.core.compute import Compute
from promptgan.core.files import write_json
from promptgan.core.parameters import Section
from promptgan.core.record import write_run
from promptgan.networks import folder as models
from promptgan.tasks.text.samples import samples as generation
from tests.conftest import EXAMPLE, GENERATOR

PARAMETERS: dict[str, Any] = {
    "task": "text",
    "form": "tokens",
    "seed": 1,
    "compute": {"device": "cpu", "threads": 1, "precision": "float32"},
    "data": {"name": "chitchat"},
    "validate": {"min_rows": 10, "shares": {"val": 0.15, "test": 0.15}},
    "train": {"steps": 60, "guards": {"kl_limit": 1e-05}},
    "generate": {
        "temperatures": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2],
        "count": 10,
        "temperature": 0.8,
        "top_p": 0.9,
        "prompts": ["do you eat the moon"],
    },
}
STAGES: dict[str, dict[str, Any]] = {
    "download": {
        "desc": "Pinned packages to upstream files",
        "params": ["data"],
        "deps": ["src/promptgan/code.py", "stages/download.py"],
        "outs": ["data/raw"],
    },
    "validate": {
        "desc": "Upstream files to canonical records",
        "params": ["task", "data", "validate"],
        "deps": ["data/raw", "requirements.lock", "stages/validate.py"],
        "outs": ["data/validated"],
        "metrics": ["metrics/validation.json"],
    },
    "train": {
        "desc": "The adversarial phase",
        "params": ["seed", "compute", "train"],
        "deps": ["data/validated", "requirements.lock", "src/promptgan", "stages/train.py"],
        "outs": ["models/adversarial"],
        "metrics": ["metrics/train.json"],
    },
    "generate": {
        "desc": "Answers of every model",
        "params": ["task", "seed", "compute", "generate"],
        "deps": ["data/validated", "models/adversarial", "requirements.lock", "stages/generate.py"],
        "outs": ["samples/generated"],
    },
    "report": {
        "desc": "One page and a model card",
        "deps": ["metrics/train.json", "models/adversarial", "requirements.lock", "stages/report.py"],
        "outs": ["reports/html"],
    },
}
LOCKED = """# pinned
numpy==2.4.6
PyYAML==6.0.3 \\
    --hash=sha256:{}
not-installed-here==1.0 ; platform_system == "Linux"
""".format("a" * 64)
CARD = """---
license: other
---
The folder `models/adversarial` loads by itself:

    promptgan generate --model models/adversarial --prompt "how was your weekend?" --n 5
"""


def make(root: Path, validated: Path, tokens: Path) -> None:
    """Write a repository whose pipeline has finished into ``root``, and commit it.

    Args:
        root: an empty folder.
        validated: the folder of a validate stage.
        tokens: the folder of a tokenize stage.
    """
    with contextlib.chdir(root):
        _write(".gitignore", "/data/\n/models/\n/samples/\n/reports/\n*.partial\n")
        _write("requirements.lock", LOCKED)
        _write("src/promptgan/code.py", "ANSWER = 42\n")
        _write("src/promptgan/__pycache__/code.pyc", "compiled")
        for stage in STAGES:
            _write(f"stages/{stage}.py", f"print({stage!r})\n")
        _write("params.yaml", yaml.safe_dump(PARAMETERS))
        pipeline = {name: {"cmd": f"exec python stages/{name}.py", **stage} for name, stage in STAGES.items()}
        _write("dvc.yaml", yaml.safe_dump({"stages": pipeline}, sort_keys=False))
        _data(validated)
        _run("validate", "data/raw", out="data/validated")
        _model(tokens)
        _run("train", "data/validated", out="models/adversarial")
        _samples()
        _run("generate", "data/validated/test.parquet", "models/adversarial", out="samples/generated")
        write_json(Path("metrics/validation.json"), {"rows": {"train": 96}})
        write_json(Path("metrics/train.json"), {"val_loss": 4.5})
        _write("reports/html/README.md", CARD)
        _write("reports/html/index.html", "<p>report</p>")
        write_lock()
        commit("2026-01-02T03:04:05+02:00")


def write_lock() -> None:
    """Write the dvc.lock that DVC would write, from what lies in this folder."""
    stages = {}
    for name, stage in STAGES.items():
        outs = [*stage["outs"], *stage.get("metrics", [])]
        stages[name] = {
            "cmd": f"exec python stages/{name}.py",
            "deps": [_entry(path) for path in stage["deps"]],
            "params": {"params.yaml": {section: PARAMETERS[section] for section in stage.get("params", [])}},
            "outs": [_entry(path) for path in outs],
        }
    _write("dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))


def commit(date: str) -> None:
    """Commit everything here that Git tracks, at a given time."""
    who = {f"GIT_{x}_{y}": "a@example.org" for x in ("AUTHOR", "COMMITTER") for y in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    environment = {"PATH": os.defpath, "HOME": "/nowhere", "GIT_CONFIG_NOSYSTEM": "1", **who, **dates}
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "results"]):
        subprocess.run(["git", *arguments], env=environment, check=True, capture_output=True)


def _data(validated: Path) -> None:
    _write("data/raw/dataset.json", '{"a": 1}\n')
    provenance = {
        "title": "chitchat-dataset 0.9.0",
        "licence": {"name": "MIT", "certainty": "sure", "note": "the package carries the licence file"},
        "source": {"kind": "pypi", "name": "chitchat-dataset", "version": "0.9.0", "sha256": "7" * 64},
        "content_sha256": "6" * 64,
        "files": {"dataset.json": hashlib.sha256(b'{"a": 1}\n').hexdigest()},
    }
    write_json(Path("data/raw/provenance.json"), provenance)
    for file in validated.glob("*.parquet"):
        _write(f"data/validated/{file.name}", file.read_bytes())
    pd.DataFrame({"id": ["x"], "rule": ["r"]}).to_parquet("data/validated/quarantine.parquet", index=False)


def _model(tokens: Path) -> None:
    torch.manual_seed(0)
    network = models.build("tokens", "generator", GENERATOR, EXAMPLE)
    index = models.described("text", "tokens", EXAMPLE)
    folder = Path("models/adversarial")
    models.save(
        folder, {"generator": network}, {"generator": GENERATOR}, index, {"tokenizer.json": tokens / "tokenizer.json"}
    )


def _samples() -> None:
    out = Path("samples/generated")
    out.mkdir(parents=True)
    samples, _ = generation.generate(
        {"adversarial": Path("models/adversarial")},
        Path("data/validated"),
        out,
        generation.Parameters(**PARAMETERS["generate"]),
        Compute(**PARAMETERS["compute"]),
        PARAMETERS["seed"],
        torch.device("cpu"),
    )
    samples.to_parquet(out / "samples.parquet", index=False)


class _Sections(Section):
    """Whatever a stage declares."""

    model_config = pydantic.ConfigDict(extra="allow")


def _run(stage: str, *inputs: str, out: str) -> None:
    sections = _Sections(**{section: PARAMETERS[section] for section in STAGES[stage]["params"]})
    write_run(Path(out), stage, sections, [Path(path) for path in inputs])


def _entry(path: str) -> dict[str, Any]:
    place = Path(path)
    if place.is_file():
        return {"path": path, "hash": "md5", "md5": _md5(place), "size": place.stat().st_size}
    files = sorted(file for file in place.rglob("*") if file.is_file() and file.parent.name != "__pycache__")
    listing = [{"md5": _md5(file), "relpath": file.relative_to(place).as_posix()} for file in files]
    md5 = hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
    size = sum(file.stat().st_size for file in files)
    return {"path": path, "hash": "md5", "md5": md5, "size": size, "nfiles": len(files)}


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def _write(path: str, content: str | bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
