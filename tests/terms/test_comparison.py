import numpy as np
import pytest

from promptgan.terms.comparison import (
    difference,
    gap_at_equal_diversity,
    jackknife,
    sentence,
    standing,
    verdict,
    withheld,
)
from promptgan.terms.metrics import Metric, rounded


def test_a_raised_curve_is_higher_by_as_much() -> None:
    theirs = [(0.1, 0.2), (0.3, 0.5), (0.6, 0.7)]
    ours = [(x, y + 0.05) for x, y in theirs]
    assert gap_at_equal_diversity(ours, theirs) == pytest.approx(0.05)
    assert gap_at_equal_diversity(theirs, ours) == pytest.approx(-0.05)


def test_another_temperature_of_the_same_curve_is_no_gap() -> None:
    line = [(x, 2 * x) for x in (0.1, 0.25, 0.4, 0.7)]
    assert gap_at_equal_diversity(line[1:], [(x + 0.05, 2 * x + 0.1) for x, _ in line]) == pytest.approx(0.0, abs=1e-12)


def test_curves_that_do_not_meet_cannot_be_compared() -> None:
    assert gap_at_equal_diversity([(0.1, 1.0), (0.2, 1.0)], [(0.3, 0.0), (0.4, 0.0)]) is None


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=100)
    (error,) = jackknife(100, 100, 1, lambda keep: [values[keep].mean()])
    assert error == pytest.approx(values.std(ddof=1) / 10)


def test_jackknife_depends_on_its_seed_only() -> None:
    values = np.arange(50.0) ** 2
    first, again, other = (jackknife(50, 5, seed, lambda keep: [values[keep].mean()]) for seed in (1, 1, 2))
    assert first == again != other


LINE = [(0.1, 0.2), (0.3, 0.5), (0.6, 0.7)]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ([(0.1, 0.3), (0.3, 0.5), (0.6, 0.8)], "dominates"),  # touches, but is nowhere lower
        ([(0.1, 0.1), (0.3, 0.5), (0.6, 0.6)], "is dominated by"),
        ([(0.1, 0.3), (0.3, 0.5), (0.6, 0.6)], "crosses"),
        (
            [(0.1, 0.25), (0.6, 0.72)],
            "crosses",
        ),  # higher at its own points, lower between them, where the other has one
        ([(0.0, -1.0), (0.2, 0.4), (0.5, 0.7), (0.9, -1.0)], "crosses"),
        ([(0.25, 0.6), (0.4, 0.8), (0.7, 0.9)], "dominates"),  # only the shared range counts
        (LINE, "crosses"),
        ([(0.7, 1.0), (0.8, 1.0)], None),
    ],
)
def test_how_one_curve_lies_to_another(ours: list[tuple[float, float]], expected: str | None) -> None:
    assert standing(ours, LINE) == expected
    mirrored = {"dominates": "is dominated by", "is dominated by": "dominates"}
    assert standing(LINE, ours) == mirrored.get(str(expected), expected)


def test_a_comparison_in_words_begins_with_how_the_curves_lie() -> None:
    assert sentence("bleu_4", "twin", "dominates", 0.0089, 0.0036, clear=True) == (
        "bleu_4: adversarial dominates twin at equal self_bleu_4; the mean difference is +0.0089, beyond twice the"
        " standard error over prompts (0.0036)"
    )
    assert sentence("bleu_4", "twin", "crosses", -0.0089, 0.0046, clear=False) == (
        "bleu_4: adversarial crosses twin at equal self_bleu_4, but the two cannot be told apart; the mean difference"
        " is -0.0089, within twice the standard error over prompts (0.0046)"
    )


def test_a_difference_of_points_in_words_begins_with_who_is_ahead() -> None:
    metric = Metric("distance", "distance", "lower", "How far.", format=".2f")
    assert difference(metric, "twin", -1.234, 0.5, "images", clear=True) == (
        "distance: adversarial is ahead of twin; the difference is -1.23, beyond twice its standard error over images"
        " (0.50)"
    )
    assert difference(metric, "twin", 0.5, 0.5, "images", clear=False) == (
        "distance: adversarial and twin cannot be told apart; the difference is +0.50, within twice its standard error"
        " over images (0.50)"
    )


@pytest.mark.parametrize(
    ("kind", "converged", "count", "groups", "reason"),
    [
        ("model", True, 100, 20, None),
        ("model", None, 100, 20, None),  # of a method that does not say
        ("none", True, 100, 20, "no verdict: the recipe trains no adversarial model"),
        ("model", False, 100, 20, "no verdict: the likelihood twin was still improving when its training ended"),
        ("model", True, 99, 4, "no verdict: 99 samples of a system are too few"),
        ("model", True, 104, 21, "no verdict: 104 samples of a system are too few"),
        ("model", True, 105, 21, None),
    ],
)
def test_why_a_verdict_is_withheld(
    kind: str, converged: bool | None, count: int, groups: int, reason: str | None
) -> None:
    twin = {"kind": "model"} | ({} if converged is None else {"converged": converged})
    found = withheld({"twin": twin, "adversarial": {"kind": kind}}, count, groups)
    assert found is None if reason is None else str(found).startswith(reason)


def test_a_verdict_says_what_one_run_cannot_and_that_there_may_be_nobody_to_compare_with() -> None:
    alone, compared = verdict([]), verdict(["bleu_4: one"])
    assert alone[0] == "no verdict: there is no other model to compare with"
    assert compared[0] == "bleu_4: one"
    assert alone[1] == compared[1] and alone[1].startswith("one training seed")


def test_numbers_are_rounded_through_lists_and_dictionaries_and_what_is_not_defined_is_none() -> None:
    raw = {"a": [0.123456, np.float32(2.5), float("nan"), np.float64("nan")], "b": 3, "c": "0.123456", "d": True}
    assert rounded(raw) == {"a": [0.1235, 2.5, None, None], "b": 3, "c": "0.123456", "d": True}
    assert type(rounded(raw)["a"][1]) is float and rounded(raw)["d"] is True
