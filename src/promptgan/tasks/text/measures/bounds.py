"""Bounds of the likelihood of a model that resamples: its partition function is known by sampling alone."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Resampler, Sampler

NAMES = ("nll_lower", "nll_upper", "nll_samples")
SAMPLES = 32
"""Texts drawn of each prompt's generator, on which both bounds rest."""
PROMPTS = 1024
"""Test pairs, drawn at random, whose partition functions are estimated; all where there are fewer."""
TEXTS = 2048
"""Drawn at once."""


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


def nll_bounds(model: Resampler, test: Pairs, nll: float, seed: int) -> dict[str, float]:
    """Bounds of the NLL of P(y|x) = p(y|x) exp(-E(x, y)) / Z(x) in nats per token, ends counted, and their samples.

    That of p is known of every test text; how far P is from it, E + log Z, is estimated on `PROMPTS` of them. Here p
    is the generator as its NLL takes it, from which no token is left out; the energy of a text of more tokens than an
    example may have is that of its beginning.

    Args:
        model: draws at temperature 1.
        test: the pairs.
        nll: of p, nats per token of all test texts.
        seed: of the choice of pairs, and of what is drawn.
    """
    device, limit = next(model.generator.parameters()).device, model.generator.example.max_tokens
    chosen = np.sort(np.random.default_rng(seed).permutation(len(test))[:PROMPTS])
    uniforms = random_numbers(seed, len(chosen) * SAMPLES, limit).view(len(chosen), SAMPLES, limit)
    size, tokens = TEXTS // SAMPLES, 0
    gaps = torch.zeros(2, dtype=torch.float64)
    for start in range(0, len(chosen), size):
        batch = test.batch(chosen[start : start + size]).to(device)
        asked = batch.prompt, batch.prompt_lengths
        numbers = uniforms[start : start + size].flatten(0, 1).to(device)
        drawn = model.energies(*asked, sample(model.generator, *asked, numbers, undrawn=()))
        ends = zip(batch.text.tolist(), batch.text_lengths.tolist(), strict=True)
        real = model.energies(*asked, [text[: length - 1] for text, length in ends])[:, 0].double()
        gaps += torch.stack([(real + bound).sum() for bound in log_partition(drawn)]).cpu()
        tokens += int(batch.text_lengths.sum())
    lower, upper = (nll + gap / tokens for gap in gaps.tolist())
    return dict(zip(NAMES, (lower, upper, SAMPLES), strict=True))


def signature(samplers: dict[str, Sampler], size: int) -> list[str]:
    """How the bounds were made, where a system of those by name has such; ``size`` is that of the test split."""
    names: Sequence[str] = [name for name, sampler in samplers.items() if isinstance(sampler, Resampler)]
    return [
        f"nll_lower, nll_upper: of {name}, which chooses one of {samplers[name].candidates} answers, bounds in"
        f" expectation (arXiv:2004.11714, theorem 2) of the NLL of its limit of ever more candidates, at temperature 1;"
        f" {SAMPLES} samples a prompt, on {min(PROMPTS, size)} of {size} test pairs, beside the generator's NLL on all"
        for name in names
    ]
