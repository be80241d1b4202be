"""Monte Carlo roll-outs: completions of every beginning of a text, drawn in one batch that reads each prompt once."""

from typing import NamedTuple

import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import next_tokens
from promptgan.forms.tokens.generator import TextGenerator


class RollOuts(NamedTuple):
    """R completions of beginnings of N texts."""

    text: Tensor
    """Which text each is of, (R,)."""
    last: Tensor
    """The position, from 0, of the last token that each has of its text, (R,)."""
    tokens: Tensor
    """Ids (R, T), EOS included, padded with zeros."""
    lengths: Tensor
    """(R,), EOS counted."""


@torch.no_grad()
def roll_outs(
    generator: TextGenerator,
    prompt: Tensor,
    prompt_lengths: Tensor,
    tokens: Tensor,
    lengths: Tensor,
    each: int,
    limit: int,
) -> RollOuts:
    """Complete every proper beginning of N texts ``each`` times, by sampling at temperature 1.

    All of them are rows of one batch: the texts themselves, which are read, and the completions, which branch off from
    the state of their text after its beginning, so nothing is computed twice. A completion that ends leaves the batch.

    Args:
        generator: in evaluation mode.
        prompt: ids (N, P), padded on the right; ``prompt_lengths`` (N,).
        tokens: the texts (N, T), EOS included; ``lengths`` (N,), EOS counted.
        each: completions of a beginning.
        limit: most tokens of a text, EOS counted; one that gets there ends in EOS whatever was drawn.
    """
    eos, device = generator.example.eos, prompt.device
    state = generator.start(prompt, prompt_lengths)
    text, last = torch.arange(len(prompt), device=device), torch.full_like(prompt_lengths, -1)  # -1: a text itself
    token = torch.full_like(text, generator.example.bos)
    history = torch.zeros(len(prompt), limit, dtype=torch.int64, device=device)
    done: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for t in range(limit):
        features, state = generator.step(generator.embedding(token[:, None]), state)
        drawn = torch.full_like(text, eos)
        if t < limit - 1:
            uniforms = torch.rand(len(text), device=device)
            drawn = next_tokens(generator, features[:, 0], uniforms)
        read = tokens[text, min(t, tokens.shape[1] - 1)]
        token = torch.where(last < 0, read, drawn)
        history[:, t] = token
        ended = (last >= 0) & (token == eos)
        done.append((text[ended], last[ended], history[ended], torch.full_like(text[ended], t + 1)))
        on = torch.where(last < 0, t + 1 < lengths[text], ~ended).nonzero()[:, 0]  # a whole text has no more beginnings
        branching = on[last[on] < 0].repeat_interleave(each)
        rows = torch.cat([on, branching])
        if not len(rows):
            break
        last = torch.cat([last[on], torch.full_like(branching, t)])
        state, text, token, history = state.select(rows), text[rows], token[rows], history[rows]
    return RollOuts(*(torch.cat(parts) for parts in zip(*done, strict=True)))
