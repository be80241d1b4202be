"""What a word is, for every rule and measure that counts them, in every script.

A word is a run of letters, digits and underscores with the marks and joiners on them, apostrophes inside kept. Of
scripts that are written without spaces every character with its marks is one, since it takes a dictionary to tell their
words apart.
"""

import regex

SIGNATURE = (
    "words: runs of letters, digits and their marks (apostrophes inside kept), punctuation marks, and each character of"
    " scripts without spaces (Han, kana, Thai, Lao, Khmer, Myanmar)"
)

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_FIRST = rf"[[\p{{L}}\p{{N}}_]--[{_UNSPACED}]]"
_NEXT = rf"[[\p{{L}}\p{{N}}_\p{{M}}\u200c\u200d]--[{_UNSPACED}]]"
_SEGMENT = regex.compile(
    rf"(?V1)[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]]\p{{M}}*|{_FIRST}{_NEXT}*(?:['’]{_FIRST}{_NEXT}*)*|(?!\s)\X"
)
_BARE = regex.compile(rf"(?V1)[{_UNSPACED}]")
_GAP = regex.compile(r"(?:.*(?P<space>\s)|.*?)(?P<opening>(?(space)\S*|[\p{Ps}\p{Pi}]*))", regex.DOTALL)
_ALPHANUMERIC = regex.compile(r"[\p{L}\p{N}]")


def segments(text: str) -> list[str]:
    """The words and punctuation marks of a text, in order; case is kept, and emoji stay whole."""
    found: list[str] = _SEGMENT.findall(text)
    return found


def words(text: str) -> list[str]:
    """The words of a text, case-folded and without punctuation, of which an underscore is one."""
    parts = (part for segment in segments(text) for part in segment.casefold().split("_"))
    return [part for part in parts if _ALPHANUMERIC.search(part)]


def cut(text: str, count: int) -> tuple[str, str]:
    """The first ``count`` words with what stands between them, and all after, both without spaces at their ends.

    What opens before a word, such as a bracket, goes with it. Words that neither a space nor their script parts, as in
    ``well-known``, stay together.
    """
    end, last = 0, ""
    for match in _SEGMENT.finditer(text):
        if not _ALPHANUMERIC.search(match[0]):
            continue
        gap = _GAP.fullmatch(text, end, match.start())
        if count <= 0 and (gap["space"] or _BARE.match(last) or _BARE.match(match[0])):
            place = gap.start("opening")
            return text[:place].strip(), text[place:].strip()
        count, end, last = count - 1, match.end(), match[0]
    return text.strip(), ""
