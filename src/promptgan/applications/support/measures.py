"""How good answers are on the test split: with retrieval and generator together, with either alone, and by chance."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from promptgan.applications.bm25 import K1, B
from promptgan.applications.measured import Measured, measured
from promptgan.applications.support import support
from promptgan.applications.support.index import FUSION, RANKERS
from promptgan.applications.support.questions import Asked, asked, likeness, read
from promptgan.core.record import sha256
from promptgan.networks.folder import INDEX
from promptgan.tasks.classification.measures import bootstrap
from promptgan.tasks.text.measures import minilm
from promptgan.tasks.text.measures.rouge import rouge
from promptgan.terms import words

Floats = npt.NDArray[np.float64]

TOGETHER, GENERATOR, RANDOM = "support", "generator", "random answer"


def measure(folder: Path, model: Path, data: Path, seed: int) -> Measured:
    """Answer every question of the test split in every way.

    Args:
        folder: an index, which `support.build` writes; its threshold is taken as it is.
        model: a model folder of texts.
        data: folder of validated splits.
        seed: of the generator's answers, of the random ones, and of the intervals.

    Raises:
        NoIndex, NoPairs, NotAModelFolder: one of these is none.
        UnusablePrompt: the model answers no prompts.
    """
    known = support.load(folder)
    questions = asked(read(data, "test"))
    texts = [each.question for each in questions]
    found = known.index.nearest(RANKERS, texts)
    sure = np.array([known.sure(each) for each in found[known.facts["ranker"]]])
    written = support.drawn(model, texts, seed)
    drawn = np.random.default_rng(seed).integers(len(known.index.pairs), size=len(texts))
    retrieved = {ranker: [each.answer for each in pairs] for ranker, pairs in found.items()}
    best, all_sure = retrieved[known.facts["ranker"]], np.ones(len(texts), bool)
    together = [pair if given else own for pair, given, own in zip(best, sure, written, strict=True)]
    answered: dict[str, tuple[list[str], npt.NDArray[np.bool_] | None]] = {
        TOGETHER: (together, sure),
        **{f"{ranker} alone": (answers, all_sure) for ranker, answers in retrieved.items()},
        f"{GENERATOR} alone": (written, None),
        RANDOM: (known.index.pairs["text"].iloc[drawn].tolist(), None),
    }
    groups = np.unique([each.group for each in questions], return_inverse=True)[1]
    columns = {name: _columns(answers, given, questions, known) for name, (answers, given) in answered.items()}
    count = int(groups.max()) + 1
    facts = known.facts
    right = int((columns[TOGETHER]["answered"] - columns[TOGETHER]["confidently_wrong"]).sum())
    signature = [
        f"index: {facts['questions']} different training questions; train {facts['data']['train'][:16]}, val"
        f" {facts['data']['val'][:16]}; ranker {facts['ranker']}; threshold {facts['threshold']}, chosen on"
        f" {facts['validation']['questions']} validation questions for a precision of {facts['precision']:g}",
        f"test: {len(texts)} different questions in {count} groups, of {data / 'test.parquet'}"
        f" {sha256(data / 'test.parquet')[:16]}; generator: {model}, index.json {sha256(model / INDEX)[:16]},"
        f" temperature {support.TEMPERATURE}, top_p {support.TOP_P}, seed {seed}",
        f"answered: share of the questions to which a training answer was given; here {int(sure.sum())}, {right} of"
        " them like a reference",
        "relevance: cosine of the answer with the nearest of the test answers to the same question;"
        f" {minilm.SIGNATURE}",
        f"rouge_l: F1 with that test answer to the same question which gives the most; {words.SIGNATURE}",
        f"like: share of answers with a relevance of {facts['like']:g} or more",
        "confidently_wrong: share of all questions to which a training answer was given, as one that is known, that is"
        " not like any test answer; of systems that say of no answer that it is known there is none",
        f"bm25: Lucene's, k1 {K1}, b {B}; both: reciprocal rank fusion, {FUSION}",
        f"intervals: {bootstrap.LEVEL:.0%} percentiles of {bootstrap.RESAMPLES} bootstrap samples of the groups, seed"
        f" {seed}; not over training seeds",
    ]
    others = sorted({f"{facts['ranker']} alone", f"{GENERATOR} alone"})
    return measured(columns, groups, ("relevance", TOGETHER), others, seed, signature)


def _columns(
    answers: list[str], given: npt.NDArray[np.bool_] | None, questions: list[Asked], known: support.Support
) -> dict[str, Floats]:
    """What each answer scores, (questions,) each."""
    relevance = likeness(answers, questions, known.index.model)
    like = relevance >= known.facts["like"]
    found = {"relevance": relevance, "rouge_l": _overlap(answers, questions), "like": like.astype(np.float64)}
    if given is None:
        return found
    return {"answered": given.astype(np.float64), **found, "confidently_wrong": (given & ~like).astype(np.float64)}


def _overlap(answers: list[str], questions: list[Asked]) -> Floats:
    """ROUGE-L of each answer with the reference that gives the most, (questions,)."""
    pairs = [(answer, text) for answer, each in zip(answers, questions, strict=True) for text in each.references]
    sides = ([words.segments(text.casefold()) for text in side] for side in zip(*pairs, strict=True))
    starts = np.cumsum([0, *(len(each.references) for each in questions[:-1])])
    best: Floats = np.maximum.reduceat(rouge(*sides)[2], starts)
    return best
