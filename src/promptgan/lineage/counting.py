"""How a message counts: a number of records, the first of many."""

from collections.abc import Sequence


def counted(count: int) -> str:
    """A number of records, in words."""
    return f"{count:,} record{'' if count == 1 else 's'}"


def few(names: Sequence[str], most: int = 4, between: str = ", ") -> str:
    """The first of many, and how many more there are."""
    return between.join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
