"""A recurrent encoder-decoder with attention over the prompt (Luong, Pham and Manning, 2015, arXiv:1508.04025)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, fresh_bias, fresh_embedding, is_real
from promptgan.networks.tokens.recurrent.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences."""

    hidden: tuple[Tensor, ...]
    """The cell's state, each (layers, N, width)."""
    keys: Tensor
    """The encoded prompt, (N, P, width)."""
    mask: Tensor
    """True where the prompt is padding, (N, P)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(tuple(h[:, rows] for h in self.hidden), self.keys[rows], self.mask[rows])


class Generator(TextGenerator):
    """The prompt's last state starts the text; each token of the text attends to the whole prompt."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(example, embedding, fresh_bias(example.vocabulary))
        self.dropout = p.dropout
        cell = {"gru": nn.GRU, "lstm": nn.LSTM}[p.cell]
        between = p.dropout if p.layers > 1 else 0.0
        self.encoder = cell(p.embedding, p.width, p.layers, batch_first=True, dropout=between)
        self.decoder = cell(p.embedding, p.width, p.layers, batch_first=True, dropout=between)
        self.query = nn.Linear(p.width, p.width, bias=False)
        self.mix = nn.Linear(2 * p.width, p.embedding)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Encode prompts (N, P) of ``prompt_lengths`` (N,) into the state before the first token."""
        keys, _ = self.encoder(self._drop(self.embedding(prompt)))
        last = (prompt_lengths.clamp_min(1) - 1).view(-1, 1, 1).expand(-1, 1, keys.shape[-1])
        summary = keys.gather(1, last).transpose(0, 1).repeat(self.decoder.num_layers, 1, 1)
        hidden = (summary,) if isinstance(self.decoder, nn.GRU) else (summary, torch.zeros_like(summary))
        return State(hidden, keys, ~is_real(prompt_lengths, prompt.shape[1]))

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, embedding) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, embedding); return features of the same shape and the state after them."""
        hidden = state.hidden if isinstance(self.decoder, nn.LSTM) else state.hidden[0]
        outputs, hidden = self.decoder(self._drop(embedded), hidden)
        scores = self.query(outputs) @ state.keys.transpose(1, 2)
        weights = scores.float().masked_fill(state.mask[:, None], -1e9).softmax(-1).to(outputs.dtype)
        features = torch.tanh(self.mix(self._drop(torch.cat([outputs, weights @ state.keys], -1))))
        after = tuple(hidden) if isinstance(self.decoder, nn.LSTM) else (hidden,)
        return self._drop(features), State(after, state.keys, state.mask)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)
