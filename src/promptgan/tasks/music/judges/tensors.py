"""The pieces of a split of piano rolls."""

from promptgan.forms.tensors.tensors import Tensors
from promptgan.media.music import arrays, prompts
from promptgan.media.music.piece import Piece
from promptgan.media.music.prompts import Prompt

PROMPT = Prompt("key", "C major", "4/4", ())
"""Of all pieces: who hears them looks at neither key nor bar lines."""


def pieces(split: Tensors) -> list[Piece]:
    """What the rolls say."""
    read = [arrays.read(roll, PROMPT.metre).words for roll in split.images]
    return [prompts.assembled(PROMPT, words, split.images.shape[1])[0] for words in read]
