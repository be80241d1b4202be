"""What fitting the classifier takes."""

from pydantic import Field

from promptgan.core.parameters import Section

FEWEST = 100
"""Images of the judge split that leave ten in each held-out tenth."""


class Parameters(Section):
    """The `judges` section for images."""

    width: int = Field(ge=2, le=1024)
    """Channels at half the images' size; twice as many at a quarter of it."""
    features: int = Field(ge=2, le=2048)
    """Of the last layer before the classes: what distances between images are measured in."""
    dropout: float = Field(ge=0, lt=1)
    """Of the features."""
    batch: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    epochs: int = Field(ge=1)
    """At most."""
    patience: int = Field(ge=1)
    """Epochs without a better accuracy on held-out images."""
