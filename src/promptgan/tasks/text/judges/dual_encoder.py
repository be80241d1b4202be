"""A dual encoder of prompts and texts: the score of a pair is the product of two vectors."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding_bag, normalize

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.generator import is_real
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.weights import save_weights

INDEX, WEIGHTS = "index.json", "matcher.safetensors"
ABSENT = -1
"""Stands behind the tokens of a row; the ids are all taken, since a pretrained tokenizer may give 0 to a word."""


def padded(rows: list[list[int]]) -> Tensor:
    """Token ids of N rows, `ABSENT` behind those of each, (N, longest) int64."""
    ids, lengths = pad(rows)
    return ids.masked_fill(~is_real(lengths, ids.shape[1]), ABSENT)


class NoMatcher(PromptganError):
    """A folder does not hold the matcher that the stage judges writes."""


class DualEncoder(nn.Module):
    """Scores how well texts answer prompts, from the tokens of both.

    The score is a cosine of weighted token counts, which sees words that both share, plus a cosine of projected bags of
    embeddings, which learns what goes together. Untrained, both are TF-IDF cosines, the second through a random
    projection; so little data has little to learn.

    Args:
        vocabulary: token ids.
        embedding: size of the projected bag.
        dropout: of the bag's entries.
        word_dropout: share of tokens left out in training.
    """

    def __init__(self, vocabulary: int, embedding: int, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout, self.word_dropout = dropout, word_dropout
        self.embedding = nn.Embedding(vocabulary, embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.log_weights = nn.Parameter(torch.zeros(2, vocabulary))
        """Of a token in the counts and in the bag."""
        self.projections = nn.ModuleDict(
            {side: nn.Linear(embedding, embedding, bias=False) for side in ("prompt", "text")}
        )
        for projection in self.projections.values():
            nn.init.eye_(projection.weight)  # type: ignore[arg-type]
        self.log_scales = nn.Parameter(torch.tensor([2.0, 2.5]))
        """Of the two cosines."""

    def begin_with(self, inverse_document_frequency: Tensor) -> None:
        """Set the token weights (vocabulary,) that training starts from."""
        with torch.no_grad():
            self.log_weights.copy_(inverse_document_frequency.log().expand_as(self.log_weights))

    def forward(self, tokens: Tensor, side: str) -> Tensor:
        """Vectors (N, vocabulary + embedding) of ``prompt`` or ``text`` token ids (N, T), see `padded`."""
        present, tokens = (tokens != ABSENT).float(), tokens.clamp_min(0)
        if self.training:
            present = present * (torch.rand_like(present) >= self.word_dropout)
        weights = self.log_weights.exp()
        counted = torch.zeros(len(tokens), weights.shape[1], device=tokens.device)
        counted = counted.scatter_add(1, tokens, present) * weights[0]
        bag = embedding_bag(tokens, self.embedding.weight, mode="sum", per_sample_weights=weights[1][tokens] * present)
        bag = self.projections[side](dropout(bag, self.dropout, self.training))
        scales = (self.log_scales / 2).exp()  # half on either side of the product
        return torch.cat([normalize(counted, dim=-1) * scales[0], normalize(bag, dim=-1) * scales[1]], 1)

    def score(self, prompts: Tensor, texts: Tensor) -> Tensor:
        """The score of every prompt (N, P) with every text (M, T), (N, M)."""
        product: Tensor = self(prompts, "prompt") @ self(texts, "text").T
        return product


def save(folder: Path, matcher: DualEncoder, index: dict[str, Any]) -> None:
    """Write ``index.json`` and the weights; ``index`` is kept beside what loading needs."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, matcher)
    vocabulary, embedding = matcher.embedding.weight.shape
    write_json(
        folder / INDEX, {"kind": "judge", "task": "text", "vocabulary": vocabulary, "embedding": embedding, **index}
    )


def load(folder: Path, device: torch.device | None = None) -> DualEncoder | None:
    """Load the matcher of a folder, in evaluation mode; None where there is none, since texts answer no prompt.

    Raises:
        NoMatcher: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if index["kind"] == "none":
            return None
        matcher = DualEncoder(index["vocabulary"], index["embedding"])
        matcher.load_state_dict(load_file(folder / WEIGHTS))
    except Exception as error:  # safetensors raises its own
        raise NoMatcher(f"{folder} holds no matcher: {error}", "run `dvc repro judges`, or `dvc checkout`") from error
    return matcher.to(device or torch.device("cpu")).eval()
