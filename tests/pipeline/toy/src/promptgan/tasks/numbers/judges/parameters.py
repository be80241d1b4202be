"""What fitting the judge takes."""

from pydantic import Field

from promptgan import base


class Parameters(base.Parameters):
    """The section `judges`."""

    digits: int = Field(ge=1)
