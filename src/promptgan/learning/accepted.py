"""Which feedback may be learnt from, and what it teaches."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from promptgan.quality.normalise import normalise
from promptgan.serving.contacts import MASK
from promptgan.serving.log import Feedback, last_words

NO_CONSENT = "no consent to learn from it"
REPLACED = "said again later of the same answer"
NO_ANSWER = "disliked, and no correction"
SILENT = "neither a thumb nor a correction"
EMPTY = "the prompt or the text is empty"
MASKED = "holds contact details, which the log masks"


class Pair(NamedTuple):
    """A prompt, and what it should be answered by."""

    prompt: str
    text: str
    source: str
    """Who said so: the name of an API key, or `page`."""
    feedback: str
    """Its id in the log."""


def accepted(rows: Iterable[Feedback]) -> tuple[list[Pair], Counter[str]]:
    """The pairs that feedback teaches, oldest first, and how often what else is why it teaches nothing.

    A correction is what the answer should have been; without one, an answer that is liked is. Of several voices on one
    answer from one source the last counts, as people change their minds; a withdrawn consent is such a change too.

    Args:
        rows: of the log, oldest first.
    """
    said = list(rows)
    latest = last_words(said)
    left = Counter({REPLACED: len(said) - len(latest)})
    pairs: dict[tuple[str, str], Pair] = {}
    for row in latest:
        text = normalise(row.correction or (row.answer if (row.thumb or 0) > 0 else ""))
        prompt = normalise(row.prompt)
        if not row.consent:
            left[NO_CONSENT] += 1
        elif not (row.correction or row.thumb):
            left[SILENT] += 1
        elif not row.correction and (row.thumb or 0) < 0:
            left[NO_ANSWER] += 1
        elif not prompt or not text:
            left[EMPTY] += 1
        elif MASK in prompt + text:
            left[MASKED] += 1
        else:
            pairs.setdefault((prompt, text), Pair(prompt, text, row.source, row.id))
    return list(pairs.values()), +left
