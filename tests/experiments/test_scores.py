"""Means over seeds: Student's intervals against tables, and differences within a seed."""

import math

import pytest

from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.scores import Estimate, differences, estimate, preset_differences, scores, unconverged


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


def test_presets_are_compared_within_the_seeds_that_both_have() -> None:
    luck = {1: 0.0, 2: 0.5, 3: -0.2, 4: 9.0}  # of a seed, the same for every preset
    one, two = (
        Entry(
            "some",
            trained={
                seed: trained({"adversarial": {"ms_jaccard": luck[seed] + gain * seed, "temperature": 0.7}})
                for seed in seeds
            },
        )
        for seeds, gain in (((1, 2, 3), 0.02), ((2, 3, 4), 0.01))
    )
    found = preset_differences(one, two)
    assert list(found) == ["ms_jaccard"]
    assert found["ms_jaccard"].mean == pytest.approx(0.025)
    assert found["ms_jaccard"].half_width == pytest.approx(12.7062 * 0.005, rel=1e-4)  # t of two seeds; s / sqrt(2)
    assert preset_differences(two, one)["ms_jaccard"].mean == pytest.approx(-0.025)


def test_presets_with_one_seed_in_common_have_differences_without_interval() -> None:
    one = Entry("one", trained={seed: trained({"adversarial": {"relevance": 0.6}}) for seed in (1, 2)})
    two = Entry("two", trained={1: trained({"adversarial": {"relevance": 0.5}})})
    (found,) = preset_differences(one, two).values()
    assert found.mean == pytest.approx(0.1)
    assert found.half_width is None
    assert preset_differences(one, Entry("none")) == {}


def test_presets_are_compared_at_equal_diversity_on_their_curves() -> None:
    def run(height: float) -> Trained:
        curve = {"self_bleu_4": [0.1, 0.3], "bleu_4": [height, height + 0.2], "relevance": [0.5]}
        return Trained("", "", "", {}, {"evaluation": {"adversarial": {}}}, [], {"adversarial": curve})

    found = preset_differences(Entry("one", trained={1: run(0.25)}), Entry("two", trained={1: run(0.2)}))
    assert list(found) == ["equal bleu_4"]
    assert found["equal bleu_4"].mean == pytest.approx(0.05)


def test_the_nll_of_other_tokens_is_not_compared() -> None:
    def run(tokens: str) -> Trained:
        evaluation = {"adversarial": {"nll": 4.0, "relevance": 0.5}}
        return Trained("", "", "", {"data/tokens": tokens}, {"evaluation": evaluation}, [], {})

    one, two, other = (Entry(name, trained={1: run(tokens)}) for name, tokens in (("a", "x"), ("b", "x"), ("c", "y")))
    assert sorted(preset_differences(one, two)) == ["nll", "relevance"]
    assert sorted(preset_differences(one, other)) == ["relevance"]


def test_the_seeds_whose_twin_was_still_improving() -> None:
    runs = {
        seed: Trained("", "", "", {}, {"evaluation": {}, "pretrain": {"converged": seed != 2}}, [], {})
        for seed in (3, 2, 1)
    }
    assert unconverged(Entry("some", trained=runs)) == [2]
