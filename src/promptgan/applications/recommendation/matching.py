"""The matcher of histories and items: the dual encoder that judges answers, fitted as it is, on what users liked."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from promptgan.applications.recommendation.interactions import Indices, Interactions, Questions, padded
from promptgan.applications.recommendation.ranking import Floats, ranked
from promptgan.core.compute import Compute, prepare
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.judges.dual_encoder import ABSENT, DualEncoder
from promptgan.tasks.text.judges.judges import Matching, inverse_document_frequency
from promptgan.tasks.text.judges.parameters import Parameters
from promptgan.terms.words import words
from promptgan.training.loop import fitting
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Row
from promptgan.training.loop.run import Outcome

SETTINGS = Parameters(embedding=128, dropout=0.2, word_dropout=0.2, batch=256, learning_rate=0.01, epochs=8, patience=4)
HISTORY = 10
"""The latest items whose texts are what the matcher knows of a user."""
VOCABULARY, WORDS = 5000, 64
"""The commonest words that are told apart, and how many of a text are read."""


class Texts:
    """Texts of items as the matcher reads them.

    Args:
        texts: of the items.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = Counter(word for text in texts for word in words(text))
        common = sorted(counts, key=lambda word: (-counts[word], word))[:VOCABULARY]
        self.numbers = {word: number for number, word in enumerate(common)}
        read = dual_encoder.padded([self.read(text) for text in texts])
        self.items = torch.cat([read, torch.full_like(read[:1], ABSENT)])
        """Word ids of each item, (items + 1, longest); the last row, which is no item, has none."""

    def read(self, text: str) -> list[int]:
        """The ids of the words of a text that are known."""
        return [self.numbers[word] for word in words(text) if word in self.numbers][:WORDS]

    def together(self, items: Tensor) -> Tensor:
        """The words of N histories of H items, of which -1 is none, the largest id first: (N, most of a history)."""
        ids = self.items[items].flatten(1).sort(1, descending=True).values  # `ABSENT` last, to be cut off
        return ids[:, : max(1, int((ids != ABSENT).sum(1).max()))]


class ItemEncoder(DualEncoder):
    """A dual encoder that is given items and reads their texts: histories (N, H) as prompts, (N, 1) as texts.

    Args:
        texts: of the items.
        settings: sizes and dropout.
    """

    def __init__(self, texts: Texts, settings: Parameters = SETTINGS) -> None:
        super().__init__(len(texts.numbers), settings.embedding, settings.dropout, settings.word_dropout)
        self.texts = texts

    def forward(self, tokens: Tensor, side: str) -> Tensor:
        """Vectors of items, -1 of which is none; see `DualEncoder.forward`."""
        return self.encode(self.texts.together(tokens), side)

    def encode(self, words: Tensor, side: str) -> Tensor:
        """Vectors of word ids, see `DualEncoder.forward`."""
        return super().forward(words, side)

    @torch.no_grad()
    def vectors(self) -> Tensor:
        """Of every item as a text, (items, vocabulary + embedding)."""
        found: Tensor = self(torch.arange(len(self.texts.items) - 1)[:, None], "text")
        return found

    @torch.no_grad()
    def scores(self, histories: Sequence[Indices], vectors: Tensor) -> Floats:
        """The score of every item, of these vectors, for each history, (histories, items)."""
        found: Floats = (self(torch.from_numpy(padded(histories, HISTORY)), "prompt") @ vectors.T).numpy()
        return found


class Recommending(Matching):
    """Fits the matcher to tell the item that somebody liked next from those that others did.

    Where judges stop by a sample of a hundred texts, this stops by the rank among all items.

    Args:
        matcher: fitted in place.
        histories, items: of all pairs, (N, H) and (N, 1).
        held_out: what is validated by.
        settings, seed: see `Matching`.
    """

    score = "ndcg"
    remedy = "give more interactions"

    def __init__(
        self,
        matcher: ItemEncoder,
        histories: Tensor,
        items: Tensor,
        held_out: Questions,
        settings: Parameters,
        seed: int,
    ) -> None:
        everything = np.arange(len(histories))
        super().__init__(matcher, histories, items, everything, everything[:0], settings, seed)
        self.encoder, self.held_out = matcher, held_out

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """Hit rate and nDCG on the held-out items."""
        vectors = self.encoder.vectors()
        found = ranked(lambda histories: self.encoder.scores(histories, vectors), self.held_out)
        return {name: float(values.mean()) for name, values in found.items()}


def fit(
    interactions: Interactions, seed: int, settings: Parameters, checkpoint: Checkpoint
) -> tuple[ItemEncoder, Outcome]:
    """Fit the matcher on what users liked after what, on one CPU thread: the same interactions give the same bytes.

    Raises:
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    prepare(Compute(device="cpu", threads=1, precision="float32"), seed)
    known, texts = interactions.known("val"), Texts(interactions.texts)
    histories = padded([each[:end] for each in known for end in range(1, len(each))], HISTORY)
    items = np.concatenate([each[1:] for each in known])[:, None]
    matcher = ItemEncoder(texts, settings)
    matcher.begin_with(inverse_document_frequency([texts.items[:-1]], len(texts.numbers)))
    pairs = torch.from_numpy(histories), torch.from_numpy(items)
    method = Recommending(matcher, *pairs, interactions.held_out("val"), settings, seed)
    outcome = fitting.fit(method, settings.epochs, settings.patience, checkpoint)
    return matcher.eval(), outcome
