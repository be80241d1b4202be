"""WEAT on the input embeddings of a model folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer
from torch import nn

from promptgan.applications.probing.weat import Association, weat
from promptgan.applications.probing.word_sets import Query
from promptgan.forms.tokens.tokenizer import load_tokenizer
from promptgan.networks import folder

Floats = npt.NDArray[np.float64]

FEWEST = 4
"""Words of a set that a test needs: with fewer there are less than 70 partitions, and one word decides."""
READERS = ("generator", "encoder")
"""The network whose embeddings are probed: the first of these that a model has."""


class Probed(NamedTuple):
    """What became of a query."""

    query: Query
    found: dict[str, list[str]]
    """The words that were used, by set."""
    lost: dict[str, list[str]]
    """Those that the vocabulary lacks."""
    association: Association | None
    """None where it is refused."""

    @property
    def refused(self) -> str:
        """The sets with too few words, and how many each has; empty where there are none."""
        return ", ".join(f"{name} has {len(words)}" for name, words in self.found.items() if len(words) < FEWEST)


class Embeddings:
    """Vectors of words, from a model folder.

    A word is looked up as it stands within a text. It is in the vocabulary where it is one token there, in its own case
    or, where it is not, in lower case; with ``pieces`` one of several known tokens is the mean of theirs.

    Args:
        model: the folder.
        pieces: whether words of several tokens count.

    Raises:
        NotAModelFolder, NoTokenizer: there is no model of tokens with a generator or an encoder.
    """

    def __init__(self, model: Path, pieces: bool = False) -> None:
        self.index = folder.read_index(model)
        reader = next((name for name in READERS if name in self.index.get("networks", {})), None)
        if reader is None or self.index.get("form") != "tokens":
            raise folder.NotAModelFolder(
                f"the model in {model} has no embeddings of words", "name one that writes or reads texts"
            )
        loaded = folder.load(model, names=[reader])
        embedding = cast("nn.Embedding", loaded.networks[reader].embedding)
        self.table: Floats = embedding.weight.detach().double().numpy()
        self.tokenizer: Tokenizer = load_tokenizer(model)
        self.weights = model / self.index["networks"][reader]["weights"]
        self.unk, self.pieces = self.index["example"]["unk"], pieces

    def __getitem__(self, word: str) -> Floats | None:
        """The vector (E,) of a word, or None where the vocabulary lacks it."""
        for form in (f" {word}", word, f" {word.lower()}", word.lower()):
            ids = self.tokenizer.encode(form, add_special_tokens=False).ids
            if ids and self.unk not in ids and (self.pieces or len(ids) == 1):
                vector: Floats = self.table[ids].mean(0)
                return vector
        return None


def probe(embeddings: Embeddings, sets: Mapping[str, list[str]], queries: Sequence[Query], seed: int) -> list[Probed]:
    """Every query, with what its sets lack; one that has a set of fewer than `FEWEST` words is refused."""
    probed = []
    for query in queries:
        names = (*query.targets, *query.attributes)
        vectors = {name: {word: embeddings[word] for word in sets[name]} for name in names}
        found = {name: {w: v for w, v in words.items() if v is not None} for name, words in vectors.items()}
        lost = {name: [word for word, vector in words.items() if vector is None] for name, words in vectors.items()}
        told = Probed(query, {name: list(words) for name, words in found.items()}, lost, None)
        if not told.refused:
            x, y, a, b = (np.stack(list(words.values())) for words in found.values())
            told = told._replace(association=weat((x, y), (a, b), seed))
        probed.append(told)
    return probed


def described(probed: Sequence[Probed]) -> list[dict[str, Any]]:
    """What was found, as JSON."""
    return [
        {
            "targets": each.query.targets,
            "attributes": each.query.attributes,
            **(each.association._asdict() if each.association else {"refused": each.refused}),
            "words": {name: len(words) for name, words in each.found.items()},
            "lost": each.lost,
        }
        for each in probed
    ]
