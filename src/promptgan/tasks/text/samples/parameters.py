"""What is drawn of each model."""

from pydantic import Field, field_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.temperature import Temperature, Temperatures


class Parameters(Section):
    """The `generate` section for text."""

    temperatures: Temperatures = Field(min_length=7)
    """Softmax temperatures of the curves; at least seven, each once."""
    count: int = Field(ge=10)
    """Test prompts, drawn at random, that every model answers at every temperature; all where there are fewer."""
    temperature: Temperature
    """Of the answers that people read."""
    top_p: float = Field(gt=0, le=1)
    """Nucleus of the answers that people read (Holtzman et al., 2020, arXiv:1904.09751); the curves use all of it."""
    prompts: list[str]
    """Prompts of your own, answered for people beside ten of the test split."""

    @field_validator("prompts")
    @classmethod
    def _with_words(cls, prompts: list[str]) -> list[str]:
        if not all(map(str.strip, prompts)):
            raise ValueError("each prompt needs at least one word")
        return prompts
