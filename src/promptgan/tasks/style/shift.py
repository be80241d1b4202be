"""How two versions of a table of sentences differ as a whole."""

from promptgan.sentences.shift import shift

__all__ = ["shift"]
