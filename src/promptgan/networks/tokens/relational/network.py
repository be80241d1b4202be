"""A generator whose memory has slots that attend to one another and to what is read (the generator of RelGAN)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, relu

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, fresh_bias, fresh_embedding
from promptgan.networks.tokens.relational.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences."""

    memory: Tensor
    """(N, slots, width)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(self.memory[rows])


class Core(nn.Module):
    """A relational memory (Santoro et al., 2018, arXiv:1806.01822, sections 3.2 to 3.4), with a gate for every unit.

    Args:
        parameters: the `generator` section.
    """

    def __init__(self, parameters: Parameters) -> None:
        super().__init__()
        width = parameters.width
        self.slots, self.heads = parameters.slots, parameters.heads
        self.read = nn.Linear(parameters.embedding, width)
        self.query = nn.Linear(width, width)
        self.found = nn.Linear(width, 2 * width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, width), nn.Linear(width, width)
        self.input_gates = nn.Linear(width, 2 * width)
        self.memory_gates = nn.Linear(width, 2 * width, bias=False)

    def start(self, embedded: Tensor) -> Tensor:
        """The memory (N, slots, width) before anything is read: slots that differ."""
        fresh = torch.eye(self.slots, self.query.in_features, dtype=embedded.dtype, device=embedded.device)
        return fresh.expand(len(embedded), -1, -1)

    def forward(self, embedded: Tensor, memory: Tensor) -> list[Tensor]:
        """The memories (N, slots, width) after each of T embedded tokens (N, T, embedding)."""
        read = self.read(embedded)
        gates = self.input_gates(read)
        memories = []
        for t in range(embedded.shape[1]):
            memory = self._after(memory, read[:, t, None], gates[:, t, None])
            memories.append(memory)
        return memories

    def _after(self, memory: Tensor, read: Tensor, gates: Tensor) -> Tensor:
        candidate = self.norm1(memory + self._attended(memory, torch.cat([memory, read], 1)))
        candidate = self.norm2(candidate + self.narrow(relu(self.widen(candidate))))
        enter, keep = (gates + self.memory_gates(memory.tanh())).chunk(2, -1)
        after: Tensor = enter.sigmoid() * candidate.tanh() + (keep + 1).sigmoid() * memory  # remembers from the start
        return after

    def _attended(self, memory: Tensor, seen: Tensor) -> Tensor:
        n, slots, width = memory.shape
        split = (n, -1, self.heads, width // self.heads)
        query = self.query(memory).view(split).transpose(1, 2)
        keys, values = (x.view(split).transpose(1, 2) for x in self.found(seen).chunk(2, -1))
        scores = (query @ keys.transpose(2, 3)).float() * query.shape[-1] ** -0.5
        found: Tensor = scores.softmax(-1).to(values.dtype) @ values
        return found.transpose(1, 2).reshape(n, slots, width)


class Generator(TextGenerator):
    """One memory reads the prompt and then the text; what it holds after a token foretells the next."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(example, embedding, fresh_bias(example.vocabulary))
        self.dropout = p.dropout
        self.core = Core(p)
        self.mix = nn.Linear(p.slots * p.width, p.embedding)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Read prompts (N, P) of ``prompt_lengths`` (N,) into the memory before the first token."""
        embedded = self._drop(self.embedding(prompt))
        memories = torch.stack(self.core(embedded, self.core.start(embedded)), 1)
        return State(memories[torch.arange(len(prompt), device=prompt.device), prompt_lengths.clamp_min(1) - 1])

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, embedding) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, embedding); return features of the same shape and the state after them."""
        memories = self.core(self._drop(embedded), state.memory)
        held = torch.stack(memories, 1).flatten(2)
        return self._drop(torch.tanh(self.mix(self._drop(held)))), State(memories[-1])

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)
