"""An index of questions with the score from which its answers are given: built, kept in a folder, and asked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.applications.support.index import RANKERS, Found, Index, different
from promptgan.applications.support.questions import asked, likeness, read
from promptgan.core.errors import PromptganError, shown
from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.folders import whole
from promptgan.quality.normalise import normalise
from promptgan.tasks.text.measures import minilm
from promptgan.tasks.text.samples import samples
from promptgan.terms.words import words

TASK = "support"
INDEX, PAIRS, VECTORS = "index.json", "pairs.parquet", "vectors.safetensors"
FEWEST = 10
"""Validation questions that a threshold is to let through: of fewer, a precision says nothing."""

TEMPERATURE, TOP_P = 0.7, 0.9
"""Those of `promptgan generate`."""


class NoIndex(PromptganError):
    """A folder holds no index of questions, or something that is not to be replaced by one."""

    def __init__(self, folder: Path, error: Exception) -> None:
        remedy = "build it with `promptgan support build`, or name another folder"
        super().__init__(f"{folder} holds no index of questions: {error}", remedy)


class NoQuestion(PromptganError):
    """What is asked has no word."""


class Choice(NamedTuple):
    """What validation says of a ranker."""

    ranker: str
    threshold: float | None
    """The lowest score from which answers are as precise as is asked for; None where no score is."""
    answered: int
    """Questions with such a score."""
    right: int
    """Of these, with an answer like a reference."""
    questions: int
    relevance: float
    """Mean likeness of the nearest pairs' answers, whatever their score."""


class Support:
    """Questions of a training split, and when to give their answers.

    Args:
        index: the questions.
        facts: the content of index.json.
    """

    def __init__(self, index: Index, facts: dict[str, Any]) -> None:
        self.index, self.facts = index, facts

    def readable(self, questions: Sequence[str]) -> None:
        """Refuse what cannot be looked up.

        Raises:
            NoQuestion: one has no word.
        """
        for question in questions:
            if not words(question):
                raise NoQuestion(f"{shown(question)} asks nothing", "give a question with at least one word")

    def nearest(self, questions: list[str]) -> list[Found]:
        """The pair nearest to each question, whatever its score.

        Raises:
            NoQuestion: one has no word.
        """
        self.readable(questions)
        ranker = self.facts["ranker"]
        return self.index.nearest((ranker,), [normalise(question) for question in questions])[ranker]

    def sure(self, found: Found) -> bool:
        """Whether its answer is given."""
        threshold: float | None = self.facts["threshold"]
        return threshold is not None and found.score >= threshold


def build(data: Path, out: Path, precision: float, like: float) -> list[Choice]:
    """Index the training questions, choose ranker and threshold on validation questions, write the folder as a whole.

    The ranker is the one that answers most of them at the precision that is asked for; of equal ones, and where none
    does, the one whose answers are most like the references. The test split is not read.

    Args:
        data: folder of validated splits.
        out: the folder.
        precision: of the answers that are given, the share that is to be like a reference.
        like: the likeness from which an answer is.

    Returns:
        What validation says of every ranker, the chosen one first.

    Raises:
        NoPairs, NoEmbedder, ToolMissing: there is nothing to index, or nothing to index it with.
        NoIndex: ``out`` is there and holds none.
    """
    from safetensors.numpy import save

    if out.exists() and any(out.iterdir()):
        _facts(out)  # nothing else is replaced
    model = minilm.load()
    pairs = different(read(data, "train"))[["id", "prompt", "text"]]
    index = Index(pairs, model.embed(pairs["prompt"].tolist()), model)
    held_out = asked(read(data, "val"))
    choices = []
    for ranker, found in index.nearest(RANKERS, [each.question for each in held_out]).items():
        alike = likeness([each.answer for each in found], held_out, model)
        scores, right = np.array([each.score for each in found]), alike >= like
        chosen = threshold(scores, right, precision)
        given = np.zeros(len(scores), bool) if chosen is None else scores >= chosen
        answered, true = int(given.sum()), int((given & right).sum())
        choices.append(Choice(ranker, chosen, answered, true, len(held_out), round(float(alike.mean()), 6)))
    choices.sort(key=lambda each: (-each.answered, -each.relevance))
    best = choices[0]
    facts: dict[str, Any] = {"kind": "model", "task": TASK, "ranker": best.ranker, "threshold": best.threshold}
    facts |= {"precision": precision, "like": like, "questions": len(pairs), "embedding": minilm.SIGNATURE}
    facts["validation"] = {"questions": best.questions, "answered": best.answered, "right": best.right}
    facts["data"] = {split: sha256(data / f"{split}.parquet") for split in ("train", "val")}
    with whole(out) as folder:
        pairs.to_parquet(folder / PAIRS, index=False)
        (folder / VECTORS).write_bytes(save({"prompts": index.vectors}))
        write_json(folder / INDEX, {**facts, "pairs": sha256(folder / PAIRS), "vectors": sha256(folder / VECTORS)})
    return choices


def load(folder: Path) -> Support:
    """What `build` has written.

    Raises:
        NoIndex: a file is missing, changed, or of another encoder.
        NoEmbedder, ToolMissing: a library is missing.
    """
    import pandas as pd
    from safetensors.numpy import load_file

    facts = _facts(folder)
    try:
        if facts["embedding"] != minilm.SIGNATURE:
            raise ValueError("it is of another encoder")
        if [sha256(folder / name) for name in (PAIRS, VECTORS)] != [facts["pairs"], facts["vectors"]]:
            raise ValueError("a file is not the one that was written")
        pairs, vectors = pd.read_parquet(folder / PAIRS), load_file(folder / VECTORS)["prompts"]
    except (OSError, ValueError, KeyError) as error:
        raise NoIndex(folder, error) from error
    return Support(Index(pairs, vectors, minilm.load()), facts)


def _facts(folder: Path) -> dict[str, Any]:
    """The content of index.json."""
    try:
        facts: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if facts["task"] != TASK:
            raise ValueError(f"its task is {facts['task']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoIndex(folder, error) from error
    return facts


def drawn(model: Path, questions: list[str], seed: int) -> list[str]:
    """The answers of the generator of a model folder.

    Raises:
        NotAModelFolder, NoTokenizer, UnusablePrompt: see `promptgan.tasks.text.samples.samples`.
    """
    asked_for = [normalise(question) for question in questions]
    return samples.answer(samples.load(model), asked_for, seed=seed, temperature=TEMPERATURE, top_p=TOP_P)


def threshold(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], precision: float, fewest: int = FEWEST
) -> float | None:
    """The lowest score from which the share of right answers is at least ``precision``; None where there is none.

    Args:
        scores, right: of each question, (questions,).
        precision: of the answers from that score on.
        fewest: answers that there must be.
    """
    for score in np.unique(scores):
        given = scores >= score
        if given.sum() < fewest:
            break
        if right[given].mean() >= precision:
            return float(score)
    return None
