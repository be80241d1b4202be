"""The blind sheet: written for raters, shuffled and without names, and read with its key when they filled it in."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_csv, write_json
from promptgan.ratings.kept import SCALE, Rating

COLUMNS = ("item", "prompt", "answer", "rating")


class SheetUnusable(PromptganError):
    """A sheet or its key is missing, or is not what was written; or there is nothing to write."""


class Answers(NamedTuple):
    """What there is to rate."""

    task: str
    samples: str
    """sha256 of the samples.parquet that the answers are from."""
    prompts: Mapping[str, str]
    """By id."""
    texts: Mapping[str, Mapping[str, str]]
    """The answer to each prompt by its id, of each system by its name."""


def write(answers: Answers, sheet: Path, key: Path, count: int, seed: int) -> int:
    """Write a blind, shuffled sheet, and the key that says whose each answer is; returns the number of answers.

    Equal answers to a prompt are one item, so that nothing but the answer tells whose it is.

    Args:
        answers: of every system to every prompt.
        sheet: the CSV to write.
        key: the JSON file that says whose the answers are.
        count: prompts, drawn at random.
        seed: of the prompts and of their order.

    Raises:
        SheetUnusable: the sheet is there already.
    """
    if sheet.exists():
        raise SheetUnusable(f"{sheet} is there already", "name another, so that nobody's ratings are lost")
    random = np.random.default_rng(seed)
    whose: dict[tuple[str, str], list[str]] = {}
    for prompt in random.permutation(list(answers.prompts))[:count]:
        for system, texts in answers.texts.items():
            whose.setdefault((str(prompt), texts[prompt]), []).append(system)
    items = [list(whose.items())[i] for i in random.permutation(len(whose))]
    rows: list[dict[str, Any]] = [
        dict(zip(COLUMNS, (number, answers.prompts[prompt], text, ""), strict=True))
        for number, ((prompt, text), _) in enumerate(items, 1)
    ]
    named = {str(number): {"prompt": prompt, "systems": names} for number, ((prompt, _), names) in enumerate(items, 1)}
    write_csv(sheet, rows)
    write_json(key, {"task": answers.task, "samples": answers.samples, "items": named})
    return len(rows)


def read(sheets: Sequence[Path], key: Path, names: Sequence[str] = ()) -> list[Rating]:
    """The ratings of filled-in sheets; what is not rated is left out.

    Args:
        sheets: a copy for each rater.
        key: what was written beside the sheet.
        names: of the raters; without them they are numbered.

    Raises:
        SheetUnusable: a file is missing, an item unknown, a rating none of the scale, or two raters have one name.
    """
    try:
        known = json.loads(key.read_text(encoding="utf-8"))
        items, bound = known["items"], (known["task"], known["samples"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SheetUnusable(f"{key} is no key: {error}", "name the file that was written beside the sheet") from error
    named = names or [str(number) for number in range(1, len(sheets) + 1)]
    if len(set(named)) < len(named):
        raise SheetUnusable("two sheets are of one name", "give each rater's file another")
    return [
        Rating(*bound, name, items[item]["prompt"], tuple(items[item]["systems"]), rating)
        for name, sheet in zip(named, sheets, strict=True)
        for item, rating in dict(_rated(sheet, items)).items()
    ]


def _rated(sheet: Path, items: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Items and their ratings."""
    try:
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter=";" if first.count(";") > first.count(",") else ","))
    except OSError as error:
        raise SheetUnusable(f"{sheet}: {error.strerror}", "name a filled-in copy of the sheet") from error
    except UnicodeDecodeError as error:
        raise SheetUnusable(f"{sheet} is not UTF-8: {error.reason}", "save it as CSV in UTF-8") from error
    for line, row in enumerate(rows, 2):
        item, rating = ((row.get(column) or "").strip() for column in ("item", "rating"))
        if item not in items:
            raise SheetUnusable(f"{sheet}, line {line}: there is no item {item!r} in the key", "keep the column item")
        if rating and rating not in map(str, SCALE):
            raise SheetUnusable(
                f"{sheet}, line {line}: the rating is {rating!r}", f"give a number from {SCALE[0]} to {SCALE[-1]}"
            )
        if rating:
            yield item, int(rating)
