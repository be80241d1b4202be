"""Bounds of a likelihood that is known by sampling: they bracket what is written down, and tighten."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Resampler, Sampler
from promptgan.tasks.text.measures import bounds
from promptgan.tasks.text.measures.bounds import log_partition, nll_bounds, signature
from tests.forms.tokens.toy import EXAMPLE, models, texts

PROBABILITIES, ENERGIES = [0.5, 0.3, 0.2], [0.4, -0.8, 0.1]


def expected(n: int) -> tuple[float, float]:
    """The expectations of both bounds from n samples of three texts, over all ways to draw each so many times."""
    ways = [(a, b, n - a - b) for a in range(n + 1) for b in range(n + 1 - a)]
    orders = [math.factorial(n) // math.prod(map(math.factorial, way)) for way in ways]
    each = [math.prod(p**i for p, i in zip(PROBABILITIES, way, strict=True)) for way in ways]
    chances = torch.tensor([a * b for a, b in zip(orders, each, strict=True)], dtype=torch.float64)
    energies = [[e for e, i in zip(ENERGIES, way, strict=True) for _ in range(i)] for way in ways]
    lower, upper = log_partition(torch.tensor(energies, dtype=torch.float64))
    return float(chances @ lower), float(chances @ upper)


def test_the_bounds_bracket_the_partition_function_and_tighten() -> None:
    exact = math.log(sum(p * math.exp(-e) for p, e in zip(PROBABILITIES, ENERGIES, strict=True)))
    found = [expected(n) for n in (4, 12, 36)]
    assert all(lower < exact < upper for lower, upper in found)
    for few, more in pairwise(found):
        assert exact - more[0] < (exact - few[0]) / 2
        assert more[1] - exact < (few[1] - exact) / 2


def test_leaving_one_out_is_the_mean_over_all_ways_to_do_so() -> None:
    energies = torch.tensor([[0.3, -2.0, 1.1, 40.0]])
    weights = [math.exp(-e) for e in energies[0].tolist()]
    whole = math.log(sum(weights) / 4)
    parts = [math.log(sum(weights[:i] + weights[i + 1 :]) / 3) for i in range(4)]
    lower, upper = log_partition(energies)
    assert lower.item() == pytest.approx(whole)
    assert upper.item() == pytest.approx(7 * whole - 6 * sum(parts) / 4)


PROMPTS, ANSWERS = ([4], [5, 4]), ([], [4], [5], [4, 5], [1], [5, 5])
"""Prompts of one and two tokens, and toy texts, an unknown word among them."""


def pairs_of(folder: Path, prompts: list[int], answers: list[int]) -> Pairs:
    """Pairs of the prompts and answers of these numbers."""
    table = pa.table(
        {"prompt": pa.array([PROMPTS[i] for i in prompts]), "text": pa.array([ANSWERS[i] for i in answers])}
    )
    with pa.ipc.new_file(str(folder / "test.arrow"), table.schema) as file:
        file.write_table(table)
    return Pairs(folder / "test.arrow")


@pytest.fixture
def test_pairs(tmp_path: Path) -> Pairs:
    """Two hundred pairs."""
    return pairs_of(tmp_path, [i % 2 for i in range(200)], [i % len(ANSWERS) for i in range(200)])


def test_the_nll_bounds_bracket_what_is_written_down(test_pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, discriminator = models()
    p = texts(chain, undrawn=[])
    assert sum(p.values()) == pytest.approx(1)
    steps = chain.transitions.detach().double().log_softmax(1)
    z = {
        n: math.log(sum(q * math.exp(discriminator.logit((*y, EXAMPLE.eos), n)) for y, q in p.items())) for n in (1, 2)
    }
    nats = of_p = tokens = 0.0
    for prompt, text in zip(
        *(test_pairs.rows(side, torch.arange(200).numpy()) for side in ("prompt", "text")), strict=True
    ):
        path = [EXAMPLE.bos, *text, EXAMPLE.eos]
        own = -float(sum(steps[a, b] for a, b in pairwise(path)))
        of_p += own
        nats += own - discriminator.logit((*text, EXAMPLE.eos), len(prompt)) + z[len(prompt)]
        tokens += len(text) + 1
    exact = nats / tokens
    assert abs(exact - of_p / tokens) > 0.05
    found = []
    for samples in (4, 256):
        monkeypatch.setattr(bounds, "SAMPLES", samples)
        found.append(nll_bounds(Resampler(chain, discriminator, 8), test_pairs, of_p / tokens, 20, 1).numbers)
        assert found[-1]["nll_samples"] == samples
    few, many = found
    assert few["nll_lower"] < exact - 0.01 < exact + 0.01 < few["nll_upper"]
    assert many["nll_lower"] == pytest.approx(exact, abs=0.01)
    assert many["nll_upper"] == pytest.approx(exact, abs=0.01)


def test_the_standard_errors_are_the_spread_over_other_pairs_and_other_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    monkeypatch.setattr(bounds, "SAMPLES", 8)
    model, random = Resampler(*models(), 8), np.random.default_rng(7)
    found = []
    for seed in range(150):
        drawn = (random.integers(0, len(known), 60).tolist() for known in (PROMPTS, ANSWERS))
        found.append(nll_bounds(model, pairs_of(tmp_path, *drawn), 0.0, 20, seed))
    for name in ("nll_lower", "nll_upper"):
        spread = np.std([each.numbers[name] for each in found], ddof=1)  # itself known to 6 %
        assert np.sqrt(np.mean([each.errors[name] ** 2 for each in found])) == pytest.approx(spread, rel=0.15)
    assert found[0].errors.keys() == {"nll_lower", "nll_upper"}


def test_the_signature_names_the_systems_that_resample() -> None:
    chain, discriminator = models()
    assert signature({"twin": Sampler(chain)}, 40) == []
    (line,) = signature({"twin": Sampler(chain), "adversarial": Resampler(chain, discriminator, 8)}, 40)
    assert "of adversarial, which chooses one of 8 answers" in line
    assert "32 samples a prompt, on 40 of 40 test pairs" in line
