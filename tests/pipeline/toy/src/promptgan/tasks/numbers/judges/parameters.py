"""What fitting the judge takes."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `judges`."""

    digits: int = Field(ge=1)
