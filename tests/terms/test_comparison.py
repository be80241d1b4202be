import numpy as np
import pytest

from promptgan.terms.comparison import gap_at_equal_diversity, jackknife, sentence


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


@pytest.mark.parametrize(
    ("gap", "clear", "expected"),
    [
        (0.0089, True, "adversarial is ahead of twin"),
        (-0.0089, True, "adversarial is behind twin"),
        (0.0089, False, "adversarial and twin cannot be told apart"),
    ],
)
def test_a_comparison_in_words_begins_with_who_is_ahead(gap: float, clear: bool, expected: str) -> None:
    weighed = f"{gap:+.4f}, {'beyond' if clear else 'within'} twice the standard error over prompts (0.0036)"
    said = sentence("bleu_4", "twin", gap, 0.0036, clear=clear)
    assert said == f"bleu_4: {expected} at equal self_bleu_4; the difference is {weighed}"
