"""How sentences become tokens, and prompts."""

from pydantic import Field

from promptgan.core.parameters import Section


class Noise(Section):
    """What is done to a sentence, which a generator learns to restore."""

    copies: int = Field(ge=1, le=100)
    """Of every training sentence, each with noise of its own."""
    dropout: float = Field(ge=0, lt=1)
    """Share of words left out."""
    shuffle: int = Field(ge=0)
    """Places that a word may move, at most."""
    seed: int = Field(ge=0, lt=2**32)


class Parameters(Section):
    """The `tokenize` section for sentences with a style."""

    vocabulary: int = Field(ge=262, le=65535)
    """Most entries of byte-level BPE, the 256 bytes, the four special tokens and the two of the styles among them."""
    lowercase: bool
    max_tokens: int = Field(ge=3, le=1024)
    """Longest prompt, its style's token counted; a sentence keeps one less, from its beginning."""
    noise: Noise
