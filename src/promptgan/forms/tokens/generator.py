"""What every text generator is: the batch it reads, and the interface that training and decoding call."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.vocabulary import PAD


@dataclass(frozen=True)
class Batch:
    """N pairs as padded ids.

    ``prompt`` is (N, P); ``text`` is (N, T) and ends in EOS. Both are padded with PAD on the right; ``prompt_lengths``
    and ``text_lengths`` are (N,), EOS counted.
    """

    prompt: Tensor
    prompt_lengths: Tensor
    text: Tensor
    text_lengths: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.prompt)


class TextGenerator(nn.Module):
    """Answers a prompt token by token.

    `forward` and `step` return features of the size of an embedding; the logits of the next token are their products
    with the table of embeddings. The two are apart so that a loss projects onto the vocabulary only where it must.

    Args:
        vocabulary: V, the number of tokens.
        size: E, of an embedding.
        scale: standard deviation of the fresh embeddings.
    """

    def __init__(self, vocabulary: int, size: int, scale: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=scale)
        with torch.no_grad():
            self.embedding.weight[PAD].zero_()
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> Any:
        """Read prompts (N, P) of ``prompt_lengths`` (N,); returns the state before the first token.

        A state has ``select(rows)``, which keeps the sequences ``rows``.
        """
        raise NotImplementedError

    def step(self, embedded: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read one embedded token of each sequence, (N, 1, E); returns features (N, 1, E) and the state after it."""
        raise NotImplementedError

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, E) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities (..., V) of the next token from features (..., E)."""
        return nn.functional.linear(features, self.embedding.weight, self.bias)
