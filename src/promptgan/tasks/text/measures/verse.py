"""Whether answers keep the form and the rhyme of verse, both learnt from real poems.

Of scripts that are written without spaces, where a character is a syllable: a line is what stands between punctuation
marks, and even lines of a poem rhyme, as in regulated Chinese verse.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import regex

Flags = npt.NDArray[np.bool_]
Shape = tuple[int, ...]
"""Characters of each line."""

NAMES = ("in_form", "rhymes")

_LINE = regex.compile(r"[^\p{P}\s]+")


def lines(text: str) -> list[str]:
    """The lines of a text, without the punctuation between them."""
    found: list[str] = _LINE.findall(text)
    return found


def shape(text: str) -> Shape:
    """How many characters each line has."""
    return tuple(map(len, lines(text)))


class Verse:
    """Form and rhyme, as real poems have them.

    The form is the commonest shape of the texts. Where that of the prompts is the same, a text goes on the poem that
    its prompt begins; else it is the whole poem. Two characters are known to rhyme where both end even lines of one
    poem, or each does so with a third one. A character does not rhyme with itself: repeating it is no rhyme.

    Args:
        prompts, texts: real ones.
    """

    def __init__(self, prompts: Sequence[str], texts: Sequence[str]) -> None:
        self.form, asked = (Counter(map(shape, side)).most_common(1)[0][0] for side in (texts, prompts))
        self.continued = asked == self.form
        self._partners = defaultdict[str, set[str]](set)
        for prompt, text in zip(prompts, texts, strict=True):
            for one, other in combinations(set(self.ends(prompt, text)), 2):
                self._partners[one].add(other)
                self._partners[other].add(one)

    def ends(self, prompt: str, text: str) -> str:
        """The last characters of the even lines of the poem; none where it ends with an odd one."""
        poem = [*(lines(prompt) if self.continued else []), *lines(text)]
        return "" if len(poem) % 2 else "".join(line[-1] for line in poem[1::2])

    def rhyme(self, one: str, other: str) -> bool:
        """Whether two characters are known to rhyme."""
        ours, theirs = (self._partners.get(character, set()) for character in (one, other))
        return one != other and (other in ours or not ours.isdisjoint(theirs))

    def in_form(self, texts: Sequence[str]) -> Flags:
        """Whether each text has as many lines as the form, of as many characters each; (texts,)."""
        return np.array([shape(text) == self.form for text in texts], dtype=bool)

    def rhymes(self, prompts: Sequence[str], texts: Sequence[str]) -> Flags:
        """Whether every later even line is known to rhyme with the first one of its poem; (texts,)."""
        return np.array([self._all_rhyme(self.ends(*pair)) for pair in zip(prompts, texts, strict=True)], dtype=bool)

    def signature(self, prompts: Sequence[str], texts: Sequence[str]) -> str:
        """What one needs to know to compute the same numbers, and how much the relation misses and finds by chance.

        Args:
            prompts, texts: real ones that the relation is not from.
        """
        ends = [self.ends(*pair) for pair in zip(prompts, texts, strict=True)]
        wrong = [other[:1] + own[1:] for own, other in zip(ends, [*ends[1:], *ends[:1]], strict=True)]
        found, chance = (np.mean([self._all_rhyme(each) for each in sides]) for sides in (ends, wrong))
        return (
            f"in_form: lines of {', '.join(map(str, self.form))} characters, the commonest form of the training texts;"
            f" rhymes: of even lines {'of prompt and text together' if self.continued else 'of the text'}, known where"
            f" two of {len(self._partners)} characters end even lines of one training poem, or each with a third one;"
            f" so known of {found:.4f} of the test texts, and of {chance:.4f} where another's first end is set in"
        )

    def _all_rhyme(self, ends: str) -> bool:
        return len(ends) > 1 and all(self.rhyme(ends[0], end) for end in ends[1:])
