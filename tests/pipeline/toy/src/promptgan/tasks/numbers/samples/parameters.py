"""What is drawn of each model."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `generate`."""

    count: int = Field(ge=1)
