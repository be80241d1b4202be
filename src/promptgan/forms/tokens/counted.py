"""What learns by counting: the interface that the method `count` calls."""

from collections.abc import Sequence

from promptgan.forms.tokens.generator import TextGenerator


class CountedGenerator(TextGenerator):
    """A generator whose weights follow from how often token sequences occur, without any gradient."""

    def count(self, texts: Sequence[Sequence[int]]) -> None:
        """Take the weights from texts, ids without special tokens; what was counted before is forgotten."""
        raise NotImplementedError
