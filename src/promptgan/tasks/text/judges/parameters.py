"""What fitting the matcher takes."""

from pydantic import Field

from promptgan.core.parameters import Section

FEWEST = 20
"""Pairs of the judge split that leave two in each held-out tenth."""


class Parameters(Section):
    """The `judges` section for text."""

    embedding: int = Field(ge=2, le=4096)
    """Size of the matcher's projected bag of embeddings."""
    dropout: float = Field(ge=0, lt=1)
    word_dropout: float = Field(ge=0, lt=1)
    """Share of tokens left out of a training pair."""
    batch: int = Field(ge=2)
    """Pairs in a batch; each text is a wrong one for all the other prompts."""
    learning_rate: float = Field(gt=0)
    epochs: int = Field(ge=1)
    """At most."""
    patience: int = Field(ge=1)
    """Epochs without a better mean reciprocal rank on held-out pairs."""
