"""Means over seeds: Student's intervals against tables, and differences within a seed."""

import math

import pytest

from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.scores import Estimate, differences, estimate, scores


def trained(evaluation: dict[str, object]) -> Trained:
    return Trained("", "", "", {}, {"evaluation": evaluation}, [], {})


@pytest.mark.parametrize(("count", "quantile"), [(2, 12.7062), (3, 4.3027), (5, 2.7764), (10, 2.2622), (31, 2.0423)])
def test_intervals_have_the_quantiles_of_any_table(count: int, quantile: float) -> None:
    values = [float(i) for i in range(count)]
    spread = math.sqrt(count * (count + 1) / 12)  # the standard deviation of 0, 1, ..., count - 1
    found = estimate(values)
    assert found.mean == pytest.approx((count - 1) / 2)
    assert found.half_width == pytest.approx(quantile * spread / math.sqrt(count), rel=3e-5)


def test_one_seed_has_no_interval() -> None:
    assert estimate([0.5]) == Estimate(0.5, None)
    assert not estimate([0.5]).excludes_zero


def test_an_interval_excludes_zero_on_either_side() -> None:
    assert estimate([1.0, 1.1, 0.9]).excludes_zero
    assert estimate([-1.0, -1.1, -0.9]).excludes_zero
    assert not estimate([-1.0, 1.1, 0.9]).excludes_zero


def test_differences_are_paired_by_seed() -> None:
    runs = {
        seed: trained(
            {
                "adversarial": {"nll": 4.0 + seed, "temperature": 1.0},
                "twin": {"nll": 3.0 + seed + 0.1 * (seed % 2), "temperature": 0.7},
                "gap_to_twin": {"bleu_4": 0.01 * seed, "relevance": "no overlap"},
                "control": "not applicable",
            }
        )
        for seed in (1, 2, 3)
    }
    entry = Entry("some", trained=runs)
    found = differences(entry, "twin")
    assert list(found) == ["equal bleu_4", "nll"]
    assert found["equal bleu_4"].mean == pytest.approx(0.02)
    assert found["nll"].mean == pytest.approx((0.9 + 1.0 + 0.9) / 3)
    spread = math.sqrt(2 * (1 / 30) ** 2 + (2 / 30) ** 2) / math.sqrt(2)
    assert found["nll"].half_width == pytest.approx(4.3027 * spread / math.sqrt(3), rel=1e-4)
    assert differences(entry, "control") == {}
    assert scores(entry, "control") == {}
    assert scores(entry, "twin")["temperature"].mean == pytest.approx(0.7)
