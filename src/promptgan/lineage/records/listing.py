"""Places that hold a record as the rows of a table: objects of one version together, by output, with their number."""

from collections import Counter
from collections.abc import Iterable, Iterator

from promptgan.lineage.records.holders import Place

WHERE = {"workspace": "in the workspace", "cache": "in the cache", "remote": "in remotes", "Git": "in Git"}
Row = tuple[str, str, str, str]
"""Kind, place, how it holds the record, and what to know or to do."""


def rows(places: Iterable[Place]) -> Iterator[Row]:
    """One row for a file or folder; one for all objects that the same branches, commits and experiments remember."""
    groups: dict[tuple[str, ...], list[Place]] = {}
    for place in places:
        alone = () if place.paths else (place.what,)
        groups.setdefault((place.kind, place.how, place.note, place.remedy, *alone), []).append(place)
    for (kind, how, note, remedy, *_), members in groups.items():
        what = members[0].what if len(members) == 1 else _together(members)
        yield kind, what, how, "; ".join(filter(None, (note, remedy)))


def total(places: Iterable[Place]) -> str:
    """How many places of each kind, in words."""
    counted = Counter(place.kind for place in places)
    return ", ".join(f"{number} {WHERE.get(kind, kind)}" for kind, number in counted.items())


def _together(members: list[Place]) -> str:
    """Outputs, each with how many of its files are among these objects."""
    counted = Counter("/".join(path.split("/")[:2]) for place in members for path in place.paths[:1])
    return ", ".join(f"{output} ({number} file{'s' if number > 1 else ''})" for output, number in counted.items())
