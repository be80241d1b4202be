"""Drawing texts from a generator: temperature, nucleus, and a stream of random numbers for each sequence."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.temperature import LEAST, MOST, UnusableTemperature

LOGITS, LEAST_ROWS = 2**20, 64
"""Logits that a CPU computes at a time, and rows at the least: larger temporaries cost page faults."""


@torch.no_grad()
def sample(
    generator: TextGenerator,
    prompt: Tensor,
    prompt_lengths: Tensor,
    uniforms: Tensor,
    temperature: float = 1.0,
    top_p: float = 1.0,
    z: Tensor | None = None,
    undrawn: Sequence[int] | None = None,
) -> list[list[int]]:
    """Answer N prompts, each k times, by inverse transform sampling from the tempered softmax.

    Sequence i reads its random numbers from row i of ``uniforms`` alone, so its answer does not depend on what else is
    in the batch. Sequences that have ended leave the batch.

    Args:
        generator: in evaluation mode.
        prompt: ids (N, P), padded on the right.
        prompt_lengths: (N,).
        uniforms: numbers in [0, 1), (N * k, T); T is the most tokens an answer may have. A prompt is read once.
        temperature: divides the logits; 0 takes the most likely token.
        top_p: keep the smallest set of tokens with at least this probability.
        z: latent vectors (N * k, Z) of a generator whose answers begin with them; where None, torch draws them.
        undrawn: ids that are never drawn; where None, the special tokens but the end.

    Returns:
        N * k lists of token ids, without special tokens; those of a prompt one after the other.

    Raises:
        UnusableTemperature: it is neither 0 nor from 0.01 to 10.
    """
    if temperature and not LEAST <= temperature <= MOST:
        raise UnusableTemperature(temperature)
    eos = generator.example.eos
    state = generator.start(prompt, prompt_lengths)
    alive = torch.arange(len(uniforms), device=prompt.device)
    if len(uniforms) > len(prompt):
        state = state.select(alive // (len(uniforms) // len(prompt)))
    if z is not None:
        state = generator.given(state, z)
    token = torch.full_like(alive, generator.example.bos)
    written = torch.full(uniforms.shape, eos, dtype=torch.int64, device=prompt.device)
    for t in range(uniforms.shape[1]):
        features, state = generator.step(generator.embedding(token[:, None]), state)
        token = next_tokens(generator, features[:, 0], uniforms[alive, t], temperature, top_p, undrawn)
        written[alive, t] = token
        going = token != eos
        if not going.all():
            rows = going.nonzero()[:, 0]
            if not len(rows):
                break
            state, alive, token = state.select(rows), alive[rows], token[rows]
    ended = (written == eos).int().argmax(1).where((written == eos).any(1), uniforms.shape[1])
    return [row[:end] for row, end in zip(written.tolist(), ended.tolist(), strict=True)]


@torch.no_grad()
def next_tokens(
    generator: TextGenerator,
    features: Tensor,
    uniforms: Tensor,
    temperature: float = 1.0,
    top_p: float = 1.0,
    undrawn: Sequence[int] | None = None,
) -> Tensor:
    """Draw the token that follows each of N sequences, (N,), by inverse transform sampling.

    Args:
        generator: projects onto the vocabulary, some rows at a time, so that those of many never exist at once.
        features: of the last token of each sequence, (N, E).
        uniforms: a number in [0, 1) for each, (N,).
        temperature: divides the logits; 0 takes the most likely token.
        top_p: keep the smallest set of tokens with at least this probability.
        undrawn: ids that are never drawn; where None, the special tokens but the end.
    """
    on_cpu, undrawn = features.device.type == "cpu", generator.example.undrawn if undrawn is None else undrawn
    size = max(LEAST_ROWS, LOGITS // generator.example.vocabulary) if on_cpu else max(1, len(features))
    drawn = []
    for rows, numbers in zip(torch.split(features, size), torch.split(uniforms, size), strict=True):
        logits = generator.logits(rows).float()
        for token in undrawn:  # by column: an index of several takes a copy of all rows
            logits[:, token] = -torch.inf
        drawn.append(_draw(logits, numbers, temperature, top_p))
    return torch.cat(drawn)


def _draw(logits: Tensor, uniforms: Tensor, temperature: float, top_p: float) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    probabilities = (logits if temperature == 1 else logits.div_(temperature)).softmax(-1)
    if top_p < 1:
        ranked, order = nucleus(probabilities, top_p)
        return order.gather(1, inverse_cdf(ranked, uniforms)[:, None])[:, 0]
    return inverse_cdf(probabilities, uniforms)


def nucleus(probabilities: Tensor, top_p: float, width: int = 128) -> tuple[Tensor, Tensor]:
    """The smallest set of entries of each row (N, V) that has at least so much probability (Holtzman et al., 2020).

    Equal ones are taken in their order, so a row's set does not depend on what else is in the batch.

    Args:
        probabilities: (N, V), rows that sum to 1.
        top_p: below 1.
        width: entries that are ranked at first, and eight times as many where a set may go on behind them: ranking all
            takes most of the time of drawing a token.

    Returns:
        Probabilities (N, K) in falling order, those outside of the set zero, and which entries they are of.
    """
    while True:
        ranked, order = probabilities.topk(min(width, probabilities.shape[1]))
        smallest = ranked.masked_fill(_outside(ranked, top_p), 1.0).amin(-1)
        if ranked.shape[1] == probabilities.shape[1] or (smallest > ranked[:, -1]).all():
            break
        width *= 8
    order, places = order.sort(-1)
    ranked, places = ranked.gather(1, places).sort(dim=-1, descending=True, stable=True)
    return ranked.masked_fill(_outside(ranked, top_p), 0), order.gather(1, places)


def _outside(ranked: Tensor, top_p: float) -> Tensor:
    return ranked.cumsum(-1) - ranked >= top_p


def inverse_cdf(weights: Tensor, uniforms: Tensor) -> Tensor:
    """An entry of each row of weights (N, K), drawn in proportion to them by its number of ``uniforms`` (N,); (N,)."""
    # The first entry whose running sum reaches (1 - u) of the total: never past the end, never an entry of weight zero.
    cumulative = weights.cumsum(-1)
    return torch.searchsorted(cumulative, (1 - uniforms[:, None]) * cumulative[:, -1:])[:, 0]


def random_numbers(seed: int, rows: int, columns: int) -> Tensor:
    """Uniform numbers (rows, columns) in [0, 1) float32; a row is the same however many rows there are."""
    return torch.from_numpy(np.random.Generator(np.random.Philox(seed)).random((rows, columns), dtype=np.float32))


def latent_vectors(seed: int, rows: int, latent: int) -> Tensor:
    """Standard normal vectors (rows, latent) float32, of another stream than `random_numbers`; rows as there."""
    drawn = np.random.Generator(np.random.Philox([seed, 1])).standard_normal((rows, latent), dtype=np.float32)
    return torch.from_numpy(drawn)
