"""A small transformer body."""

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import dropout

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_embedding, is_real
from promptgan.networks.tokens.classifier.body import Body, mean
from promptgan.networks.tokens.classifier.parameters import Transformer


class TransformerBody(Body):
    """An encoder in the manner of BERT (Devlin et al., 2019, arXiv:1810.04805), with norms before each layer.

    The token that begins a text is read before it, as BERT's `[CLS]` is. Positions are learned.
    """

    def __init__(self, parameters: Transformer, example: Example) -> None:
        p = parameters
        super().__init__(fresh_embedding(example.vocabulary, p.width, scale=0.02), p.width, p.width)
        self.bos, self.first, self.dropout = example.bos, p.pooling == "first", p.dropout
        self.positions = nn.Embedding(example.max_tokens + 2, p.width)  # with what begins and what ends a text
        nn.init.normal_(self.positions.weight, std=0.02)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                p.width, p.heads, 4 * p.width, p.dropout, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(p.layers)
        )
        self.norm = nn.LayerNorm(p.width)

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.read`."""
        return self._read(embedded, lengths)[:, 1:]

    def summed_up(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.summed_up`."""
        states = self._read(embedded, lengths)
        return states[:, 0] if self.first else mean(states, lengths + 1)

    def _read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        begin = self.embedding.weight[self.bos].expand(len(embedded), 1, -1)
        places = torch.arange(1 + embedded.shape[1], device=embedded.device)
        last = self.positions.num_embeddings - 1  # beyond which there is padding alone
        x = torch.cat([begin, embedded], 1) + self.positions(places.clamp_max(last))
        x, padding = dropout(x, self.dropout, self.training), ~is_real(lengths + 1, x.shape[1])
        with sdpa_kernel(SDPBackend.MATH):  # products that are counted, and the same on every run
            for layer in self.layers:
                x = layer(x, src_key_padding_mask=padding)
        states: Tensor = self.norm(x)
        return states
