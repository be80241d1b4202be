"""What fitting the judge takes."""

from pydantic import Field

from promptgan.core.parameters import Section

FEWEST = 20
"""Passages of the judge split that leave two in each held-out tenth."""


class Parameters(Section):
    """The `judges` section for music."""

    width: int = Field(ge=2, le=256)
    """Channels of the first layer, which hears a quarter; twice as many of the second."""
    features: int = Field(ge=2, le=512)
    """Of the last layer before the classes: what distances between pieces are measured in."""
    dropout: float = Field(ge=0, lt=1)
    """Of the features."""
    batch: int = Field(ge=2)
    """Windows in a batch."""
    learning_rate: float = Field(gt=0)
    epochs: int = Field(ge=1)
    """At most."""
    patience: int = Field(ge=1)
    """Epochs without a better accuracy on held-out windows."""
