"""Texts with a word or phrase of a list are refused: of your own, or LDNOOBW's English one.

The List of Dirty, Naughty, Obscene and Otherwise Bad Words (CC BY 4.0) is what the npm package naughty-words holds. It
tells no insult from a quotation, and finds nothing that is said in other words.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.data.fetched import fetched
from promptgan.data.sources import Licence, Npm, Upstream
from promptgan.terms.words import words as split

FOLDER = Path(".promptgan/serving/naughty-words")
"""Where LDNOOBW's list is kept once it was fetched."""
UPSTREAM = Upstream(
    title="List of Dirty, Naughty, Obscene and Otherwise Bad Words, English, from naughty-words 1.2.0",
    licence=Licence("CC-BY-4.0", "sure", "stated in the package"),
    sources=(
        Npm(
            "c34b05e10a97ec7b9e0c3dd91d09888187c0f08d0812eaea79679795585b217e",
            "naughty-words",
            "1.2.0",
            members=("package/en.json",),
        ),
    ),
    content_sha256="ed5f2c0accfc08d239fcb6488d485a59a6ff424550cfe6462dc44ee0e476129f",
)


class NoWords(PromptganError):
    """The list of words cannot be read, or holds none."""


def load(words: Path | None) -> Callable[[str], str | None]:
    """The reason to refuse a text: it holds one of the phrases as whole words, case aside.

    Args:
        words: a text file, UTF-8, one word or phrase a line; LDNOOBW's list where None, fetched once.

    Raises:
        NoWords: the file cannot be read, or is empty.
        NoSourceDelivered: LDNOOBW's list cannot be had.
    """
    if words is None:
        return refusing(fetched(UPSTREAM, FOLDER))
    try:
        phrases = words.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoWords(
            f"{words} cannot be read as words: {error}", "give a text file in UTF-8, a phrase a line"
        ) from error
    return refusing(phrases)


def refusing(phrases: Sequence[str]) -> Callable[[str], str | None]:
    """The reason to refuse a text: the first phrase of the list that it holds.

    Raises:
        NoWords: there is none.
    """
    known = {tuple(found): phrase for phrase in phrases if (found := split(phrase))}
    if not known:
        raise NoWords("the list of words to refuse is empty", "give a file with a word or phrase a line")
    longest = max(map(len, known))

    def reason(text: str) -> str | None:
        found = split(text)
        for start in range(len(found)):
            for end in range(start + 1, min(start + longest, len(found)) + 1):
                if phrase := known.get(tuple(found[start:end])):
                    return f"words: {phrase}"
        return None

    return reason
