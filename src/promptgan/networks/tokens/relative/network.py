"""A transformer whose attention knows how far apart two tokens are, and no place by itself.

Relative position representations (Shaw, Uszkoreit and Vaswani, 2018, arXiv:1803.02155), of keys alone, as in the Music
Transformer (Huang et al., 2019, arXiv:1809.04281): what recurs a bar later recurs at a distance, wherever it stands.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, fresh_bias, fresh_embedding, is_real
from promptgan.networks.tokens.relative.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences that have read L tokens or padding."""

    cache: tuple[tuple[Tensor, Tensor], ...]
    """Keys and values of each layer, each (N, heads, L, width / heads)."""
    mask: Tensor
    """True where a token may be read, (N, L)."""
    places: Tensor
    """Of each in its sequence, padding not counted, (N, L)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(tuple((k[rows], v[rows]) for k, v in self.cache), self.mask[rows], self.places[rows])


class Layer(nn.Module):
    """Pre-norm attention, by content and by distance, and a feed-forward network of four times the width."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__()
        width = parameters.width
        self.heads, self.reach, self.dropout = parameters.heads, parameters.reach, parameters.dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.distances = nn.Embedding(2 * parameters.reach + 1, width)
        self.project = nn.Linear(width, width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(
        self, x: Tensor, mask: Tensor, apart: Tensor, cached: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map x (N, T, width).

        Args:
            x: of the tokens that read.
            mask: True where token T may read token L, (N, 1, T, L).
            apart: how far behind token T token L is, within the reach, counted from 0, (N, 1, T, L).
            cached: keys and values of the tokens before these.

        Returns:
            The same of the tokens that read, and keys and values of all.
        """
        n, t, width = x.shape
        size = width // self.heads
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        if cached is not None:
            k, v = torch.cat([cached[0], k], 2), torch.cat([cached[1], v], 2)
        by_distance = q @ self.distances.weight.view(-1, self.heads, size).permute(1, 2, 0)
        scores = q @ k.transpose(2, 3) + by_distance.gather(3, apart.expand(-1, self.heads, -1, -1))
        weights = (scores.float() * size**-0.5).masked_fill(~mask, -1e9).softmax(-1).to(v.dtype)
        attended = (weights @ v).transpose(1, 2).reshape(n, t, width)
        x = x + dropout(self.project(attended), self.dropout, self.training)
        x = x + dropout(self.narrow(gelu(self.widen(self.norm2(x)))), self.dropout, self.training)
        return x, (k, v)


class Generator(TextGenerator):
    """Prompt and text are one sequence; the prompt is read both ways, the text from left to right."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        embedding = fresh_embedding(example.vocabulary, parameters.width, scale=0.02)
        super().__init__(example, embedding, fresh_bias(example.vocabulary))
        self.dropout, self.reach = parameters.dropout, parameters.reach
        self.layers = nn.ModuleList(Layer(parameters) for _ in range(parameters.layers))
        self.norm = nn.LayerNorm(parameters.width)
        for module in self.layers.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        for layer in self.layers:  # residual branches start small, as in GPT-2
            for last in (layer.project, layer.narrow):
                nn.init.normal_(last.weight, std=0.02 / (2 * parameters.layers) ** 0.5)  # type: ignore[arg-type, union-attr]

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Read prompts (N, P) of ``prompt_lengths`` (N,): every token sees the whole prompt."""
        n, p = prompt.shape
        seen = is_real(prompt_lengths, p)
        places = torch.arange(p, device=prompt.device).expand(n, p)
        return self._read(self.embedding(prompt), seen[:, None].expand(n, p, p), State((), seen, places))[1]

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, width) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, width); return features of the same shape and the state after them."""
        n, t, _ = embedded.shape
        count = torch.arange(t, device=embedded.device)
        mask = torch.cat([state.mask[:, None].expand(n, t, -1), (count <= count[:, None]).expand(n, t, t)], 2)
        seen = torch.cat([state.mask, state.mask.new_ones(n, t)], 1)
        places = torch.cat([state.places, state.mask.sum(1)[:, None] + count], 1)
        return self._read(embedded, mask, State(state.cache, seen, places))

    def _read(self, embedded: Tensor, mask: Tensor, state: State) -> tuple[Tensor, State]:
        """Read the last T tokens of a state whose cache does not hold them yet; ``mask`` is (N, T, L)."""
        places, cache = state.places, []
        apart = places[:, -embedded.shape[1] :, None] - places[:, None]
        apart = apart.clamp(-self.reach, self.reach)[:, None] + self.reach
        x = dropout(embedded, self.dropout, self.training)
        for i, layer in enumerate(self.layers):
            x, pair = layer(x, mask[:, None], apart, state.cache[i] if state.cache else None)
            cache.append(pair)
        return self.norm(x), State(tuple(cache), state.mask, places)
