"""How two versions of a table of labelled texts differ as a whole."""

from promptgan.sentences.shift import shift

__all__ = ["shift"]
