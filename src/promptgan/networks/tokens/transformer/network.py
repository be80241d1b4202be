"""Transformers that read prompt and text as one sequence, the text from left to right or both ways."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, fresh_bias, fresh_embedding, is_real
from promptgan.networks.tokens.transformer.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences that have read L positions."""

    cache: tuple[tuple[Tensor, Tensor], ...]
    """Keys and values of each layer, each (N, heads, L, width / heads)."""
    mask: Tensor
    """True where a cached position may be read, (N, L)."""
    lengths: Tensor
    """Tokens read so far, padding not counted, (N,)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(tuple((k[rows], v[rows]) for k, v in self.cache), self.mask[rows], self.lengths[rows])


class Layer(nn.Module):
    """Pre-norm attention and a feed-forward network of four times the width."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__()
        width = parameters.width
        self.heads = parameters.heads
        self.dropout = parameters.dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(
        self, x: Tensor, mask: Tensor, cached: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map x (N, T, width); ``mask`` (N, 1, T, L) is True where position L may be read."""
        n, t, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if cached is not None:
            k, v = torch.cat([cached[0], k], 2), torch.cat([cached[1], v], 2)
        scores = (q @ k.transpose(2, 3)).float() * q.shape[-1] ** -0.5
        weights = scores.masked_fill(~mask, -1e9).softmax(-1).to(v.dtype)
        attended = weights @ v  # on a CPU, three times as fast as scaled_dot_product_attention and its backward
        x = x + dropout(self.project(attended.transpose(1, 2).reshape(n, t, width)), self.dropout, self.training)
        x = x + dropout(self.narrow(gelu(self.widen(self.norm2(x)))), self.dropout, self.training)
        return x, (k, v)


class Generator(TextGenerator):
    """Prompt and text are one sequence; the prompt is read both ways, the text from left to right."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        embedding = fresh_embedding(example.vocabulary, parameters.width, scale=0.02)
        super().__init__(example, embedding, fresh_bias(example.vocabulary))
        self.dropout = parameters.dropout
        self.positions = nn.Embedding(parameters.context, parameters.width)
        self.layers = nn.ModuleList(Layer(parameters) for _ in range(parameters.layers))
        self.norm = nn.LayerNorm(parameters.width)
        _begin(self)
        nn.init.normal_(self.positions.weight, std=0.02)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Read prompts (N, P) of ``prompt_lengths`` (N,): every position sees the whole prompt."""
        n, p = prompt.shape
        seen = is_real(prompt_lengths, p)
        positions = torch.arange(p, device=prompt.device).expand(n, p)
        return self._read(self.embedding(prompt), positions, seen[:, None, None].expand(n, 1, p, p), None, seen)[1]

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, width) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, width); return features of the same shape and the state after them."""
        n, t, _ = embedded.shape
        count = torch.arange(t, device=embedded.device)
        seen = torch.cat([state.mask, state.mask.new_ones(n, t)], 1)
        mask = torch.cat([state.mask[:, None].expand(n, t, -1), (count <= count[:, None]).expand(n, t, t)], 2)
        return self._read(embedded, state.lengths[:, None] + count, mask[:, None], state, seen)

    def _read(
        self, embedded: Tensor, positions: Tensor, mask: Tensor, state: State | None, seen: Tensor
    ) -> tuple[Tensor, State]:
        x = dropout(embedded + self.positions(positions), self.dropout, self.training)
        cache = []
        for i, layer in enumerate(self.layers):
            x, pair = layer(x, mask, None if state is None else state.cache[i])
            cache.append(pair)
        return self.norm(x), State(tuple(cache), seen, seen.sum(1))


class Discriminator(TextDiscriminator):
    """Prompt, a token between them, and text are one sequence that is read both ways and judged at that token.

    As a pair of sentences is in BERT (Devlin et al., 2019, arXiv:1810.04805, sections 3 and 4), but that one token
    both separates the two and is judged. Which of the two a token belongs to is added to its embedding.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(fresh_embedding(example.vocabulary, parameters.width, scale=0.02))
        self.bos, self.dropout = example.bos, parameters.dropout
        self.positions = nn.Embedding(parameters.context, parameters.width)
        self.sides = nn.Embedding(2, parameters.width)
        self.layers = nn.ModuleList(Layer(parameters) for _ in range(parameters.layers))
        self.norm = nn.LayerNorm(parameters.width)
        self.judge = nn.Linear(parameters.width, 1)
        _begin(self)
        nn.init.normal_(self.positions.weight, std=0.02)
        nn.init.normal_(self.sides.weight, std=0.02)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """Logits (N,) of prompts (N, P) and embedded texts (N, T, width) of the given lengths (N,)."""
        n, p = prompt.shape
        between = self.embedding(torch.full_like(prompt[:, :1], self.bos))
        told = torch.cat([between, embedded], 1)
        asked, said = (torch.arange(count, device=prompt.device).expand(n, -1) for count in (p, told.shape[1]))
        places = torch.cat([asked, said + prompt_lengths[:, None]], 1)
        side = torch.cat([torch.zeros_like(asked), torch.ones_like(said)], 1)
        seen = torch.cat([is_real(prompt_lengths, p), is_real(text_lengths + 1, told.shape[1])], 1)
        places = places.masked_fill(~seen, 0)  # padding may lie beyond the last position
        x = torch.cat([self.embedding(prompt), told], 1) + self.positions(places) + self.sides(side)
        x = dropout(x, self.dropout, self.training)
        for layer in self.layers:
            x, _ = layer(x, seen[:, None, None], None)
        logits: Tensor = self.judge(self.norm(x[:, p]))[:, 0]
        return logits


def _begin(network: nn.Module) -> None:
    """Fresh weights of the linear layers; residual branches start small, as in GPT-2."""
    layers = [module for module in network.modules() if isinstance(module, Layer)]
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
    for layer in layers:
        nn.init.normal_(layer.project.weight, std=0.02 / (2 * len(layers)) ** 0.5)
        nn.init.normal_(layer.narrow.weight, std=0.02 / (2 * len(layers)) ** 0.5)
