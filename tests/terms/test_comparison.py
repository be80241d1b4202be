import numpy as np
import pytest

from promptgan.terms.comparison import gap_at_equal_diversity, jackknife, sentence, standing


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
