"""A discriminator that embeds prompt and text several times and judges every representation (that of RelGAN)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, pad

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import is_real
from promptgan.networks.tokens.multi_representation.parameters import Parameters


class Discriminator(TextDiscriminator):
    """Scores how real a text is as the answer to its prompt, by the mean logit of its representations.

    Nie, Narodytska and Patel, 2019, 'RelGAN: Relational generative adversarial networks for text generation',
    section 2.3: each of S embeddings of the text is read by the same filters, the highest of each passes a highway
    (Srivastava et al., 2015, arXiv:1505.00387), and what comes out is judged. Here the prompt is read alike and
    compared with the text, and where the paper averages the losses of the representations, their logits are averaged.

    Args:
        parameters: the `discriminator` section.
        example: gives the vocabulary.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        p = parameters
        super().__init__(nn.Embedding(example.vocabulary, p.embedding))
        self.representations, self.kernels, self.dropout = p.representations, p.kernels, p.dropout
        size, read = p.embedding // p.representations, p.width * len(p.kernels)
        self.filters = nn.ModuleList(nn.Conv1d(size, p.width, kernel) for kernel in p.kernels)
        self.gate, self.transform = nn.Linear(read, read), nn.Linear(read, read)
        self.judge = nn.Sequential(nn.Linear(4 * read, p.width), nn.GELU(), nn.Linear(p.width, 1))

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """Logits (N,) of prompts (N, P) and embedded texts (N, T, embedding) of the given lengths (N,)."""
        asked = self._read(self.embedding(prompt), prompt_lengths)
        said = self._read(embedded, text_lengths)
        compared = torch.cat([said, asked, said * asked, (said - asked).abs()], -1)
        logits: Tensor = self.judge(dropout(compared, self.dropout, self.training))[..., 0]
        return logits.mean(1)

    def _read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """What the filters find in each representation of sequences (N, T, embedding), (N, S, kernels * width)."""
        n, t, _ = embedded.shape
        held = is_real(lengths, t)
        views = (embedded * held[..., None]).view(n, t, self.representations, -1).permute(0, 2, 3, 1).flatten(0, 1)
        behind = ~is_real(lengths.clamp_min(1), t).repeat_interleave(self.representations, 0)[:, None]
        highest = []
        for kernel, layer in zip(self.kernels, self.filters, strict=True):
            seen = gelu(layer(pad(views, (kernel // 2, (kernel - 1) // 2))))
            highest.append(seen.masked_fill(behind, -1e4).amax(-1))
        read = torch.cat(highest, -1)
        passed = self.gate(read).sigmoid()
        carried: Tensor = passed * gelu(self.transform(read)) + (1 - passed) * read
        return carried.view(n, self.representations, -1)
