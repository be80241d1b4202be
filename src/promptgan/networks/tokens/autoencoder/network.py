"""A recurrent variational autoencoder of texts: what writes a text from a latent vector, and what finds that vector.

Bowman et al., 2016, arXiv:1511.06349. It reads no prompt: the latent vector is the prompt.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_bias, fresh_embedding, is_real
from promptgan.forms.tokens.latent import LatentGenerator, Normal
from promptgan.networks.tokens.autoencoder.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences."""

    hidden: Tensor
    """The cell's, (1, N, width)."""
    z: Tensor
    """Latent vectors, which are read beside every token, (N, Z)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(self.hidden[:, rows], self.z[rows])


class Generator(LatentGenerator):
    """Both halves, which share their embeddings.

    Args:
        parameters: the `generator` section.
        example: special tokens and the vocabulary.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(example, embedding, fresh_bias(example.vocabulary), p.latent)
        self.dropout, self.word_dropout, self.guidance = p.dropout, p.word_dropout, p.guidance
        self.reader = nn.GRU(p.embedding, p.width, batch_first=True, bidirectional=True)
        self.normal = nn.Linear(2 * p.width, 2 * p.latent)
        self.first = nn.Linear(p.latent, p.width)
        self.writer = nn.GRU(p.embedding + p.latent, p.width, batch_first=True)
        self.mix = nn.Linear(p.width + p.latent, p.embedding)

    def posterior(self, text: Tensor, text_lengths: Tensor) -> Normal:
        """Which latent vectors the texts (N, T) of lengths (N,) may have been made from.

        The largest of each state over the text: the last state alone forgets how it began (Long et al., 2019,
        arXiv:1911.03976).
        """
        packed = nn.utils.rnn.pack_padded_sequence(
            self._drop(self.embedding(text)), text_lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.reader(packed)[0], batch_first=True, total_length=text.shape[1]
        )
        padding = ~is_real(text_lengths, text.shape[1])[:, :, None]
        mean, log_variance = self.normal(states.masked_fill(padding, -torch.inf).amax(1)).chunk(2, 1)
        return Normal(mean.float(), log_variance.float())

    def start(self, prompt: Tensor, prompt_lengths: Tensor, z: Tensor | None = None) -> State:
        """See `LatentGenerator.start`. Latent vectors (N, Z) may be given as prompts; tokens are not read."""
        if z is None:
            z = prompt if prompt.is_floating_point() else self.prior(len(prompt))
        return self._begun(z)

    def given(self, state: State, z: Tensor) -> State:
        """See `LatentGenerator.given`."""
        return self._begun(z)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor, z: Tensor | None = None) -> Tensor:
        """See `LatentGenerator.forward`."""
        embedded = self.embedding(inputs)
        if self.training and self.word_dropout:
            kept = torch.rand(inputs.shape, device=inputs.device) >= self.word_dropout
            embedded = embedded * kept[..., None]
        return self.step(embedded, self.start(prompt, prompt_lengths, z))[0]

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """See `TextGenerator.step`."""
        beside = state.z[:, None].expand(-1, embedded.shape[1], -1)
        outputs, hidden = self.writer(torch.cat([self._drop(embedded), beside], -1), state.hidden)
        features = torch.tanh(self.mix(torch.cat([self._drop(outputs), beside], -1)))
        return self._drop(features), State(hidden, state.z)

    def _begun(self, z: Tensor) -> State:
        z = z.to(self.first.weight.dtype)
        return State(torch.tanh(self.first(z))[None], z)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)
