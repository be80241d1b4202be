"""Why a file is no piece: one class per reason, which validation names its rules by."""

from promptgan.core.errors import PromptganError

LONGEST = 2**20
"""Ticks of a piece, twelve hours at 60 quarters a minute; a file that says more is broken."""


class NotAPiece(PromptganError):
    """A file cannot be read as one piece in bars."""


class BrokenMusic(NotAPiece):
    """The file is damaged, or is no file of its kind."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: cannot be read ({why})", "open it in a notation program and save it again")


def require_length(ticks: float, name: str) -> None:
    """Refuse a piece that lasts longer than any music.

    Raises:
        BrokenMusic: it has more ticks than `LONGEST`.
    """
    if ticks > LONGEST:
        raise BrokenMusic(name, "it lasts longer than any music")


class NoNotes(NotAPiece):
    """Nothing sounds in it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: holds no notes", "give a file with at least one note")


class ChangingMetre(NotAPiece):
    """The metre changes on the way; a piece has one."""

    def __init__(self, name: str, metres: list[str]) -> None:
        super().__init__(f"{name}: changes its metre ({', '.join(metres)})", "cut it where the metre changes")


class UnevenBars(NotAPiece):
    """Bar lines do not stand where the metre puts them."""

    def __init__(self, name: str, measure: str) -> None:
        super().__init__(
            f"{name}: a bar line is missing in measure {measure}, where the metre puts one",
            "fill up the measures before it in a notation program, or leave the file out",
        )
