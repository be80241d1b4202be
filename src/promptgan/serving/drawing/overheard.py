"""Hearing every token while a sampler draws, without drawing in another way than it does."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.sampler import Resampler, Sampler

Hear = Callable[[list[int], list[int]], None]
"""Takes the rows of a batch that go on, and the token that each has just drawn."""


def overheard(sampler: Sampler, hear: Hear) -> Sampler:
    """The same sampler with a listener; of one that chooses among candidates nobody hears which rows are an answer's.

    What it hears is drawn, but for the last token of a text that ends or is cut at the limit.
    """
    if isinstance(sampler, Resampler):
        return sampler
    listened = copy.copy(sampler)
    listened.generator = cast("TextGenerator", _Overheard(sampler.generator, hear))
    return listened


@dataclass(frozen=True)
class _State:
    """A generator's state, and which rows of the batch it is of."""

    inner: Any
    rows: Tensor

    def select(self, rows: Tensor) -> "_State":
        return _State(self.inner.select(rows), self.rows[rows])


class _Overheard:
    """What `sample` calls of a generator, with an ear at each step."""

    def __init__(self, generator: TextGenerator, hear: Hear) -> None:
        self.generator, self.hear = generator, hear
        self.example, self.logits, self.parameters = generator.example, generator.logits, generator.parameters
        self.token = torch.empty(0)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> _State:
        return _State(self.generator.start(prompt, prompt_lengths), torch.arange(len(prompt), device=prompt.device))

    def given(self, state: _State, z: Tensor) -> _State:
        return _State(self.generator.given(state.inner, z), state.rows)

    def embedding(self, token: Tensor) -> Tensor:
        self.token = token
        embedded: Tensor = self.generator.embedding(token)
        return embedded

    def step(self, embedded: Tensor, state: _State) -> tuple[Tensor, _State]:
        token = self.token[:, 0]
        if len(token) and token[0] != self.example.bos:
            self.hear(state.rows.tolist(), token.tolist())
        features, inner = self.generator.step(embedded, state.inner)
        return features, _State(inner, state.rows)
