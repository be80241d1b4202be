"""Means over seeds: Student's intervals against tables, and differences within a seed."""

import math
from typing import Any

import pytest

from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.makeup import Makeup
from promptgan.experiments.scores import Estimate, differences, estimate, scores, unconverged

MADE = Makeup({}, {}, {"task": "text"})


def trained(systems: dict[str, Any], **otherwise: Any) -> Trained:
    empty: dict[str, Any] = {"outputs": {}, "gaps": {}, "metrics": {}, "signature": [], "curves": {}}
    return Trained(lock_sha256="", device="", torch="", systems=systems, **{**empty, **otherwise})


def entry(runs: dict[int, Trained]) -> Entry:
    return Entry("some", made=MADE, trained=runs)


def against(one: Entry, two: Entry) -> dict[str, Estimate]:
    return differences(one, "adversarial", two, "adversarial")


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


def test_curves_along_a_choice_are_compared_where_both_have_chosen_alike() -> None:
    numbers = {"adversarial": {"macro_f1": 0.8}, "twin": {"macro_f1": 0.9}}
    curves = {
        "adversarial": {"labels": [1000.0, 100.0], "macro_f1": [0.8, 0.6]},
        "twin": {"labels": [1000.0, 100.0, 300.0], "macro_f1": [0.9, 0.5, 0.1]},
    }
    run = trained(numbers, curves=curves, gaps={"twin": {"macro_f1": -0.1}})
    some = Entry("some", made=Makeup({}, {}, {"task": "classification"}), trained={1: run})
    found = differences(some, "adversarial", some, "twin")
    assert found["equal macro_f1"].mean == pytest.approx((-0.1 + 0.1) / 2)
    assert found["macro_f1"].mean == pytest.approx(-0.1)


def test_differences_are_paired_by_seed() -> None:
    runs = {
        seed: trained(
            {
                "adversarial": {"nll": 4.0 + seed, "temperature": 1.0},
                "twin": {"nll": 3.0 + seed + 0.1 * (seed % 2), "temperature": 0.7},
                "control": "not applicable",
            },
            gaps={"twin": {"bleu_4": 0.01 * seed, "relevance": "no overlap"}, "control": "not applicable"},
        )
        for seed in (1, 2, 3)
    }
    some = entry(runs)
    found = differences(some, "adversarial", some, "twin")
    assert list(found) == ["equal bleu_4", "nll"]
    assert found["equal bleu_4"].mean == pytest.approx(0.02)
    assert found["nll"].mean == pytest.approx((0.9 + 1.0 + 0.9) / 3)
    spread = math.sqrt(2 * (1 / 30) ** 2 + (2 / 30) ** 2) / math.sqrt(2)
    assert found["nll"].half_width == pytest.approx(4.3027 * spread / math.sqrt(3), rel=1e-4)
    assert differences(some, "adversarial", some, "control") == {}
    assert scores(some, "control") == {}
    assert scores(some, "twin")["temperature"].mean == pytest.approx(0.7)


def test_presets_are_compared_within_the_seeds_that_both_have() -> None:
    luck = {1: 0.0, 2: 0.5, 3: -0.2, 4: 9.0}  # of a seed, the same for every preset
    one, two = (
        entry({n: trained({"adversarial": {"ms_jaccard": luck[n] + gain * n, "temperature": 0.7}}) for n in seeds})
        for seeds, gain in (((1, 2, 3), 0.02), ((2, 3, 4), 0.01))
    )
    found = against(one, two)
    assert list(found) == ["ms_jaccard"]
    assert found["ms_jaccard"].mean == pytest.approx(0.025)
    assert found["ms_jaccard"].half_width == pytest.approx(12.7062 * 0.005, rel=1e-4)  # t of two seeds; s / sqrt(2)
    assert against(two, one)["ms_jaccard"].mean == pytest.approx(-0.025)


def test_presets_with_one_seed_in_common_have_differences_without_interval() -> None:
    one = entry({seed: trained({"adversarial": {"relevance": 0.6}}) for seed in (1, 2)})
    two = entry({1: trained({"adversarial": {"relevance": 0.5}})})
    (found,) = against(one, two).values()
    assert found.mean == pytest.approx(0.1)
    assert found.half_width is None
    assert against(one, Entry("none")) == {}


def test_presets_are_compared_at_equal_diversity_on_their_curves() -> None:
    def run(height: float) -> Trained:
        curve = {"self_bleu_4": [0.1, 0.3], "bleu_4": [height, height + 0.2], "relevance": [0.5]}
        return trained({"adversarial": {"copied": 0.1}}, curves={"adversarial": curve})

    found = against(entry({1: run(0.25)}), entry({1: run(0.2)}))
    assert list(found) == ["equal bleu_4", "copied"]
    assert found["equal bleu_4"].mean == pytest.approx(0.05)


def test_a_metric_in_another_unit_is_not_compared() -> None:
    def run(tokens: str) -> Entry:
        return entry({1: trained({"adversarial": {"nll": 4.0, "relevance": 0.5}}, outputs={"data/tokens": tokens})})

    assert sorted(against(run("x"), run("x"))) == ["nll", "relevance"]
    assert sorted(against(run("x"), run("y"))) == ["relevance"]


def test_the_seeds_whose_twin_was_still_improving() -> None:
    runs = {seed: trained({}, metrics={"pretrain": {"converged": seed != 2}}) for seed in (3, 2, 1)}
    assert unconverged(entry(runs)) == [2]
