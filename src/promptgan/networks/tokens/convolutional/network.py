"""A discriminator of (prompt, text) pairs: the text attends to the prompt, and the comparison is judged."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, linear, pad

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import is_real
from promptgan.networks.tokens.convolutional.parameters import Parameters


class Discriminator(TextDiscriminator):
    """Scores how real a text is as the answer to its prompt.

    Decomposable attention (Parikh et al., 2016, arXiv:1606.01933) over convolved embeddings, plus the product of what
    prompt and text are about (a projection discriminator; Miyato and Koyama, 2018, arXiv:1802.05637). Takes the text
    as embeddings, so that a generator's relaxed tokens carry a gradient.

    Args:
        parameters: the `discriminator` section.
        example: gives the vocabulary.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        super().__init__(nn.Embedding(example.vocabulary, p.embedding))
        self.dropout = p.dropout
        self.read = nn.Conv1d(p.embedding, p.width, p.kernel, padding=p.kernel // 2)
        self.compare = nn.Conv1d(4 * p.width, p.width, p.kernel, padding=p.kernel // 2)
        self.prompt_topic = nn.Linear(p.embedding, p.width, bias=False)
        self.text_topic = nn.Linear(p.embedding, p.width, bias=False)
        self.judge = nn.Sequential(nn.Linear(2 * p.width, p.width), nn.GELU(), nn.Linear(p.width, 1))

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """Logits (N,) of prompts (N, P) and embedded texts (N, T, embedding) of the given lengths (N,)."""
        prompt_mask = is_real(prompt_lengths, prompt.shape[1])
        text_mask = is_real(text_lengths, embedded.shape[1])
        prompt_embedded, embedded = self._drop(self.embedding(prompt)), self._drop(embedded)
        asked = self._convolve(self.read, prompt_embedded, prompt_mask)
        said = self._convolve(self.read, embedded, text_mask)
        scores = said @ asked.transpose(1, 2) * said.shape[-1] ** -0.5
        weights = scores.float().masked_fill(~prompt_mask[:, None], -1e9).softmax(-1).to(asked.dtype)
        found = weights @ asked
        compared = torch.cat([said, found, said * found, (said - found).abs()], -1)
        compared = self._convolve(self.compare, self._drop(compared), text_mask)
        mean = _mean(compared, text_mask)
        highest = compared.masked_fill(~text_mask[..., None], -1e4).amax(1)
        plausible: Tensor = self.judge(self._drop(torch.cat([mean, highest], -1)))[:, 0]
        prompt_topic = self.prompt_topic(_mean(prompt_embedded, prompt_mask))
        text_topic = self.text_topic(_mean(embedded, text_mask))
        fitting: Tensor = (prompt_topic * text_topic).sum(-1)
        return plausible + fitting

    def _convolve(self, layer: nn.Conv1d, x: Tensor, mask: Tensor) -> Tensor:
        return gelu(convolved(layer, x * mask[..., None])) * mask[..., None]

    def _drop(self, x: Tensor) -> Tensor:
        # One mask for all positions of a sequence (Gal and Ghahramani, 2016, arXiv:1512.05287): cheaper to draw.
        if not self.training or self.dropout == 0:
            return x
        return x * dropout(x.new_ones(len(x), *[1] * (x.dim() - 2), x.shape[-1]), self.dropout)


def convolved(layer: nn.Conv1d, x: Tensor) -> Tensor:
    """What a padded ``layer`` of K taps makes of x (N, T, C), as (N, T, width).

    One product for all taps, whose results are shifted and summed: on a CPU faster than a convolution, both ways.
    """
    width, taps = x.shape[1], layer.weight.shape[2]
    products = linear(x, layer.weight.permute(2, 0, 1).flatten(0, 1)).view(*x.shape[:2], taps, -1)
    products = pad(products, (0, 0, 0, 0, taps // 2, taps // 2))
    shifted = (products[:, tap : tap + width, tap] for tap in range(taps))
    return sum(shifted, cast("Tensor", layer.bias).to(products.dtype))


def _mean(x: Tensor, mask: Tensor) -> Tensor:
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
