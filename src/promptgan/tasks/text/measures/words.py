"""What a word is, for every measure that counts words."""

import re

SIGNATURE = (
    "words: runs of letters and digits (apostrophes inside kept), punctuation marks, and CJK characters each apart"
)

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+(?:['’][^\W{_CJK}]+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and punctuation marks of a text, in order; case is kept."""
    return _WORD.findall(text)
