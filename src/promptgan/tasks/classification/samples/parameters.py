"""What is asked of classifiers and generators."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `generate` for labelled texts."""

    attacks: Annotated[list[Literal["substitution", "characters", "deletion"]], Field(min_length=1)]
    """How test texts are changed until a classifier errs: by neighbouring words, misspellings, or leaving words out."""
    attacked: int = Field(ge=1)
    """Test texts that are attacked; all where there are fewer."""
    queries: int = Field(ge=2)
    """Texts that a classifier reads for an attack on one, at most."""
    words: int = Field(ge=1)
    """Words of a text that are changed, at most."""
    vectors: Literal["word_pieces", "counted"]
    """Whose neighbours are substitutes: those of all-MiniLM-L6-v2, English, or counts over the training texts."""
    drawn: int = Field(ge=1)
    """Texts of each label that a generator draws, where the recipe has one."""
    shown: int = Field(ge=1)
    """Texts of each kind that people are shown."""

    @model_validator(mode="after")
    def _once(self) -> "Parameters":
        if len(set(self.attacks)) < len(self.attacks):
            raise ValueError("attacks: one is named twice")
        return self
