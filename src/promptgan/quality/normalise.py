"""The one place where the characters of a text are made uniform.

Applied to every record before any rule looks at it, so that rules, splits, tokenizer and metrics see the same text; and
to what people type for a model of such records, where it comes in, so that a telephone's quotes are no unknown words.
"""

import re
import unicodedata
from typing import Any

TASKS = frozenset({"text", "style", "classification"})
"""Those whose records are normalised."""
_QUOTES = str.maketrans({"‘": "'", "’": "'", "‛": "'", "“": '"', "”": '"', "‟": '"', "…": "..."})
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SPACES = re.compile("[ \t\r\n\u00a0\u2000-\u200a\u2028\u2029\u202f\u3000]+")
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_SCRIPTS = {
    "latin": re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿªº]"),
    "han": re.compile(f"[{_HAN}]"),
}


def normalise(text: str) -> str:
    """Unicode NFC, straight quotes, no invisible characters, single spaces, none at the ends.

    Control characters and U+FFFD are left in place for the rule that names them.
    """
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text).translate(_QUOTES))
    return _SPACES.sub(" ", text).strip(" ")


def encodable(value: Any) -> Any:
    """A string with lone surrogates, which no encoding can hold, replaced by U+FFFD; any other value as it is."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def foreign_share(text: str, script: str) -> float:
    """Share of the letters of ``text`` outside of ``script`` (``latin`` or ``han``); 0 where there is no letter."""
    if script == "latin" and text.isascii():
        return 0.0
    letters = "".join(character for character in text if character.isalpha())
    return 1 - len(_SCRIPTS[script].findall(letters)) / len(letters) if letters else 0.0
