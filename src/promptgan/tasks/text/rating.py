"""Rating by people: a blind sheet of answers, and what several raters' sheets say together."""

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_csv, write_json
from promptgan.forms.tokens import form
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.terms.systems import REAL, SYSTEMS

SCALE = range(1, 6)
"""From no answer to this prompt at all, 1, to one that a person could have given, 5."""
COLUMNS = ("item", "prompt", "answer", "rating")
DRAWS = 10_000
"""Of the bootstrap over prompts."""
FEWEST = 10
"""Prompts below which an interval says nothing."""

Ratings = npt.NDArray[np.float64]


class SheetUnusable(PromptganError):
    """A sheet or its key is missing, is not what was written, or holds too few ratings."""


class Verdict(NamedTuple):
    """What raters say."""

    raters: int
    alpha: float | None
    """Krippendorff's; None where fewer than two rated the same."""
    means: dict[str, tuple[float, float, float]]
    """Mean rating of each system, and the ends of its 95 % interval over prompts."""
    preferences: dict[str, tuple[float, float, float]]
    """Of each pair `A over B`: how often A's answer to a prompt is rated above B's, a tie being half; likewise."""


def write(root: Path, sheet: Path, key: Path, count: int, seed: int) -> int:
    """Write a blind, shuffled sheet, and the key that says whose each answer is; returns the number of answers.

    Every system, real data too, has one answer to each of ``count`` prompts; a system's is that of the temperature
    chosen on validation. Real answers are written as a generator would write them, and equal answers to a prompt are
    one item, so that nothing but the answer tells whose it is.

    Args:
        root: of the repository, in which a run has finished.
        sheet: the CSV to write.
        key: the JSON file that says whose the answers are.
        count: prompts, drawn at random.
        seed: of the prompts and of their order.

    Raises:
        SheetUnusable: there are no samples, or the sheet is there already.
    """
    if sheet.exists():
        raise SheetUnusable(f"{sheet} is there already", "name another, so that nobody's ratings are lost")
    try:
        drawn = pd.read_parquet(root / "samples/generated/samples.parquet")
        systems = json.loads((root / "metrics/evaluation.json").read_text(encoding="utf-8"))["systems"]
        real = _real(root)
    except (OSError, ValueError, KeyError) as error:
        raise SheetUnusable(f"there are no samples to rate: {error}", "`make run` first, or `dvc pull`") from error
    drawn = drawn[drawn["purpose"] == "curve"]
    chosen = {name: system["temperature"] for name, system in systems.items() if name in set(drawn["model"])}
    answers = {
        name: drawn[(drawn["model"] == name) & (drawn["temperature"] == at)].set_index("prompt_id")["text"]
        for name, at in chosen.items()
    }
    prompts = drawn.drop_duplicates("prompt_id").set_index("prompt_id")["prompt"]
    random = np.random.default_rng(seed)
    asked = random.permutation(prompts.index.to_numpy())[:count]
    whose: dict[tuple[str, str], list[str]] = {}
    for prompt in asked:
        for name, text in {REAL.name: real[prompt], **{n: texts[prompt] for n, texts in answers.items()}}.items():
            whose.setdefault((prompt, text), []).append(name)
    items = [list(whose.items())[i] for i in random.permutation(len(whose))]
    rows: list[dict[str, Any]] = [
        dict(zip(COLUMNS, (number, prompts[prompt], text, ""), strict=True))
        for number, ((prompt, text), _) in enumerate(items, 1)
    ]
    write_csv(sheet, rows)
    write_json(key, {str(number): {"prompt": p, "systems": names} for number, ((p, _), names) in enumerate(items, 1)})
    return len(rows)


