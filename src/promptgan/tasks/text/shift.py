"""How two versions of a table of texts differ as a whole: lengths, words, scripts, labels, repetitions."""

from collections import Counter
from math import log, sqrt
from typing import TYPE_CHECKING

from promptgan.quality.normalise import foreign_share
from promptgan.terms.shift import Moved, Ranked, Shift, labels, shares, total_variation
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("prompt", "text")
WORDS_SHOWN = 12


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: columns prompt, text, and label where there is one."""
    measures, histograms = [], {}
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for side in SIDES:
        sizes: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        for frame, size, count in zip((before, after), sizes, counts, strict=True):
            for text in frame[side]:
                found = words(text)
                size[len(found)] += 1
                count.update(found)
        one, other = ({n: size[n] for n in sorted(size)} for size in sizes)
        histograms[f"words of a {side}"] = one, other
        measures.append(Moved(f"words of a {side}, mean", _mean(one), _mean(other), total_variation(one, other)))
    measures += [m for m in shares("letters in {} script", _scripts(before), _scripts(after)) if m.before or m.after]
    measures += shares("repeated {}", _repeated(before), _repeated(after))
    totals = [max(1, count.total()) for count in counts]
    ranked = [
        Ranked(word, 1e6 * counts[0][word] / totals[0], 1e6 * counts[1][word] / totals[1], z)
        for word, z in log_odds(*counts)
        if counts[1][word] != counts[0][word]  # else its share moved only because the others' did
    ]
    gained, lost = [word for word in ranked if word.z > 0], [word for word in ranked[::-1] if word.z < 0]
    return Shift(
        measures=(*measures, *labels(before, after)),
        histograms=histograms,
        gained=tuple(gained[:WORDS_SHOWN]),
        lost=tuple(lost[:WORDS_SHOWN]),
    )


def log_odds(before: Counter[str], after: Counter[str]) -> list[tuple[str, float]]:
    """The words by how much their odds moved, most gained first: z-scores of the log-odds ratio.

    With an informative Dirichlet prior, here the counts of both tables together (Monroe, Colaresi and Quinn, Fightin'
    Words, Political Analysis 16, 2008, equations 15, 16 and 22): frequent words and rare ones are comparable, and a
    word seen once does not come first. Its sign is that of the difference of the two frequencies, whatever the sizes of
    the tables. Two versions share records, and many words are compared, so the scores rank words and test nothing.
    """
    prior = before + after
    total = prior.total()
    sizes = [counts.total() + total for counts in (before, after)]
    scores = []
    for word, weight in prior.items():
        ours, theirs = after[word] + weight, before[word] + weight
        # where one word is all there is, its odds are infinite on both sides
        if ours < sizes[1] and theirs < sizes[0]:
            delta = log(ours / (sizes[1] - ours)) - log(theirs / (sizes[0] - theirs))
            scores.append((word, delta / sqrt(1 / ours + 1 / theirs)))
    return sorted(scores, key=lambda score: (-score[1], score[0]))


def _mean(counts: dict[int, int]) -> float:
    return sum(n * count for n, count in counts.items()) / max(1, sum(counts.values()))


def _scripts(frame: "pd.DataFrame") -> dict[str, float]:
    """The mean over all sides that have letters; ASCII, which is most of it, needs no counting."""
    latin, han, sides = 0.0, 0.0, 0
    for text in (text for side in SIDES for text in frame[side]):
        if any(map(str.isalpha, text)):
            sides += 1
            latin += 1 if text.isascii() else 1 - foreign_share(text, "latin")
            han += 0 if text.isascii() else 1 - foreign_share(text, "han")
    if not sides:
        return {}
    return {"Latin": latin / sides, "Han": han / sides, "other": max(0.0, 1 - (latin + han) / sides)}


def _repeated(frame: "pd.DataFrame") -> dict[str, float]:
    keys = {"prompt": ["prompt"], "text": ["text"], "prompt and text": ["prompt", "text"]}
    return {name: float(frame.duplicated(key).mean()) if len(frame) else 0.0 for name, key in keys.items()}
