"""Drift: against closed forms, another way to compute it, and samples of which it is known."""

from collections import Counter
from math import log

import numpy as np
import pytest

from promptgan.watching import drift


def test_psi_is_jeffreys_divergence() -> None:
    expected, observed = {"a": 600, "b": 400}, {"a": 300, "b": 700}
    p, q = (600.5 / 1001, 400.5 / 1001), (300.5 / 1001, 700.5 / 1001)
    known = sum((v - u) * log(v / u) for u, v in zip(p, q, strict=True))
    found = drift.psi(expected, observed)
    assert found and found.value == pytest.approx(known)
    assert found.critical == pytest.approx(3.841459 * 2 / 1000, rel=1e-6)  # the 95 % quantile at one degree of freedom
    assert found.moved


def test_psi_of_equal_shares_is_zero_whatever_the_sizes() -> None:
    found = drift.psi({"a": 1000, "b": 1000}, {"a": 100, "b": 100})
    assert found and found.value == pytest.approx(0) and not found.moved


def test_a_new_bin_counts_and_is_finite() -> None:
    found = drift.psi({"en": 100}, {"en": 50, "de": 50})
    assert found and 0.25 < found.value < 10 and found.moved


def test_its_critical_value_is_exceeded_by_chance_one_time_in_twenty() -> None:
    random, shares = np.random.default_rng(1), np.full(8, 1 / 8)
    above = 0
    for _ in range(400):
        one, other = (dict(enumerate(random.multinomial(n, shares).tolist())) for n in (2000, 500))
        found = drift.psi(one, other)
        assert found
        above += found.value > found.critical
    assert 0.02 < above / 400 < 0.09


def test_too_few_say_nothing() -> None:
    assert drift.psi({"a": 49}, {"a": 1000}) is None
    rows = np.zeros((drift.FEWEST - 1, 2))
    assert drift.mmd(rows, np.zeros((100, 2))) is None


def test_bins_are_quantiles_of_the_reference() -> None:
    one, other = drift.binned(range(1, 101), [0, 5, 1000])
    assert set(one.values()) == {10}
    assert other == Counter({0: 2, 9: 1})


def test_values_that_repeat_make_fewer_bins() -> None:
    one, other = drift.binned([3] * 100, [3, 3, 4])
    assert one == Counter({0: 100}) and other == Counter({0: 2, 1: 1})


def test_mmd_as_the_double_sum_has_it() -> None:
    random = np.random.default_rng(2)
    x, y = random.normal(size=(60, 3)), random.normal(0.5, size=(70, 3))
    both = np.concatenate([x, y])
    distances = [float(((a - b) ** 2).sum()) for i, a in enumerate(both) for b in both[i + 1 :]]
    width = 2 * np.median(distances)

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / width))

    within = sum(k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j) / (60 * 59)
    within += sum(k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j) / (70 * 69)
    known = within - 2 * sum(k(a, b) for a in x for b in y) / (60 * 70)
    found = drift.mmd(x, y)
    assert found and found.value == pytest.approx(known, abs=1e-12)
    assert found.p == pytest.approx(1 / 201) and found.moved


def test_mmd_of_one_distribution_is_seldom_called_moved() -> None:
    random = np.random.default_rng(3)
    moved = [drift.mmd(*random.normal(size=(2, 60, 4)), permutations=60) for _ in range(60)]
    assert sum(each is not None and each.moved for each in moved) <= 8
    assert min(each.p for each in moved if each) > 0


def test_equal_rows_are_no_drift() -> None:
    found = drift.mmd(np.ones((60, 2)), np.ones((60, 2)))
    assert found and found.value == pytest.approx(0) and found.p == 1
