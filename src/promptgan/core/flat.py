"""Nested values by dotted key; an element of a list goes by its index."""

from collections.abc import Iterator
from typing import Any


def flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted key and the value of every leaf; an empty list, like an empty section, is a leaf itself.

    Args:
        values: a section, a list, or a leaf.
        prefix: the dotted key that it has itself.
    """
    if not isinstance(values, dict | list) or not values:
        yield prefix, values
        return
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        yield from flat(value, f"{prefix}.{key}" if prefix else str(key))


def holder(values: Any, key: str) -> tuple[Any, Any]:
    """The section or list that holds a dotted key, and the key or index in it."""
    *way, last = key.split(".")
    for part in way:
        values = values[_place(values, part)]
    return values, _place(values, last)


def _place(values: Any, part: str) -> str | int:
    return int(part) if isinstance(values, list) else part
