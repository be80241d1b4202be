"""Sampling that gradients pass through: straight-through Gumbel-softmax over a whole text."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.vocabulary import PAD


@dataclass(frozen=True)
class RelaxedTexts:
    """N sampled texts whose embeddings carry a gradient to the generator."""

    tokens: Tensor
    """Ids (N, T), EOS included, padded with PAD."""
    lengths: Tensor
    """(N,), EOS counted."""
    embedded: Tensor
    """(N, T, E): rows of the reader's table, zero after the end."""


class StraightThrough(torch.autograd.Function):
    """Looks up the drawn token forwards, and backwards pretends that the whole distribution was looked up.

    Bengio, Leonard and Courville, 2013, arXiv:1308.3432. Spares the product of an (N, V) distribution with the table.
    """

    @staticmethod
    def forward(ctx: Any, distribution: Tensor, tokens: Tensor, table: Tensor) -> Tensor:  # noqa: D102
        ctx.save_for_backward(tokens, table)
        return table[tokens]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, Tensor | None]:  # noqa: D102
        tokens, table = ctx.saved_tensors
        to_table = None
        if ctx.needs_input_grad[2]:
            to_table = torch.zeros_like(table).index_add_(0, tokens, gradient.to(table.dtype))
        return gradient @ table.to(gradient.dtype).T, None, to_table


def relaxed_sample(
    generator: TextGenerator,
    prompt: Tensor,
    prompt_lengths: Tensor,
    reader: nn.Embedding,
    temperature: float,
    limit: int,
) -> RelaxedTexts:
    """Answer N prompts with straight-through Gumbel-softmax (Jang et al., 2017, arXiv:1611.01144, section 2.2).

    Forwards this is sampling at softmax temperature 1; ``temperature`` only shapes the gradient. Texts that have ended
    leave the batch.

    Args:
        generator: who answers.
        prompt: ids (N, P), padded on the right; ``prompt_lengths`` (N,).
        reader: embeds the tokens for whoever judges them.
        temperature: of the relaxation; lower is closer to the discrete sample and has noisier gradients.
        limit: most tokens of a text, EOS counted; one that gets there ends in an EOS that is not drawn, and through
            which the generator learns nothing.
    """
    eos = generator.example.eos
    undrawn = torch.tensor(generator.example.undrawn, device=prompt.device)
    state = generator.start(prompt, prompt_lengths)
    alive = torch.arange(len(prompt), device=prompt.device)
    embedded = generator.embedding(torch.full_like(alive, generator.example.bos))
    rows, columns, tokens, seen = [], [], [], []
    for t in range(limit - 1):
        features, state = generator.step(embedded[:, None], state)
        logits = generator.logits(features[:, 0]).float()
        logits = logits.index_fill(1, undrawn, -torch.inf)
        uniform = torch.rand_like(logits).clamp_(1e-10, 1 - 1e-7)
        distribution = ((logits - (-uniform.log()).log()) / temperature).softmax(-1)
        token = distribution.argmax(-1)
        rows.append(alive)
        columns.append(torch.full_like(alive, t))
        tokens.append(token)
        seen.append(StraightThrough.apply(distribution, token, reader.weight))
        going = (token != eos).nonzero()[:, 0]
        alive = alive[going]
        if not len(going):
            break
        embedded = StraightThrough.apply(distribution[going], token[going], generator.embedding.weight)
        state = state.select(going)
    if len(alive):
        rows.append(alive)
        columns.append(torch.full_like(alive, limit - 1))
        tokens.append(torch.full_like(alive, eos))
        seen.append(reader.weight[tokens[-1]])
    row, column, values = torch.cat(rows), torch.cat(columns), torch.cat(seen)
    shape = (len(prompt), len(rows))
    ids = torch.full(shape, PAD, device=prompt.device).index_put((row, column), torch.cat(tokens))
    canvas = values.new_zeros(*shape, values.shape[-1]).index_put((row, column), values)
    return RelaxedTexts(ids, torch.bincount(row, minlength=len(prompt)), canvas)
