"""The sheet tells nothing, and what is read in it is what was written into it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from promptgan.ratings import sheet as sheets
from promptgan.ratings.kept import Rating

PROMPTS = {f"t{i}": f"question {i}" for i in range(40)}
TEXTS = {
    name: {prompt: f"{name} to {prompt}" if prompt != "t0" or name == "real" else "the same" for prompt in PROMPTS}
    for name in ("real", "twin", "adversarial")
}
ANSWERS = sheets.Answers("text", "ab", PROMPTS, TEXTS)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path, dict[str, Any]]:
    """A sheet, its key, and the items of the key."""
    sheet, key = tmp_path / "sheet.csv", tmp_path / "key.json"
    assert sheets.write(ANSWERS, sheet, key, 40, 1) == len(rows(sheet))
    return sheet, key, json.loads(key.read_text())["items"]


def rows(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rated(sheet: Path, name: str, marks: dict[str, str], delimiter: str = ",") -> Path:
    """A rater's copy, as a spreadsheet saves it."""
    path = sheet.with_name(f"{name}.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, sheets.COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows({**row, "rating": marks.get(row["item"], "")} for row in rows(sheet))
    return path


def test_the_sheet_has_every_answer_once_and_does_not_say_whose(written: tuple[Path, Path, dict[str, Any]]) -> None:
    sheet, _, items = written
    assert list(rows(sheet)[0]) == list(sheets.COLUMNS)
    assert {row["item"] for row in rows(sheet)} == set(items)
    whose = [name for item in items.values() for name in item["systems"]]
    assert {name: whose.count(name) for name in whose} == {"real": 40, "twin": 40, "adversarial": 40}
    answers = {row["item"]: row["answer"] for row in rows(sheet)}
    assert all(answers[item] == TEXTS[of["systems"][0]][of["prompt"]] for item, of in items.items())
    assert next(of for item, of in items.items() if answers[item] == "the same")["systems"] == ["twin", "adversarial"]
    order = [items[row["item"]]["systems"][0] for row in rows(sheet)]
    assert order != sorted(order)


def test_as_many_prompts_as_asked_for(tmp_path: Path) -> None:
    sheets.write(ANSWERS, tmp_path / "s.csv", tmp_path / "k.json", 10, 1)
    assert len({row["prompt"] for row in rows(tmp_path / "s.csv")}) == 10


def test_a_sheet_that_is_there_is_never_overwritten(written: tuple[Path, Path, dict[str, Any]]) -> None:
    sheet, key, _ = written
    with pytest.raises(sheets.SheetUnusable, match="there already"):
        sheets.write(ANSWERS, sheet, key, 40, 1)


def test_what_raters_wrote_is_read_with_whose_it_is(written: tuple[Path, Path, dict[str, Any]]) -> None:
    sheet, key, items = written
    paths = [rated(sheet, "anna", {"7": "5"}), rated(sheet, "ben", {"7": " 4 ", "9": "1"}, ";")]
    seven, nine = ((items[n]["prompt"], tuple(items[n]["systems"])) for n in ("7", "9"))
    bound = ("text", "ab")
    expected = [Rating(*bound, "1", *seven, 5), Rating(*bound, "2", *seven, 4), Rating(*bound, "2", *nine, 1)]
    assert sheets.read(paths, key) == expected
    assert [rating.rater for rating in sheets.read(paths, key, ["anna", "ben"])] == ["anna", "ben", "ben"]
    with pytest.raises(sheets.SheetUnusable, match="one name"):
        sheets.read(paths, key, ["anna", "anna"])


@pytest.mark.parametrize(
    ("mark", "item", "said"),
    [("6", None, "line 2: the rating is '6'"), ("good", None, "rating is 'good'"), ("3", "999", "no item '999'")],
)
def test_a_wrong_cell_is_named(
    mark: str, item: str | None, said: str, written: tuple[Path, Path, dict[str, Any]]
) -> None:
    sheet, key, _ = written
    path = rated(sheet, "anna", {rows(sheet)[0]["item"]: mark})
    if item:
        first, second, *_ = path.read_text(encoding="utf-8-sig").splitlines()
        path.write_text(f"{first}\n{item},{second.split(',', 1)[1]}\n", encoding="utf-8")
    with pytest.raises(sheets.SheetUnusable, match=said):
        sheets.read([path], key)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"1": {"prompt": "t0", "systems": ["real"]}}'])
def test_what_is_no_key_is_named(content: str | None, written: tuple[Path, Path, dict[str, Any]]) -> None:
    sheet, key, _ = written
    key.unlink() if content is None else key.write_text(content)
    with pytest.raises(sheets.SheetUnusable, match="is no key"):
        sheets.read([sheet], key)
