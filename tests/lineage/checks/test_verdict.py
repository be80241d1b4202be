"""The verdict of the committed run, held against its curves: as it is, and with a word or a number of it changed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from promptgan.core.files import write_json
from promptgan.lineage.checks import facts
from promptgan.lineage.evidence import Evidence
from promptgan.terms.comparison import CROSSES, DOMINATED, DOMINATES

REPOSITORY = Path(__file__).parents[3]
EVALUATION = Path("metrics/evaluation.json")


@pytest.fixture(autouse=True)
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dvc.lock", "dvc.yaml", "params.yaml", str(EVALUATION), "plots/curves.csv"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, name)
    write_json(Path("models/pretrained/index.json"), {"converged": True})


def links() -> list[str]:
    return [broken.link for broken in facts.evaluation(Evidence())]


def edit(old: str, new: str) -> None:
    text = EVALUATION.read_text(encoding="utf-8")
    assert old in text
    EVALUATION.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_committed_verdict_follows_from_the_committed_curves() -> None:
    assert json.loads(EVALUATION.read_text())["gaps"]["twin"]
    assert links() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (": adversarial ", ": the far better adversarial "),
        ("difference is ", "difference is +1"),
        (" twice the standard error", " thrice the standard error"),
        ("relevance: adversarial", "fluency: adversarial"),
    ],
)
def test_a_verdict_that_does_not_follow_is_named(old: str, new: str) -> None:
    edit(old, new)
    (link,) = links()
    assert link.startswith(f"{EVALUATION} verdict -> {EVALUATION} gaps.")


def test_a_curve_that_is_said_to_lie_otherwise_is_named() -> None:
    said = re.search(rf"adversarial ({DOMINATES}|{CROSSES}|{DOMINATED}) ", EVALUATION.read_text(encoding="utf-8"))
    assert said
    edit(said[1], DOMINATED if said[1] == DOMINATES else DOMINATES)
    (link,) = links()
    assert link.startswith(f"{EVALUATION} verdict -> {EVALUATION} gaps.")
