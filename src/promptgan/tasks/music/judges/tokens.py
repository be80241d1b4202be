"""The pieces of a split of words."""

from promptgan.forms.tokens.pairs import Pairs
from promptgan.media.music.piece import Piece, from_json


def pieces(split: Pairs) -> list[Piece]:
    """Those of the column `music`."""
    lines = split._table.column("music").to_pylist()  # beside the ids that `Pairs` knows
    return [from_json(line) for line in lines]
