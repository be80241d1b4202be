"""Measuring anybody's texts against references, without a model, beside real texts measured in the same way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from promptgan.core.errors import PromptganError
from promptgan.tasks.text.measures import diversity, language_model
from promptgan.tasks.text.measures.bleu import bleu, self_bleu
from promptgan.tasks.text.score.ms_jaccard import MSJaccard
from promptgan.terms import words

ORDERS = (2, 3, 4, 5)
FEWEST = 2
"""Samples, and references beside those that stand for real text."""

Texts = list[list[str]]


class TextsUnusable(PromptganError):
    """A file of texts is missing, is not UTF-8, or holds too few."""


class Measured(NamedTuple):
    """What `measure` finds."""

    samples: dict[str, float]
    real: dict[str, float]
    """Of as many references as there are samples, held out: the line that a perfect generator would reach."""
    signature: list[str]
    """What one needs to know to compute the same numbers."""


def measure(samples: Path, references: Path, training: Path | None, tokenised: bool, order: int, seed: int) -> Measured:
    """Measure a file of samples.

    Args:
        samples: UTF-8, one text a line; empty lines are left out.
        references: real texts, likewise.
        training: what a generator learnt from, for copies; without it there are none of these measures.
        tokenised: words are what stands between spaces; else those of every other measure of texts here.
        order: longest n-gram of the language models.
        seed: of the choice of references that stand for real text.

    Raises:
        TextsUnusable: a file is missing, is not UTF-8, or holds too few texts.
    """
    split: Callable[[str], list[str]] = str.split if tokenised else words.segments
    drawn, known = read(samples), read(references)
    count = min(len(drawn), len(known) // 2)
    if count < FEWEST:
        raise TextsUnusable(
            f"{samples} has {len(drawn)} text(s) and {references} has {len(known)}",
            f"give at least {FEWEST} samples and {2 * FEWEST} references, one a line",
        )
    chosen = set(np.random.default_rng(seed).permutation(len(known))[:count].tolist())
    real = [text for place, text in enumerate(known) if place in chosen]
    rest = [split(text) for place, text in enumerate(known) if place not in chosen]
    learnt = [split(text) for text in read(training)] if training else None
    yardstick = _Yardstick(rest, learnt, order)
    ours, theirs = (yardstick(texts, [split(text) for text in texts]) for texts in (drawn, real))
    signature = [
        "words: what stands between spaces" if tokenised else words.SIGNATURE,
        f"samples: {len(drawn)}; references: {len(rest)} of {len(known)}; real: the other {count}, seed {seed}",
        "bleu: nltk method1, all references; self_bleu: references the other texts of the set",
        "ms_jaccard: orders 1 to 4",
        f"lm, reverse_lm: {language_model.signature(order)}; lm fitted on the references and read on the set,"
        f" reverse_lm the other way round; vocabulary of both: the {yardstick.language_models.words} words of the"
        " references, every other word is the same <unk>",
        *([f"copied, longest_copied: against {len(learnt)} training texts, in words"] if learnt is not None else []),
    ]
    return Measured(ours, theirs, signature)


def read(path: Path) -> list[str]:
    """The texts of a file: its lines, at line feeds alone, without those that are empty.

    Raises:
        TextsUnusable: it is missing or is not UTF-8.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise TextsUnusable(f"{path}: {error.strerror}", "name a text file, one text a line") from error
    except UnicodeDecodeError as error:
        raise TextsUnusable(f"{path} is not UTF-8: {error.reason} at byte {error.start}", "save it as UTF-8") from error
    return [text for line in lines if (text := line.strip())]


class _Yardstick:
    def __init__(self, references: Texts, training: Texts | None, order: int) -> None:
        self.references, self.training = references, training
        self.language_models = language_model.WordModels(references, order)
        self.ms_jaccard = MSJaccard(references, 4)
        self.lengths = [len(text) for text in references]

    def __call__(self, texts: list[str], split: Texts) -> dict[str, float]:
        found: dict[str, Any] = {
            "ms_jaccard": self.ms_jaccard(split),
            **{f"bleu_{n}": x.mean() for n, x in zip(ORDERS, bleu(split, self.references, ORDERS), strict=True)},
            **{f"self_bleu_{n}": x.mean() for n, x in zip(ORDERS, self_bleu(split, ORDERS), strict=True)},
            "distinct_1": diversity.distinct(split, 1),
            "distinct_2": diversity.distinct(split, 2),
            "duplicates": diversity.duplicate_share(texts),
            "words": np.mean([len(text) for text in split]),
            "length_distance": diversity.wasserstein([len(text) for text in split], self.lengths),
            "lm": self.language_models.nats(split).sum() / sum(len(text) + 1 for text in split),
            "reverse_lm": self.language_models.cross_entropy(self.references, split),
        }
        if self.training is not None:
            found["copied"] = diversity.copied(split, self.training).mean()
            found["longest_copied"] = diversity.longest_copied(split, self.training).mean()
        return {name: round(float(value), 4) for name, value in found.items()}
