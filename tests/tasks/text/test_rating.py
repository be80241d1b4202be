"""Ratings by people: the sheet tells nothing, and what is read in it is what was written into it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promptgan.tasks.text import rating
from promptgan.tasks.text.arrays.arrays import pack
from promptgan.tasks.text.arrays.parameters import Parameters

NAN = np.nan
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
"""Four observers, twelve units: the example of Krippendorff, 2011, whose alpha for intervals is 0.849."""
SYSTEMS = {"twin": 0.7, "adversarial": 0.5}


@pytest.fixture
def root(validated: Path, tmp_path: Path) -> Path:
    """What a finished run leaves that a sheet is made from."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/validated").symlink_to(validated)
    tokenize = Parameters(level="bpe", vocabulary=300, lowercase=True, max_tokens=40)
    pack(validated, tmp_path / "data/tokens", tokenize)
    test = pd.read_parquet(validated / "test.parquet").head(30)
    drawn = [
        {
            "prompt_id": test["id"][i],
            "prompt": test["prompt"][i],
            "text": f"{name} at {temperature}" if i else "the same",
            "model": name,
            "temperature": temperature,
            "purpose": "curve",
        }
        for name in SYSTEMS
        for temperature in (0.5, 0.7)
        for i in range(len(test))
    ]
    (tmp_path / "samples/generated").mkdir(parents=True)
    pd.DataFrame(drawn).to_parquet(tmp_path / "samples/generated/samples.parquet")
    (tmp_path / "metrics").mkdir()
    systems: dict[str, Any] = {name: {"temperature": at} for name, at in SYSTEMS.items()}
    systems |= {"real": {"temperature": None}, "control": "not applicable: none"}
    (tmp_path / "metrics/evaluation.json").write_text(json.dumps({"systems": systems}))
    return tmp_path


def written(root: Path) -> tuple[Path, Path, dict[str, Any]]:
    """A sheet, its key, and what the key holds."""
    sheet, key = root / "sheet.csv", root / "key.json"
    assert rating.write(root, sheet, key, 30, 1) == len(rows(sheet))
    return sheet, key, json.loads(key.read_text())


def rows(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rated(sheet: Path, name: str, marks: dict[str, str], delimiter: str = ",") -> Path:
    """A rater's copy, as a spreadsheet saves it."""
    path = sheet.with_name(f"{name}.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rating.COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows({**row, "rating": marks.get(row["item"], "")} for row in rows(sheet))
    return path


def test_alpha_is_that_of_the_published_example() -> None:
    assert rating.alpha(PUBLISHED) == pytest.approx(0.849, abs=5e-4)
    assert rating.alpha(np.array([[1.0, 2.0], [1.0, 2.0]])) == 1.0
    assert rating.alpha(np.array([[3.0, 3.0], [3.0, 3.0]])) is None
    assert rating.alpha(PUBLISHED[:1]) is None


def test_the_sheet_has_every_answer_once_and_does_not_say_whose(root: Path) -> None:
    sheet, _, items = written(root)
    assert list(rows(sheet)[0]) == list(rating.COLUMNS)
    assert {row["item"] for row in rows(sheet)} == set(items)
    whose = [name for item in items.values() for name in item["systems"]]
    assert {name: whose.count(name) for name in whose} == {"real": 30, "twin": 30, "adversarial": 30}
    answers = {row["item"]: row["answer"] for row in rows(sheet)}
    assert {answers[item] for item, of in items.items() if of["systems"] == ["twin"]} == {"twin at 0.7"}
    assert next(of for item, of in items.items() if answers[item] == "the same")["systems"] == ["twin", "adversarial"]
    order = [items[row["item"]]["systems"][0] for row in rows(sheet)]
    assert order != sorted(order)


def test_a_sheet_that_is_there_is_never_overwritten(root: Path) -> None:
    sheet, key, _ = written(root)
    with pytest.raises(rating.SheetUnusable, match="there already"):
        rating.write(root, sheet, key, 30, 1)


def test_raters_who_agree_say_who_is_better(root: Path) -> None:
    sheet, key, items = written(root)
    marks = {item: {"real": "5", "twin": "2", "adversarial": "4"}[of["systems"][0]] for item, of in items.items()}
    found = rating.read([rated(sheet, "anna", marks), rated(sheet, "ben", marks, ";")], key)
    assert (found.raters, found.alpha) == (2, 1.0)
    assert (found.means["real"], found.means["twin"]) == ((5.0, 5.0, 5.0), (2.0, 2.0, 2.0))
    mean, low, high = found.preferences["adversarial over twin"]
    assert mean == pytest.approx(1 - 0.5 / 30), "one answer is the same, half of a preference"
    assert low <= mean <= high == 1


@pytest.mark.parametrize(
    ("mark", "item", "said"),
    [("6", None, "line 2: the rating is '6'"), ("good", None, "rating is 'good'"), ("3", "999", "no item '999'")],
)
def test_a_wrong_cell_is_named(mark: str, item: str | None, said: str, root: Path) -> None:
    sheet, key, _ = written(root)
    path = rated(sheet, "anna", {rows(sheet)[0]["item"]: mark})
    if item:
        first, second, *_ = path.read_text(encoding="utf-8-sig").splitlines()
        path.write_text(f"{first}\n{item},{second.split(',', 1)[1]}\n", encoding="utf-8")
    with pytest.raises(rating.SheetUnusable, match=said):
        rating.read([path], key)


def test_too_few_ratings_are_no_verdict(root: Path) -> None:
    sheet, key, items = written(root)
    with pytest.raises(rating.SheetUnusable, match="have a rating of every system"):
        rating.read([rated(sheet, "anna", dict.fromkeys(list(items)[:5], "3"))], key)
