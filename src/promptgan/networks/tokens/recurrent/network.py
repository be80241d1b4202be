"""Recurrent networks with attention over the prompt (Luong, Pham and Manning, 2015, arXiv:1508.04025)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from promptgan.forms.tokens import lstm
from promptgan.forms.tokens.discriminator import PrefixDiscriminator
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
        self.encoder, self.decoder = _cell(p), _cell(p)
        self.query = nn.Linear(p.width, p.width, bias=False)
        self.mix = nn.Linear(2 * p.width, p.embedding)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Encode prompts (N, P) of ``prompt_lengths`` (N,) into the state before the first token."""
        keys, _ = self.encoder(self._drop(self.embedding(prompt)))
        hidden = _begun(self.decoder, keys, prompt_lengths)
        return State(hidden, keys, ~is_real(prompt_lengths, prompt.shape[1]))

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, embedding) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, embedding); return features of the same shape and the state after them."""
        x = self._drop(embedded)
        if isinstance(self.decoder, nn.LSTM):
            outputs, hidden = lstm.read(self.decoder, x, state.hidden)
        else:
            outputs, after = self.decoder(x, state.hidden[0])
            hidden = (after,)
        found = _attended(self.query(outputs), state.keys, state.mask)
        features = torch.tanh(self.mix(self._drop(torch.cat([outputs, found], -1))))
        return self._drop(features), State(hidden, state.keys, state.mask)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class Discriminator(PrefixDiscriminator):
    """The prompt's last state starts the reading of the text; each state is judged with what it finds in the prompt."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        super().__init__(fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5))
        self.dropout = p.dropout
        self.encoder, self.reader = _cell(p), _cell(p)
        self.query = nn.Linear(p.width, p.width, bias=False)
        self.judge = nn.Sequential(nn.Linear(3 * p.width, p.width), nn.GELU(), nn.Linear(p.width, 1))

    def prefixes(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor) -> Tensor:
        """Logits (N, T) of embedded texts (N, T, embedding) as far as each token, under prompts (N, P)."""
        keys, _ = self.encoder(self._drop(self.embedding(prompt)))
        hidden = _begun(self.reader, keys, prompt_lengths)
        with torch.backends.cudnn.flags(enabled=False):  # its recurrent kernels have no second derivative
            states, _ = self.reader(self._drop(embedded), hidden if isinstance(self.reader, nn.LSTM) else hidden[0])
        found = _attended(self.query(states), keys, ~is_real(prompt_lengths, prompt.shape[1]))
        logits: Tensor = self.judge(self._drop(torch.cat([states, found, states * found], -1)))[..., 0]
        return logits

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


def _cell(p: Parameters) -> nn.GRU | nn.LSTM:
    between = p.dropout if p.layers > 1 else 0.0
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}[p.cell]
    cell: nn.GRU | nn.LSTM = kind(p.embedding, p.width, p.layers, batch_first=True, dropout=between)
    return cell


def _begun(cell: nn.GRU | nn.LSTM, read: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
    """What ``cell`` begins with: in every layer the last state of sequences (N, P, width) of ``lengths`` (N,)."""
    last = (lengths.clamp_min(1) - 1).view(-1, 1, 1).expand(-1, 1, read.shape[-1])
    summary = read.gather(1, last).transpose(0, 1).repeat(cell.num_layers, 1, 1)
    return (summary,) if isinstance(cell, nn.GRU) else (summary, torch.zeros_like(summary))


def _attended(queries: Tensor, keys: Tensor, padding: Tensor) -> Tensor:
    """What queries (N, T, width) find in ``keys`` (N, P, width), ``padding`` (N, P) left aside."""
    scores = queries @ keys.transpose(1, 2)
    weights = scores.float().masked_fill(padding[:, None], -1e9).softmax(-1).to(queries.dtype)
    return weights @ keys
