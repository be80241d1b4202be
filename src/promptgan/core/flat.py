"""Nested values by dotted key."""

from collections.abc import Iterator
from typing import Any


def flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted key and the value of every leaf: a list counts by index, and an empty one, like an empty section, is a
    leaf itself.

    Args:
        values: a section, a list, or a leaf.
        prefix: the dotted key that it has itself.
    """
    if not isinstance(values, dict | list) or not values:
        yield prefix, values
        return
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
