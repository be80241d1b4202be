"""What a network must know of one sequence of token ids."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, UNK


@dataclass(frozen=True)
class Example:
    """What a network must know of one example."""

    vocabulary: int
    """Token ids."""
    max_tokens: int
    """Most tokens of a prompt, and of a text without its end."""
    unk: int | None = UNK
    """Stands for what the tokenizer does not know; none where it knows everything."""
    bos: int = BOS
    """Stands before a text."""
    eos: int = EOS
    """Ends a text."""
    base: Path | None = field(default=None, metadata={"place": True})
    """Folder of the pretrained language model whose tokens these are, in the format of transformers; none otherwise."""
    prompted: bool = True
    """Whether texts answer prompts; else every prompt is empty."""

    def drawn(self, texts: Iterable[list[int]]) -> list[list[int]]:
        """What was drawn of texts of token ids: their end too, but that of a text that was cut at the limit."""
        return [[*text, self.eos][: self.max_tokens] for text in texts]

    @property
    def undrawn(self) -> list[int]:
        """Ids that are never drawn: the special tokens but the end.

        A pretrained model pads with an id that may be a word of its own.
        """
        special = {None if self.base else PAD, self.unk, self.bos} - {None, self.eos}
        return sorted(token for token in special if token is not None)
