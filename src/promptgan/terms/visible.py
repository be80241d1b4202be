"""Text from models and users as people may safely see it."""

import unicodedata

JOINERS = "\u200c\u200d"
"""Of letters and emoji: of no width, and harmless."""


def visible(text: str) -> str:
    """The text on one line, with what would move a cursor, turn the direction of writing or not be seen at all escaped.

    Letters of all scripts, marks, emoji and spaces stay. Line ends, control and escape characters, directional
    characters, lone surrogates and the like become what Python writes for them, such as ``\\n`` or ``\\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escaped(character) for character in text)


def _harmless(character: str) -> bool:
    return character.isprintable() or character in JOINERS or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