def read(sheets: Sequence[Path], key: Path, seed: int = 1) -> Verdict:
    """What the raters' sheets say of the systems.

    Raises:
        SheetUnusable: a file is missing, an item is unknown, a rating is none of the scale, or too few are given.
    """
    try:
        items: dict[str, dict[str, Any]] = json.loads(key.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SheetUnusable(f"{key} is no key: {error}", "name the file that was written beside the sheet") from error
    raters = [_rated(sheet, items) for sheet in sheets]
    table = np.array([[rater.get(item, np.nan) for item in items] for rater in raters])
    rated = [place for place in range(len(items)) if not np.isnan(table[:, place]).all()]
    by_system: dict[str, dict[str, float]] = {}
    for place, item in zip(rated, np.array(list(items.values()), dtype=object)[rated], strict=True):
        for name in item["systems"]:
            by_system.setdefault(name, {})[item["prompt"]] = float(np.nanmean(table[:, place]))
    whole = sorted(set.intersection(*(set(ratings) for ratings in by_system.values()))) if by_system else []
    if len(whole) < FEWEST:
        raise SheetUnusable(
            f"{len(whole)} prompt(s) have a rating of every system's answer",
            f"rate at least {FEWEST} prompts' answers to the end",
        )
    names = [system.name for system in SYSTEMS if system.name in by_system]
    scores = {name: np.array([by_system[name][prompt] for prompt in whole]) for name in names}
    return Verdict(
        len(raters),
        alpha(table),
        {name: _interval(values, seed) for name, values in scores.items()},
        {
            f"{a} over {b}": _interval((scores[a] > scores[b]) + 0.5 * (scores[a] == scores[b]), seed)
            for b, a in combinations(names, 2)
        },
    )


def alpha(ratings: Ratings) -> float | None:
    """Krippendorff's alpha for intervals: 1 is perfect agreement, 0 that of chance.

    One minus observed over expected disagreement, both the mean squared difference of pairs of ratings: within items,
    weighted so that each rating counts once, and over all (Krippendorff, 2011, 'Computing Krippendorff's
    alpha-reliability').

    Args:
        ratings: (raters, items); NaN where there is none.

    Returns:
        None where no item has two ratings, or all ratings are equal.
    """
    shared = ratings[:, (~np.isnan(ratings)).sum(0) > 1]
    values = shared[~np.isnan(shared)]
    observed = 0.0
    for item in shared.T:
        given = item[~np.isnan(item)]
        observed += float(((given[:, None] - given) ** 2).sum()) / (len(given) - 1)
    expected = float(((values[:, None] - values) ** 2).sum()) / max(1, len(values) - 1)
    return None if expected == 0 else 1 - observed / expected


def _real(root: Path) -> "pd.Series[str]":
    """The real answers of the test split by id, as the tokenizer spells them."""
    ids = pd.read_parquet(root / "data/validated/test.parquet", columns=["id"])["id"]
    tokens = root / "data/tokens"
    rows = form.split(tokens, "test").rows("text", np.arange(len(ids)))
    return pd.Series(decode(load_tokenizer(tokens), rows), index=ids)


def _rated(sheet: Path, items: Mapping[str, Any]) -> dict[str, float]:
    """The ratings of a sheet by item; what is not rated is left out."""
    try:
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            delimiter = ";" if sample.split("\n")[0].count(";") > sample.split("\n")[0].count(",") else ","
            rows = list(csv.DictReader(file, delimiter=delimiter))
    except OSError as error:
        raise SheetUnusable(f"{sheet}: {error.strerror}", "name a filled-in copy of the sheet") from error
    except UnicodeDecodeError as error:
        raise SheetUnusable(f"{sheet} is not UTF-8: {error.reason}", "save it as CSV in UTF-8") from error
    found: dict[str, float] = {}
    for line, row in enumerate(rows, 2):
        item, rating = (row.get(column) or "" for column in ("item", "rating"))
        if item.strip() not in items:
            raise SheetUnusable(f"{sheet}, line {line}: there is no item {item!r} in the key", "keep the column item")
        if not rating.strip():
            continue
        if rating.strip() not in map(str, SCALE):
            raise SheetUnusable(
                f"{sheet}, line {line}: the rating is {rating!r}", f"give a number from {SCALE[0]} to {SCALE[-1]}"
            )
        found[item.strip()] = float(rating)
    return found


def _interval(values: Ratings, seed: int) -> tuple[float, float, float]:
    """The mean over prompts, and the ends of its 95 % interval by the percentile bootstrap."""
    draws = np.random.default_rng(seed).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)
