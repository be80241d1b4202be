"""A system that resamples is measured by its samples as any other, and by bounds of its NLL, never by an NLL."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promptgan.core.files import write_csv, write_json
from promptgan.networks import folder
from promptgan.tasks.text.audit import evaluation
from promptgan.tasks.text.measures import bounds
from promptgan.terms.metrics import Evaluation
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR, on_one_thread
from tests.tasks.text.measures.test_measures import evaluate


@pytest.fixture(scope="module")
def resampled(tokens: Path, measured_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of which the adversarial one is the twin, resampled by a fresh discriminator; to be read only."""
    models = Path(shutil.copytree(measured_source / "models", tmp_path_factory.mktemp("resampled") / "models"))
    with on_one_thread():
        networks = folder.load(models / "pretrained").networks
        networks |= {"discriminator": folder.build("tokens", "discriminator", DISCRIMINATOR, EXAMPLE)}
    drawing = {"drawing": {"candidates": 4, "chosen_by": "discriminator"}}
    sections = {"generator": GENERATOR, "discriminator": DISCRIMINATOR}
    index = folder.described("text", "tokens", EXAMPLE) | drawing
    needed = {"tokenizer.json": tokens / "tokenizer.json"}
    folder.save(models / "adversarial", networks, sections, index, needed)
    return models


@pytest.fixture(scope="module")
def found(tokens: Path, resampled: Path, measured_source: Path) -> Evaluation:
    """What is measured of them; to be read only."""
    with on_one_thread(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "SAMPLES", 8)
        return evaluate(tokens, resampled, measured_source / "samples")


def test_its_likelihood_is_bounds_and_their_samples(found: Evaluation) -> None:
    system = found.metrics["systems"]["adversarial"]
    assert "nll" not in system
    assert system["nll_samples"] == 8
    assert system["nll_lower"] < system["nll_upper"]
    twin = found.metrics["systems"]["twin"]
    assert system["nll_lower"] == pytest.approx(twin["nll"], abs=0.2)  # a fresh energy is nearly flat
    assert not set(bounds.NAMES) & set(twin)
    rows = {(row["model"], row["temperature"]): row for row in found.curves}
    assert rows["adversarial", 1.0]["nll_upper"] == system["nll_upper"]
    assert not {"nll", *bounds.NAMES} & set(rows["adversarial", 0.5])
    errors = {row["system"]: row for row in found.metrics["standard_errors"]}
    assert all(errors["adversarial"][name] > 0 for name in ("nll_lower", "nll_upper"))
    assert not set(bounds.NAMES) & set(errors["twin"])


def test_the_signature_says_so(found: Evaluation) -> None:
    (line,) = (line for line in found.metrics["signature"] if line.startswith("nll_lower"))
    assert "of adversarial, which chooses one of 4 answers" in line
    assert "8 samples a prompt" in line


class Written:
    """What an audit reads, of files in the working folder."""

    def json(self, path: str) -> Any:
        return json.loads(Path(path).read_text())

    def rows(self, path: str) -> list[dict[str, str]]:
        return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def test_an_audit_finds_the_bounds_in_the_curves_and_one_that_was_changed(
    found: Evaluation, resampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(resampled, tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    write_csv(Path("plots/curves.csv"), found.curves)
    metrics = deepcopy(found.metrics)
    write_json(Path("metrics/evaluation.json"), metrics)
    assert list(evaluation(Written())) == []  # type: ignore[arg-type]
    metrics["systems"]["adversarial"]["nll_upper"] += 0.01
    write_json(Path("metrics/evaluation.json"), metrics)
    (problem,) = evaluation(Written())  # type: ignore[arg-type]
    assert "nll_upper" in problem.link
