"""Measuring anybody's texts against references, without a model, beside real texts measured in the same way."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens import word_models
from promptgan.tasks.text.measures import diversity, embedded, minilm, neighbours
from promptgan.tasks.text.measures.bleu import bleu, self_bleu
from promptgan.tasks.text.measures.rouge import NAMES as ROUGE
from promptgan.tasks.text.measures.rouge import rouge
from promptgan.tasks.text.measures.yardstick import ORDERS
from promptgan.tasks.text.score.ms_jaccard import MSJaccard
from promptgan.terms import words

FEWEST = 2
"""Samples, and references beside those that stand for real text."""

Texts = list[list[str]]


class TextsUnusable(PromptganError):
    """A file of texts is missing, is not UTF-8, holds too few, or another number of lines than it should."""


class Measured(NamedTuple):
    """What `measure` finds."""

    samples: dict[str, float]
    real: dict[str, float]
    """Of as many references as there are samples, held out: the line that a perfect generator would reach."""
    signature: list[str]
    """What one needs to know to compute the same numbers."""


def measure(
    samples: Path,
    references: Path,
    training: Path | None,
    tokenised: bool,
    order: int,
    seed: int,
    *,
    prompts: Path | None = None,
    paired: bool = False,
) -> Measured:
    """Measure a file of samples.

    Args:
        samples: UTF-8, one text a line; empty lines are left out, unless the lines belong to prompts or references.
        references: real texts, likewise.
        training: what a generator learnt from, for copies; without it there are none of these measures.
        tokenised: words are what stands between spaces; else those of every other measure of texts here.
        order: longest n-gram of the language models.
        seed: of the choice of references that stand for real text.
        prompts: what the sample of the same line answers, for `relevance_embedding`.
        paired: whether the reference of the same line is the real text for what the sample answers, for ROUGE.

    Raises:
        TextsUnusable: a file is missing, is not UTF-8, holds too few texts, or not a line for each sample.
        NoEmbedder: the package of the encoder is installed, but its files are not the pinned ones.
    """
    split: Callable[[str], list[str]] = str.split if tokenised else words.segments
    drawn, known = read(samples, every_line=paired or bool(prompts)), read(references, every_line=paired)
    asked = read(prompts, every_line=True) if prompts else None
    beside = [
        *([(references, known)] if paired else []),
        *([(prompts, asked)] if prompts and asked is not None else []),
    ]
    for path, lines in beside:
        if len(lines) != len(drawn):
            raise TextsUnusable(
                f"{samples} has {len(drawn)} line(s) and {path} has {len(lines)}", "give a line for each sample"
            )
    count = min(len(drawn), len(known) // 2)
    if count < FEWEST:
        raise TextsUnusable(
            f"{samples} has {len(drawn)} text(s) and {references} has {len(known)}",
            f"give at least {FEWEST} samples and {2 * FEWEST} references, one a line",
        )
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(known)).tolist()
    held, left = sorted(shuffled[:count]), sorted(shuffled[count:])
    real, rest = [known[place] for place in held], [split(known[place]) for place in left]
    learnt = [split(text) for text in read(training)] if training else None
    near = [known[place] for place in shuffled[count : 2 * count]]  # as many: embedding thousands takes minutes
    space = embedded.Space(minilm.load(), near, seed) if minilm.installed() else None
    yardstick = _Yardstick(rest, learnt, order)
    ours, theirs = (yardstick(texts, [split(text) for text in texts]) for texts in (drawn, real))
    if space is not None:
        some = sorted(random.permutation(len(drawn))[:count].tolist())  # distances of embeddings depend on how many
        ours |= _of_embeddings(space, [drawn[n] for n in some], asked and [asked[n] for n in some])
        theirs |= _of_embeddings(space, real, asked and [asked[n] for n in held] if paired else None)
    if paired:
        scores = rouge([split(text) for text in drawn], [split(text) for text in known]).mean(1)
        ours |= _rounded(dict(zip(ROUGE, scores, strict=True)))
    signature = [
        "words: what stands between spaces" if tokenised else words.SIGNATURE,
        f"samples: {len(drawn)}; references: {len(rest)} of {len(known)}; real: the other {count}, seed {seed}",
        "bleu: nltk method1, all references; self_bleu: references the other texts of the set",
        "ms_jaccard: orders 1 to 4",
        f"lm, reverse_lm: {word_models.signature(order)}; lm fitted on the references and read on the set,"
        f" reverse_lm the other way round; vocabulary of both: the {yardstick.language_models.words} words of the"
        " references, every other word is the same <unk>",
        *(["rouge: F1 with the reference of the same line, without stemming; not defined for real text"] * paired),
        *(
            [
                *embedded.signature(len(near), relevance=prompts is not None),
                f"embeddings: of {count} samples, seed {seed}, and of all that are real",
            ]
            if space
            else [f"measures of embeddings: left out, since {minilm.PACKAGE} {minilm.VERSION} is not installed"]
        ),
        *([neighbours.signature(len(learnt))] if learnt is not None else []),
    ]
    return Measured(ours, theirs, signature)


def read(path: Path, *, every_line: bool = False) -> list[str]:
    """The texts of a file: its lines, at line feeds alone, without those that are empty, unless ``every_line`` counts.

    Raises:
        TextsUnusable: it is missing or is not UTF-8.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise TextsUnusable(f"{path}: {error.strerror}", "name a text file, one text a line") from error
    except UnicodeDecodeError as error:
        raise TextsUnusable(f"{path} is not UTF-8: {error.reason} at byte {error.start}", "save it as UTF-8") from error
    texts = [line.strip() for line in lines]
    if every_line:
        return texts[:-1] if texts[-1] == "" else texts
    return [text for text in texts if text]


class _Yardstick:
    def __init__(self, references: Texts, training: Texts | None, order: int) -> None:
        self.references, self.training = references, training
        self.language_models = word_models.WordModels(references, order)
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
            found["nearest_training"] = neighbours.nearest(split, self.training).mean()
        return _rounded(found)


def _of_embeddings(space: embedded.Space, texts: list[str], prompts: list[str] | None) -> dict[str, float]:
    return _rounded(space.numbers(space.see(texts, prompts)))


def _rounded(numbers: Mapping[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in numbers.items()}
