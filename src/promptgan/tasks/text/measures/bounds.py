"""Bounds of the likelihood of a model that resamples: its partition function is known by sampling alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Resampler, Sampler
from promptgan.terms.comparison import jackknife

NAMES = ("nll_lower", "nll_upper", "nll_samples")
SAMPLES = 32
"""Texts drawn of each prompt's generator, on which both bounds rest."""
PROMPTS = 1024
"""Test pairs, drawn at random, whose partition functions are estimated; all where there are fewer."""
TEXTS = 2048
"""Drawn at once."""


class Bounds(NamedTuple):
    """What is known of the NLL of a model that resamples."""

    numbers: dict[str, float]
    """`NAMES`: the bounds in nats per token, and on how many samples of each prompt they rest."""
    errors: dict[str, float]
    """Standard errors of the two bounds: over the pairs that they rest on, and with them over what is drawn for each.
    The generator's own NLL is taken as known, so they are those of how far the bounds are from it."""


def log_partition(energies: Tensor) -> tuple[Tensor, Tensor]:
    """A lower and an upper bound of log Z, where Z is the mean of exp(-E) over what a generator draws.

    With T(n) = log 1/n sum exp(-E), E T(n) < log Z < E [(2n - 1) T(n) - 2 (n - 1) T(n - 1)], the latter where n is
    large enough (Deng et al., 2020, arXiv:2004.11714, theorem 2). T(n - 1) is the mean over the n ways of leaving a
    sample out. Both hold in expectation, and meet as n grows.

    Args:
        energies: of n independent texts to each of N prompts, (N, n), n at least 2.

    Returns:
        The two bounds, (N,) float64.
    """
    n = energies.shape[1]
    logits = -energies.double()
    whole = logits.logsumexp(1) - math.log(n)
    left_out = torch.eye(n, dtype=torch.bool, device=energies.device)
    parts = logits[:, None, :].masked_fill(left_out, -math.inf).logsumexp(2) - math.log(n - 1)
    return whole, (2 * n - 1) * whole - 2 * (n - 1) * parts.mean(1)


def nll_bounds(model: Resampler, test: Pairs, nll: float, groups: int, seed: int) -> Bounds:
    """Bounds of the NLL of P(y|x) = p(y|x) exp(-E(x, y)) / Z(x) in nats per token, ends counted.

    That of p is known of every test text; how far P is from it, E + log Z, is estimated on `PROMPTS` of them. Here p
    is the generator as its NLL takes it, from which no token is left out; the energy of a text of more tokens than an
    example may have is that of its beginning.

    Args:
        model: draws at temperature 1.
        test: the pairs.
        nll: of p, nats per token of all test texts.
        groups: of the jackknife, into which the pairs are shuffled.
        seed: of the choice of pairs, of what is drawn, and of the groups.
    """
    device, limit = next(model.generator.parameters()).device, model.generator.example.max_tokens
    chosen = np.sort(np.random.default_rng(seed).permutation(len(test))[:PROMPTS])
    uniforms = random_numbers(seed, len(chosen) * SAMPLES, limit).view(len(chosen), SAMPLES, limit)
    size, found, lengths = TEXTS // SAMPLES, list[Tensor](), list[Tensor]()
    for start in range(0, len(chosen), size):
        batch = test.batch(chosen[start : start + size]).to(device)
        asked = batch.prompt, batch.prompt_lengths
        numbers = uniforms[start : start + size].flatten(0, 1).to(device)
        drawn = model.energies(*asked, sample(model.generator, *asked, numbers, undrawn=()))
        ends = zip(batch.text.tolist(), batch.text_lengths.tolist(), strict=True)
        real = model.energies(*asked, [text[: length - 1] for text, length in ends])[:, 0].double()
        found.append(torch.stack([real + bound for bound in log_partition(drawn)]).cpu())
        lengths.append(batch.text_lengths.cpu())
    gaps, tokens = torch.cat(found, 1).numpy(), torch.cat(lengths).numpy()

    def per_token(keep: npt.NDArray[np.int64]) -> list[float]:
        return [float(gap[keep].sum() / tokens[keep].sum()) for gap in gaps]

    lower, upper = (nll + gap for gap in per_token(np.arange(len(chosen))))
    errors = jackknife(len(chosen), groups, seed, per_token)
    return Bounds(dict(zip(NAMES, (lower, upper, SAMPLES), strict=True)), dict(zip(NAMES[:2], errors, strict=True)))


def signature(samplers: dict[str, Sampler], size: int) -> list[str]:
    """How the bounds were made, where a system of those by name has such; ``size`` is that of the test split."""
    names: Sequence[str] = [name for name, sampler in samplers.items() if isinstance(sampler, Resampler)]
    return [
        f"nll_lower, nll_upper: of {name}, which chooses one of {samplers[name].candidates} answers, bounds in"
        f" expectation (arXiv:2004.11714, theorem 2) of the NLL of its limit of ever more candidates, at temperature 1;"
        f" {SAMPLES} samples a prompt, on {min(PROMPTS, size)} of {size} test pairs, beside the generator's NLL on all;"
        " their standard errors are those of the distance from that NLL, over these pairs and what is drawn for each"
        for name in names
    ]
