"""What the model of a service learnt from, as far as drift is measured against it."""

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import regex

from promptgan.core.errors import PromptganError
from promptgan.watching.drift import Floats

if TYPE_CHECKING:
    from promptgan.tasks.text.measures.minilm import MiniLM

TRAIN = Path("data/validated/train.parquet")
SIDES = ("prompt", "answer")
SAMPLE = 400
"""Texts of a side that are embedded, drawn at random: kernels of both samples are a square."""
SCRIPTS = (
    *("Latin", "Han", "Hiragana", "Katakana", "Hangul", "Cyrillic"),
    *("Arabic", "Devanagari", "Greek", "Hebrew", "Thai"),
)
_SCRIPT = {name: regex.compile(rf"\p{{{name}}}") for name in SCRIPTS}


class NoReference(PromptganError):
    """The records that a model learnt from are not here, or are no table of texts."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: {why}",
            "drift is measured against the training data: `dvc pull data/validated`, or `make validate`, or name"
            " another table with --reference",
        )


@dataclass(frozen=True)
class Reference:
    """The training data, by the sides that a request and its answer have; of a classifier the answer is the label."""

    texts: dict[str, list[str]]
    """A sample of each side's."""
    lengths: dict[str, list[int]]
    """Of each side, in characters."""
    scripts: dict[str, Counter[str]]
    labels: Counter[str]
    """Empty where the data has none."""


def read(path: Path = TRAIN) -> Reference:
    """Read the training records.

    Args:
        path: the table of the split: prompt and text, text and label, or prompt alone where answers are no texts.

    Raises:
        NoReference: there is none, or it holds no texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise NoReference(path, " ".join(str(error).split())[:200]) from error
    columns = {"prompt": "prompt", "answer": "text"} if "prompt" in table.column_names else {"prompt": "text"}
    columns = {side: name for side, name in columns.items() if name in table.column_names}
    if not columns:
        raise NoReference(path, "it holds no texts and no prompts")
    sides = {side: [text for text in table.column(name).to_pylist() if text] for side, name in columns.items()}
    labels = Counter(table.column("label").to_pylist()) if "label" in table.column_names else Counter[str]()
    return Reference(
        texts={side: sample(texts) for side, texts in sides.items()},
        lengths={side: [len(text) for text in texts] for side, texts in sides.items()},
        scripts={side: scripts(texts) for side, texts in sides.items()},
        labels=labels,
    )


def sample(texts: list[str]) -> list[str]:
    """At most `SAMPLE` of them, in their order, always the same."""
    chosen = np.random.default_rng(1).permutation(len(texts))[:SAMPLE]
    return [texts[place] for place in sorted(chosen)]


def scripts(texts: Iterable[str]) -> Counter[str]:
    """Texts by the script that most of their letters are of; ``other`` where it is none of `SCRIPTS`, or none."""
    return Counter(map(script, texts))


def script(text: str) -> str:
    """The script that most letters of a text are of; the first of `SCRIPTS` of those that have as many."""
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else "other"
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPT.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else "other"


@functools.lru_cache(maxsize=8)
def embedded(texts: tuple[str, ...]) -> Floats:
    """A row for each text, (N, 384), of the encoder that evaluation measures with; those of a reference are kept.

    Raises:
        NoEmbedder: its package is not installed.
    """
    return _encoder().embed(list(texts))


@functools.cache
def _encoder() -> "MiniLM":
    from promptgan.tasks.text.measures import minilm

    return minilm.load()
