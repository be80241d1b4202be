"""A convolutional body."""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, pad, relu

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_embedding, is_real
from promptgan.networks.tokens.classifier.body import Body, highest
from promptgan.networks.tokens.classifier.parameters import Cnn


class CnnBody(Body):
    """Filters of several widths, and the highest of each over the text (Kim, 2014, arXiv:1408.5882, section 2)."""

    def __init__(self, parameters: Cnn, example: Example) -> None:
        p = parameters
        embedding = fresh_embedding(example.vocabulary, p.embedding, scale=p.embedding**-0.5)
        super().__init__(embedding, p.width * len(p.kernels), p.width * len(p.kernels))
        self.kernels, self.dropout = p.kernels, p.dropout
        self.filters = nn.ModuleList(nn.Conv1d(p.embedding, p.width, kernel) for kernel in p.kernels)

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.read`; a filter of K tokens sees (K - 1) / 2 of them before its place, rounded up."""
        real = is_real(lengths, embedded.shape[1])[:, :, None]
        seen = dropout(embedded * real, self.dropout, self.training).transpose(1, 2)
        found = [
            relu(layer(pad(seen, (kernel // 2, (kernel - 1) // 2))))
            for kernel, layer in zip(self.kernels, self.filters, strict=True)
        ]
        return torch.cat(found, 1).transpose(1, 2)

    def summed_up(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.summed_up`."""
        return highest(self.read(embedded, lengths), lengths)
