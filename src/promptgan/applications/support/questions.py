"""Questions that are asked to choose a threshold or to measure, and whether an answer is like one of theirs."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.applications.bm25 import key
from promptgan.core.errors import PromptganError
from promptgan.tasks.text.measures.minilm import MiniLM

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


class NoPairs(PromptganError):
    """A split has no questions with answers."""


class Asked(NamedTuple):
    """A question of a held-out split."""

    question: str
    references: tuple[str, ...]
    """All answers that the split has to it."""
    group: str
    """Of its first record: what is resampled together."""


def read(data: Path, split: str) -> "pd.DataFrame":
    """The pairs of a split: id, group, prompt and text.

    Raises:
        NoPairs: it is not there, is empty, or its texts answer no prompt.
    """
    import pandas as pd

    path = data / f"{split}.parquet"
    remedy = "run `make validate` with a recipe of texts that answer prompts, such as support-gumbel"
    try:
        pairs = pd.read_parquet(path, columns=["id", "group", "prompt", "text"])
    except (FileNotFoundError, ValueError) as error:  # pyarrow's own errors are of the second kind
        raise NoPairs(f"{path} holds no questions with answers: {error}", remedy) from error
    if pairs.empty or not pairs["prompt"].str.strip().all():
        raise NoPairs(f"{path} holds no questions with answers: texts that answer no prompt, or none", remedy)
    return pairs


def asked(pairs: "pd.DataFrame") -> list[Asked]:
    """Every different question once, with all its answers, in the order of the pairs."""
    groups = pairs.groupby(pairs["prompt"].map(key), sort=False)
    return [
        Asked(part["prompt"].iloc[0], tuple(dict.fromkeys(part["text"])), part["group"].iloc[0]) for _, part in groups
    ]


def likeness(answers: list[str], questions: list[Asked], model: MiniLM) -> Floats:
    """The cosine of each answer's embedding with that of the nearest reference of its question, (answers,)."""
    owners = np.repeat(np.arange(len(questions)), [len(each.references) for each in questions])
    references = model.embed([text for each in questions for text in each.references])
    cosines = (model.embed(answers)[owners] * references).sum(1)
    nearest = np.full(len(questions), -1.0)
    np.maximum.at(nearest, owners, cosines)
    return nearest
