"""The ratings that are kept in Git, `data/ratings.csv`: each of one answer by one person, bound to the very samples."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_csv
from promptgan.terms.systems import SYSTEMS

LIST = Path("data/ratings.csv")
SCALE = range(1, 6)
"""From no answer to this prompt at all, 1, to one that a person could have given, 5."""


class Rating(NamedTuple):
    """What one person says of one answer."""

    task: str
    samples: str
    """sha256 of the samples.parquet that the answer is from."""
    rater: str
    prompt: str
    """Its id."""
    systems: tuple[str, ...]
    """Whose the answer is: of each system that gave it, real data too."""
    rating: int
    """Of `SCALE`."""


class RatingsUnreadable(PromptganError):
    """The ratings are missing or broken; a report must not pass for one without ratings because of that."""

    def __init__(self, path: Path, problem: str) -> None:
        remedy = f"correct it, or take the committed one: `git checkout {path}`"
        missing = f"bring it back with `git checkout {path}`"
        super().__init__(f"{path}: {problem}", remedy if path.exists() else missing)


def read(path: Path = LIST) -> list[Rating]:
    """All ratings that are kept, of whatever samples.

    Raises:
        RatingsUnreadable: the file is missing, is not UTF-8 CSV with the columns of `Rating`, or holds a line that is
            no rating or that rates an answer for the second time.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Excel writes a mark
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RatingsUnreadable(path, str(error)) from error
    except ValueError as error:
        raise RatingsUnreadable(path, "it is empty") from error
    if tuple(header) != Rating._fields:
        raise RatingsUnreadable(path, f"its columns are {', '.join(header)}, not {', '.join(Rating._fields)}")
    found: dict[tuple[str, ...], Rating] = {}
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header) or not all(row):
            raise RatingsUnreadable(path, f"line {line} does not fill the {len(header)} columns")
        task, samples, rater, prompt, systems, rating = row
        if unknown := set(systems.split()) - {system.name for system in SYSTEMS}:
            raise RatingsUnreadable(path, f"line {line} rates an answer of {', '.join(sorted(unknown))}")
        if rating not in map(str, SCALE):
            raise RatingsUnreadable(path, f"line {line}: the rating is {rating!r}, not {SCALE[0]} to {SCALE[-1]}")
        if (answer := tuple(row[:-1])) in found:
            raise RatingsUnreadable(path, f"line {line} rates for the second time what a line above it does")
        found[answer] = Rating(task, samples, rater, prompt, tuple(systems.split()), int(rating))
    return list(found.values())


def keep(ratings: Sequence[Rating], path: Path = LIST) -> int:
    """Write ratings into the file, in the place of those of the same samples; returns how many others stay in it.

    Raises:
        RatingsUnreadable: the file as it is is missing or broken; it is left alone.
    """
    rated = {rating.samples for rating in ratings}
    others = [rating for rating in read(path) if rating.samples not in rated]
    write([*others, *ratings], path)
    return len(others)


def write(ratings: Sequence[Rating], path: Path = LIST) -> None:
    """Write a whole file of ratings, sorted."""
    rows = [{**rating._asdict(), "systems": " ".join(rating.systems)} for rating in sorted(ratings)]
    write_csv(path, rows, Rating._fields)
