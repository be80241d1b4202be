"""What every text generator is: the batch it reads, and the interface that training and decoding call."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.vocabulary import PAD


@dataclass(frozen=True)
class Batch:
    """N prompts and the texts that answer them, as padded ids.

    ``prompt`` is (N, P); ``text`` is (N * k, T) and ends in EOS: k texts to each prompt, one after the other, and one
    in training data. Both are padded with PAD on the right; ``prompt_lengths`` is (N,) and ``text_lengths`` (N * k,),
    EOS counted.
    """

    prompt: Tensor
    prompt_lengths: Tensor
    text: Tensor
    text_lengths: Tensor

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        return type(self)(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.prompt)

    @property
    def owners(self) -> Tensor:
        """Which prompt each text answers, (N * k,)."""
        prompts = torch.arange(len(self.prompt), device=self.prompt.device)
        return prompts.repeat_interleave(len(self.text) // max(1, len(self.prompt)))

    def answered(self, text: Tensor, text_lengths: Tensor) -> "Batch":
        """The same prompts with other texts."""
        return Batch(self.prompt, self.prompt_lengths, text, text_lengths)

    def paired(self) -> "Batch":
        """The same texts, each beside a copy of its prompt."""
        owners = self.owners
        return Batch(self.prompt[owners], self.prompt_lengths[owners], self.text, self.text_lengths)


class TextGenerator(nn.Module):
    """Answers a prompt token by token.

    `forward` and `step` return features of the size of an embedding; the logits of the next token are their products
    with a table, of the embeddings themselves unless a network says otherwise. The two are apart so that a loss
    projects onto the vocabulary only where it must.

    Args:
        example: special tokens.
        embedding: V embeddings of size E.
        bias: of the logits, (V,), or none.
    """

    latent = 0
    """Size of the latent vector that an answer begins with; 0 where there is none."""

    def __init__(self, example: Example, embedding: nn.Embedding, bias: nn.Parameter | None = None) -> None:
        super().__init__()
        self.example = example
        self.embedding = embedding
        self.bias = bias

    @property
    def table(self) -> Tensor:
        """What features are multiplied with, (V, E)."""
        return self.embedding.weight

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> Any:
        """Read prompts (N, P) of ``prompt_lengths`` (N,); returns the state before the first token.

        A state has ``select(rows)``, which keeps the sequences ``rows``, each as often as it is named.
        """
        raise NotImplementedError

    def given(self, state: Any, z: Tensor) -> Any:
        """The state before the first token of answers that begin with latent vectors ``z`` (N, latent)."""
        return state

    def step(self, embedded: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read T embedded tokens of each sequence, (N, T, E); returns features (N, T, E) and the state after them."""
        raise NotImplementedError

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, E) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities (..., V) of the next token from features (..., E)."""
        return nn.functional.linear(features, self.table, self.bias)


def fresh_embedding(vocabulary: int, size: int, scale: float) -> nn.Embedding:
    """V normal embeddings of standard deviation ``scale``; that of padding is zero."""
    embedding = nn.Embedding(vocabulary, size, padding_idx=PAD)
    nn.init.normal_(embedding.weight, std=scale)
    with torch.no_grad():
        embedding.weight[PAD].zero_()
    return embedding


def fresh_bias(vocabulary: int) -> nn.Parameter:
    """A bias of zeros."""
    return nn.Parameter(torch.zeros(vocabulary))


def is_real(lengths: Tensor, width: int) -> Tensor:
    """Which of ``width`` positions hold a token of sequences of ``lengths`` (N,): (N, width) booleans."""
    return torch.arange(width, device=lengths.device) < lengths[:, None]
