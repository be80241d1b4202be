"""Black-box attacks: texts changed word by word, greedily, until a classifier no longer says the true label.

The search is that of Jin et al., 2020, Is BERT Really Robust?, arXiv:1907.11932, and of Gao et al., 2018,
arXiv:1801.04354: words are ranked by what the classifier says of the text without them, and changed in that order.
What a word may become is the attack's: a choice in the folder `attacks`. Every text has a search of its own, and all
searches ask the classifier together, one batch a round, which is what makes them fast.
"""

import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from promptgan.terms.words import segments

Floats = npt.NDArray[np.float64]
Probabilities = Callable[[list[str]], Floats]
"""What a classifier is to an attack: texts to the probabilities of K labels, (N, K)."""
Change = Mapping[int, str]
"""New words by their places in the text; an empty one takes the old one out."""
Options = Callable[[Sequence[str], int, np.random.Generator], list[Change]]
"""What an attack is: of the words of a text and the place of one, what it may become, the best first; nothing where the
word is left alone."""


@dataclass(frozen=True)
class Budget:
    """What an attack on one text may cost."""

    queries: int
    """Texts that the classifier reads, the unchanged one too."""
    words: int
    """Changed words."""


@dataclass(frozen=True)
class Attacked:
    """What became of one text."""

    text: str
    """Changed so that the classifier errs; where none was found, the last one that made it less sure."""
    before: int
    """The label that the classifier gave to the unchanged text; one that is wrong already is not attacked."""
    predicted: int
    """The label that it gives to ``text``."""
    probabilities: Floats
    """Of the labels of ``text``, (K,)."""
    queries: int
    """Texts that the classifier has read."""
    changed: int
    """Words of the text that are others."""
    success: bool
    """Whether the classifier was right and now is wrong."""


@dataclass(frozen=True)
class Parts:
    """A text as its words and punctuation marks, `promptgan.terms.words`, and what stands between them."""

    words: tuple[str, ...]
    gaps: tuple[str, ...]
    """Before each word, and behind the last."""

    @classmethod
    def of(cls, text: str) -> Self:
        """The parts of a text, which joined are the text again."""
        words, gaps, end = segments(text), [], 0
        for word in words:
            start = text.index(word, end)
            gaps.append(text[end:start])
            end = start + len(word)
        return cls(tuple(words), (*gaps, text[end:]))

    def changed(self, change: Change) -> Self:
        """The text with other words at some places."""
        return type(self)(tuple(change.get(place, word) for place, word in enumerate(self.words)), self.gaps)

    def __str__(self) -> str:
        kept = [(gap, word) for gap, word in zip(self.gaps, self.words, strict=False) if word]
        text = "".join(part for pair in kept for part in pair) + self.gaps[-1]
        return text if not self.words or self.words[0] else text.lstrip()


def attack(
    texts: Sequence[str],
    labels: Sequence[int],
    probabilities: Probabilities,
    options: Options,
    budget: Budget,
    seed: int,
) -> list[Attacked]:
    """Attack every text; what becomes of one does not depend on the others.

    Args:
        texts: what is attacked.
        labels: the true ones, as indices of the classifier's.
        probabilities: the classifier.
        options: the attack.
        budget: of each text.
        seed: of what an attack draws, together with the text.
    """
    searches = [
        _Search(text, label, options, budget, np.random.default_rng([seed, zlib.crc32(text.encode())]))
        for text, label in zip(texts, labels, strict=True)
    ]
    active = searches
    while active := [search for search in active if search.asked]:
        rows = probabilities([text for search in active for text in search.asked])
        ends = np.cumsum([len(search.asked) for search in active])[:-1]
        for search, answer in zip(active, np.split(rows, ends), strict=True):
            search.hear(answer)
    return [search.found for search in searches]


class _Search:
    """The search for one text: what it asks next, and the best that it has found."""

    def __init__(self, text: str, label: int, options: Options, budget: Budget, random: np.random.Generator) -> None:
        self._original = self._parts = Parts.of(text)
        self._label, self._options, self._budget, self._random = label, options, budget, random
        self._rows: list[Floats] = []
        self._queries = 0
        self._steps = self._greedy()
        self.asked: list[str] = next(self._steps)[: budget.queries]
        """Texts whose probabilities it waits for; none when it has ended."""

    def hear(self, rows: Floats) -> None:
        """Go on with the probabilities (n, K) of the n texts that were asked."""
        self._queries += len(rows)
        try:
            self.asked = self._steps.send(rows)[: self._budget.queries - self._queries]
        except StopIteration:
            self.asked = []

    @property
    def found(self) -> Attacked:
        """What the search has come to."""
        before, now = self._rows[0].argmax(), self._rows[-1].argmax()
        return Attacked(
            text=str(self._parts),
            before=int(before),
            predicted=int(now),
            probabilities=self._rows[-1],
            queries=self._queries,
            changed=len(self._touched()),
            success=bool(before == self._label != now),
        )

    def _greedy(self) -> Generator[list[str], Floats, None]:
        """Ask, and be sent the probabilities of as many of the texts, from the first, as the budget allows."""
        label, words = self._label, self._original.words
        self._rows.append((yield [str(self._original)])[0])
        if self._rows[0].argmax() != label:
            return
        offered = {i: found for i in range(len(words)) if (found := self._options(words, i, self._random))}
        places = list(offered)
        if len(places) > 1:
            without = yield [str(self._original.changed({place: ""})) for place in places]
            places = [places[i] for i in np.argsort(without[:, label], kind="stable")]
        for place in places:
            touched = self._touched()
            tries = [
                self._parts.changed(change)
                for change in offered[place]
                if touched.isdisjoint(change) and len(touched) + len(change) <= self._budget.words
            ]
            tries = [each for each in tries if any(map(str.isalnum, str(each)))]  # a text has a word
            if not tries:
                continue
            rows = yield [str(each) for each in tries]
            wrong = rows.argmax(1) != label
            best = int(wrong.argmax() if wrong.any() else rows[:, label].argmin())
            if wrong.any() or rows[best, label] < self._rows[-1][label]:
                self._parts = tries[best]
                self._rows.append(rows[best])
            if wrong.any():
                return

    def _touched(self) -> set[int]:
        """The places whose words are others; none of them is changed again."""
        pairs = zip(self._original.words, self._parts.words, strict=True)
        return {place for place, (old, new) in enumerate(pairs) if old != new}
