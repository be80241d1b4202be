"""Which rows of a table belong together, and so lie in one split."""

import hashlib
import unicodedata
from typing import Any


def group_of(named: Any, content: Any) -> str:
    """The group that a row names; where that is blank or no value, one that all rows of that content share.

    Args:
        named: of the column of groups.
        content: a text, of which letters and digits alone count, whatever their case, or what stands in its place.
    """
    if named is not None and named == named and (group := str(named)).strip():  # NaN is not what it is
        return group
    if isinstance(content, str):
        alike = unicodedata.normalize("NFKC", content).casefold()
        content = "".join(each for each in alike if unicodedata.category(each)[0] in "LMN") or content
    return digest(content)


def digest(*parts: Any) -> str:
    """Of values as text: the beginning of their sha256."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
