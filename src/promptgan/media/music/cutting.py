"""How pieces become passages, as a section of parameters says."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Cutting(Section):
    """The part of a section `data` that says how pieces become passages."""

    bars: int = Field(ge=1, le=64)
    """Of a passage: a piece is cut into as many as it has."""
    key: Literal["own", "C"]
    """The key of all that is learnt, measured and drawn: that of each piece, or C, major or minor as it is."""
