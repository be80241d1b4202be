"""How sentences become tokens, and prompts."""

from pydantic import Field

from promptgan.core.parameters import Section


class Marking(Section):
    """Which words mark a style, and are hidden in prompts."""

    longest: int = Field(ge=1, le=4)
    """Words of an n-gram."""
    threshold: float = Field(gt=1)
    """Salience, from which on an n-gram marks the style that has it more often (`Markers.counted`)."""
    smoothing: float = Field(gt=0)
    """Added to both counts."""


class Noise(Section):
    """What else is done to a training sentence, which a generator learns to restore."""

    copies: int = Field(ge=1, le=100)
    """Of every training sentence, each with noise of its own."""
    dropout: float = Field(ge=0, lt=1)
    """Share of words left out."""
    seed: int = Field(ge=0, lt=2**32)


class Parameters(Section):
    """The `tokenize` section for sentences with a style."""

    vocabulary: int = Field(ge=262, le=65535)
    """Most entries of byte-level BPE, the 256 bytes, the four special tokens and the two of the styles among them."""
    lowercase: bool
    max_tokens: int = Field(ge=3, le=1024)
    """Longest prompt, its style's token counted; a sentence keeps one less, from its beginning."""
    markers: Marking
    noise: Noise
