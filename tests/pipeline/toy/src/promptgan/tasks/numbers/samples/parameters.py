"""What is drawn of each model."""

from pydantic import Field

from promptgan import base


class Parameters(base.Parameters):
    """The section `generate`."""

    count: int = Field(ge=1)
