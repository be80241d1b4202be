"""An LSTM language model of sequences of one length, which reads no prompt: the generator of SeqGAN.

Yu et al., 2017, arXiv:1609.05473, section 4 and appendix A: embeddings, an LSTM, and a linear map to the logits.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from promptgan.forms.tokens import lstm
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, fresh_bias, fresh_embedding
from promptgan.networks.tokens.unconditional.parameters import Parameters

SCALE = 0.1
"""Standard deviation of fresh weights, as in SeqGAN."""
FULL = 3.0
"""The first feature of a sequence that is full, the others being zero: a state, within (-1, 1), is never there."""
END_WEIGHT, END_BIAS = 100.0, -200.0
"""Of the end's logit on the first feature: above 100 for a full sequence, below -100 for any other."""


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences that have read as many tokens."""

    hidden: Tensor
    """(1, N, width)."""
    cell: Tensor
    """(1, N, width)."""
    read: int
    """Tokens read so far, the start counted."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(self.hidden[:, rows], self.cell[:, rows], self.read)


class Generator(TextGenerator):
    """Every sequence has ``example.max_tokens`` tokens: the end has probability 0 before, and 1 behind the last.

    So the end costs no nats and no capacity. It is a token like others to whoever trains, whose gradient vanishes at
    these weights, so they stay what they are.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        width = parameters.width
        super().__init__(example, fresh_embedding(example.vocabulary, width, SCALE), fresh_bias(example.vocabulary))
        self.cell = nn.LSTM(width, width, batch_first=True)
        self.output = nn.Parameter(torch.empty(example.vocabulary, width))
        for parameter in (*self.cell.parameters(), self.output):
            nn.init.normal_(parameter, std=SCALE)
        with torch.no_grad():
            self.output[example.eos] = 0.0
            self.output[example.eos, 0] = END_WEIGHT
            self.bias[example.eos] = END_BIAS  # type: ignore[index]

    @property
    def table(self) -> Tensor:
        """What features are multiplied with, (V, width)."""
        return self.output

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """The state before the first token of as many sequences as there are prompts (N, P), which are not read."""
        zeros = self.output.new_zeros(1, len(prompt), self.cell.hidden_size)
        return State(zeros, zeros, 0)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, width) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, width); return features of the same shape and the state after them."""
        features, (hidden, cell) = lstm.read(self.cell, embedded, (state.hidden, state.cell))
        positions = torch.arange(state.read, state.read + embedded.shape[1], device=embedded.device)
        full = torch.zeros_like(features[:1, :1])
        full[..., 0] = FULL
        features = torch.where(positions[:, None] < self.example.max_tokens, features, full)
        return features, State(hidden, cell, state.read + embedded.shape[1])
