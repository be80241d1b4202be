"""The verdict of the committed run, held against its curves: as it is, and with a word or a number of it changed."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from promptgan.core.files import write_csv, write_json
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
    edit(said[0], f"adversarial {DOMINATED if said[1] == DOMINATES else DOMINATES} ")
    (link,) = links()
    assert link.startswith(f"{EVALUATION} verdict -> {EVALUATION} gaps.")


@pytest.mark.parametrize(("other", "named"), [("0.05", False), ("0.9", True)])
def test_the_point_is_the_nearest_to_real_text_on_validation(other: str, named: bool) -> None:
    chosen = json.loads(EVALUATION.read_text(encoding="utf-8"))["systems"]["twin"]["temperature"]
    with Path("plots/curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    twin = [row for row in rows if row["model"] == "twin"]
    best = next(row for row in twin if float(row["temperature"]) == chosen)
    for row in twin:
        if row is not best:
            row["ms_jaccard_val"] = other
    rows[0]["ms_jaccard_val"] = max(best["ms_jaccard_val"], other)
    write_csv(Path("plots/curves.csv"), rows)
    assert any(link == f"{EVALUATION} systems.twin bleu_4 -> plots/curves.csv" for link in links()) is named
