"""A recurrent body that reads both ways."""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_embedding, is_real
from promptgan.networks.tokens.classifier.body import Body, highest, mean
from promptgan.networks.tokens.classifier.parameters import Gru


class GruBody(Body):
    """States of both directions side by side; the way back begins at the end of each text, not of its padding.

    Attention is that over words of Yang et al., 2016, 'Hierarchical attention networks for document classification',
    section 2.2.
    """

    def __init__(self, parameters: Gru, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(embedding, 2 * p.width, (4 if p.pooling == "max_mean" else 2) * p.width)
        self.dropout = p.dropout
        sizes = [p.embedding, *[self.width] * (p.layers - 1)]
        self.there = nn.ModuleList(nn.GRU(size, p.width, batch_first=True) for size in sizes)
        self.back = nn.ModuleList(nn.GRU(size, p.width, batch_first=True) for size in sizes)
        self.attention = None
        if p.pooling == "attention":
            self.attention = nn.Sequential(
                nn.Linear(self.width, self.width), nn.Tanh(), nn.Linear(self.width, 1, bias=False)
            )

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.read`."""
        turned = _turned(lengths, embedded.shape[1])
        rows = torch.arange(len(embedded), device=embedded.device)[:, None]
        states = embedded
        # cudnn's recurrent kernels have no backward in evaluation mode
        with torch.backends.cudnn.flags(enabled=self.training or not torch.is_grad_enabled()):
            for there, back in zip(self.there, self.back, strict=True):
                states = dropout(states, self.dropout, self.training)
                states = torch.cat([there(states)[0], back(states[rows, turned])[0][rows, turned]], -1)
        return states

    def summed_up(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.summed_up`."""
        states = self.read(embedded, lengths)
        if self.attention is None:
            return torch.cat([highest(states, lengths), mean(states, lengths)], -1)
        scores = self.attention(states).float()
        weights = scores.masked_fill(~is_real(lengths, states.shape[1])[:, :, None], -1e9).softmax(1)
        found: Tensor = (weights.to(states.dtype) * states).sum(1)
        return found


def _turned(lengths: Tensor, width: int) -> Tensor:
    """Positions (N, width) that turn each text of ``lengths`` (N,) round and leave its padding where it is."""
    places = torch.arange(width, device=lengths.device).expand(len(lengths), -1)
    return torch.where(is_real(lengths, width), lengths[:, None] - 1 - places, places)
