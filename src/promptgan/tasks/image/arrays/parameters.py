"""How images become arrays."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `tokenize` section for images."""

    side: int = Field(ge=4, le=1024, multiple_of=4)
    """Pixels that the arrays are wide and high; images of another size are resized. A parameter called size would be
    left out of what DVC's run-cache knows a run by, as if it were that of a file."""
    channels: Literal[1, 3]
    """1, grey, or 3, red, green and blue; what is transparent is white."""
    fit: Literal["crop", "pad", "stretch"]
    """What becomes of an image that is not square: its middle, with white beside it, or out of proportion."""
    condition: Literal["none", "label", "caption"]
    """What images are made on the condition of. A record without a caption gets a sentence about its label."""
