"""Texts that a generator reads before its pairs, by next token."""

from typing import Self

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Corpus(Section):
    """The section `corpus`: a data set of texts to pretrain on, or none."""

    name: str
    """A data set that takes no parameters of its own, or `none`."""
    epochs: int | float | None = Field(default=None, gt=0)
    """Passes over it; a fraction reads as much of it, in random order. Not there where the name is `none`."""

    @model_validator(mode="after")
    def _passes_where_there_is_a_corpus(self) -> Self:
        if (self.name == "none") != (self.epochs is None):
            raise ValueError("a corpus takes a number of epochs, and none takes no epochs")
        return self
