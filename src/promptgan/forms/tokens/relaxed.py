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
    """Draws the likeliest token after ``noise`` and looks it up in two tables; backwards they met the softmax.

    Bengio, Leonard and Courville, 2013, arXiv:1308.3432. Forwards this spares the products of an (N, V) distribution
    with the tables, and backwards both share one pass through the softmax. That is of every token but ``eos``, and
    where that is drawn nothing flows. ``noise`` (N, V) is subtracted from the logits, and is written over.
    """

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, logits: Tensor, noise: Tensor, temperature: float, eos: int, first: Tensor, second: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        perturbed = torch.sub(logits, noise, out=noise).div_(temperature)
        tokens = perturbed.argmax(-1)
        perturbed[:, eos] = -torch.inf
        distribution = perturbed.softmax(-1)
        distribution[tokens == eos] = 0
        ctx.save_for_backward(distribution, tokens, first, second)
        ctx.temperature = temperature
        ctx.mark_non_differentiable(tokens)
        return tokens, first[tokens], second[tokens]

    @staticmethod
    def backward(ctx: Any, _: None, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        distribution, tokens, *tables = ctx.saved_tensors
        to_logits, to_tables = torch.zeros_like(distribution), []
        for table, gradient, needed in zip(tables, gradients, ctx.needs_input_grad[4:], strict=True):
            slope = gradient.to(to_logits.dtype) / ctx.temperature
            to_logits.addmm_(slope, table.to(to_logits.dtype).T)
            to_tables.append(torch.zeros_like(table).index_add_(0, tokens, gradient) if needed else None)
        to_logits -= (to_logits * distribution).sum(-1, keepdim=True)
        return to_logits.mul_(distribution), None, None, None, *to_tables


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
    leave the batch. Whether one ends carries no gradient: the relaxation would set the vector of an end beside that of
    a word, as if the text after it stayed, and a generator that learns from that writes texts that are too long.

    Args:
        generator: who answers.
        prompt: ids (N, P), padded on the right; ``prompt_lengths`` (N,).
        reader: embeds the tokens for whoever judges them.
        temperature: of the relaxation; lower is closer to the discrete sample and has noisier gradients.
        limit: most tokens of a text, EOS counted; one that gets there ends in an EOS that is not drawn.
    """
    eos = generator.example.eos
    state = generator.start(prompt, prompt_lengths)
    alive = torch.arange(len(prompt), device=prompt.device)
    embedded = generator.embedding(torch.full_like(alive, generator.example.bos))
    noise = torch.empty(len(prompt), generator.example.vocabulary, device=prompt.device)
    rows, columns, tokens, seen = [], [], [], []
    for t in range(limit - 1):
        features, state = generator.step(embedded[:, None], state)
        logits = generator.logits(features[:, 0]).float()
        gumbel = noise[: len(alive)].uniform_().log_().neg_().log_()  # of minus a Gumbel variable each
        for token in generator.example.undrawn:
            gumbel[:, token] = torch.inf
        drawn, shown, embedded = StraightThrough.apply(
            logits, gumbel, temperature, eos, reader.weight, generator.embedding.weight
        )
        rows.append(alive)
        columns.append(torch.full_like(alive, t))
        tokens.append(drawn)
        seen.append(shown)
        going = (drawn != eos).nonzero()[:, 0]
        if len(going) < len(alive):
            state, alive, embedded = state.select(going), alive[going], embedded[going]
            if not len(alive):
                break
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
