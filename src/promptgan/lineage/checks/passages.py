"""Where two pages or two Markdown texts first differ, as people see them: below which heading, and in which words."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from typing import NamedTuple

HEADINGS = {f"h{level}" for level in range(1, 7)}
UNSEEN = {"script", "style"}
CONTEXT = 3
"""Passages before the one that differs, such as the name of a table's row, that are shown too."""
SHOWN = 50
"""Characters before and behind the first one that differs that are shown at most."""


class Difference(NamedTuple):
    """The first place where two texts differ."""

    heading: str
    """The nearest one above it; empty where there is none."""
    expected: str
    found: str


class _Passage(NamedTuple):
    heading: str
    text: str


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.passages: list[_Passage] = []
        self._heading = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in HEADINGS:
            self._heading = ""
        if tag in HEADINGS | UNSEEN:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or UNSEEN.intersection(self._open):
            return
        if HEADINGS.intersection(self._open):
            self._heading = f"{self._heading} {text}".strip()
        self.passages.append(_Passage(self._heading, text))


def first_difference(expected: str, found: str) -> Difference:
    """Compare what people read of two pages, or of two Markdown texts, that are not equal.

    Where they read the same, only marks, pictures or spaces differ, which is said.
    """
    one, other = (list(_passages(text)) for text in (expected, found))
    for at, (mine, theirs) in enumerate(zip_longest(one, other)):
        if mine != theirs:
            heading = (mine or theirs).heading
            return Difference(heading, *_around(_with_context(one, at, heading), _with_context(other, at, heading)))
    return Difference("", "its own marks and pictures", "the same words with other marks, pictures or spaces")


def _passages(text: str) -> Iterator[_Passage]:
    if text.lstrip().startswith("<"):
        page = _Page()
        page.feed(text)
        page.close()
        yield from page.passages
        return
    heading = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := re.match(r"#+ +(.*)", line):
            heading = match[1]
        yield _Passage(heading, line)


def _with_context(passages: list[_Passage], at: int, heading: str) -> str:
    """The passage that differs, after those just before it below the same heading."""
    if at >= len(passages):
        return "nothing more"
    shown = [each.text for each in passages[max(0, at - CONTEXT) : at] if each.heading == heading]
    return " ".join([*shown, passages[at].text])


def _around(one: str, other: str) -> tuple[str, str]:
    """Both texts, cut to what is around the first difference."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start, end = max(0, at - SHOWN), at + SHOWN
    cut = (f"{'... ' * (start > 0)}{text[start:end].strip()}{' ...' * (len(text) > end)}" for text in (one, other))
    return next(cut), next(cut)
