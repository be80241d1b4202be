"""A recurrent generator whose answers begin with a latent vector, and the encoder of prompt and text that finds it.

Bowman et al., 2016, arXiv:1511.06349, with the prompt as a condition: Zhao, Zhao and Eskenazi, 2017, arXiv:1703.10960.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_bias, fresh_embedding, is_real
from promptgan.forms.tokens.latent import LatentGenerator, Normal, TextEncoder
from promptgan.networks.tokens.latent.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences."""

    hidden: Tensor
    """The cell's, (1, N, width)."""
    theme: Tensor
    """The prompt's last state and the latent vector, which are read beside every token, (N, width + Z)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(self.hidden[:, rows], self.theme[rows])


class Generator(LatentGenerator):
    """Prompt and latent vector start the text, and are read again at every token, lest they are forgotten.

    There is no attention: the latent vector is the only thing beside the prompt's last state that tells answers apart.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(example, embedding, fresh_bias(example.vocabulary), p.latent)
        self.dropout, self.word_dropout = p.dropout, p.word_dropout
        self.reader = nn.GRU(p.embedding, p.width, batch_first=True)
        self.first = nn.Linear(p.width + p.latent, p.width)
        self.decoder = nn.GRU(p.embedding + p.width + p.latent, p.width, batch_first=True)
        self.mix = nn.Linear(2 * p.width + p.latent, p.embedding)

    def start(self, prompt: Tensor, prompt_lengths: Tensor, z: Tensor | None = None) -> State:
        """See `LatentGenerator.start`."""
        states, _ = self.reader(self._drop(self.embedding(prompt)))
        z = self.prior(len(prompt)) if z is None else z
        return self._begun(last(states, prompt_lengths), z)

    def given(self, state: State, z: Tensor) -> State:
        """See `LatentGenerator.given`."""
        return self._begun(state.theme[:, : -self.latent], z)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor, z: Tensor | None = None) -> Tensor:
        """See `LatentGenerator.forward`."""
        embedded = hidden_words(self.embedding(inputs), self.word_dropout, self.training)
        features, _ = self.step(embedded, self.start(prompt, prompt_lengths, z))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, embedding); return features of the same shape and the state after them."""
        theme = state.theme[:, None].expand(-1, embedded.shape[1], -1)
        outputs, hidden = self.decoder(torch.cat([self._drop(embedded), theme], -1), state.hidden)
        features = torch.tanh(self.mix(torch.cat([self._drop(outputs), theme], -1)))
        return self._drop(features), State(hidden, state.theme)

    def _begun(self, summary: Tensor, z: Tensor) -> State:
        theme = torch.cat([summary, z.to(summary.dtype)], -1)
        return State(torch.tanh(self.first(theme))[None], theme)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class Encoder(TextEncoder):
    """Reads the prompt and then the text; the largest of each state while the text is read tells the distribution.

    The last state alone forgets the text's beginning, and the latent vector is then ignored (Long et al., 2019,
    arXiv:1911.03976).
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        super().__init__(p.latent)
        self.dropout, self.word_dropout = p.dropout, p.word_dropout
        self.embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        self.prompt = nn.GRU(p.embedding, p.width, batch_first=True)
        self.text = nn.GRU(p.embedding, p.width, batch_first=True)
        self.normal = nn.Linear(p.width, 2 * p.latent)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, text: Tensor, text_lengths: Tensor) -> Normal:
        """See `TextEncoder.forward`."""
        asked, _ = self.prompt(self._drop(self.embedding(prompt)))
        embedded = hidden_words(self.embedding(text), self.word_dropout, self.training)
        states, _ = self.text(self._drop(embedded), last(asked, prompt_lengths)[None])
        padding = ~is_real(text_lengths, text.shape[1])[:, :, None]
        mean, log_variance = self.normal(states.masked_fill(padding, -torch.inf).amax(1)).chunk(2, 1)
        return Normal(mean, log_variance)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


def last(states: Tensor, lengths: Tensor) -> Tensor:
    """The state (N, width) at the last real position of states (N, T, width), the first where there is none."""
    rows = torch.arange(len(states), device=states.device)
    picked: Tensor = states[rows, lengths.clamp_min(1) - 1]
    return picked


def hidden_words(embedded: Tensor, share: float, training: bool) -> Tensor:
    """Embedded tokens (N, T, E), while training a share of them zero (Bowman et al., section 3.2)."""
    if not training or not share:
        return embedded
    return embedded * (torch.rand(embedded.shape[:2], device=embedded.device) >= share)[:, :, None]
