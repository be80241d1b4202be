"""How images become arrays."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `tokenize` section for images."""

    size: int = Field(ge=4, le=1024, multiple_of=4)
    """Pixels that the arrays are wide and high; images of another size are resized."""
    condition: Literal["none", "label"]
    """What every image is made on the condition of."""
