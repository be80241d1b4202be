"""What ratings say together, against a published example and by hand."""

import numpy as np
import pytest

from promptgan.ratings.kept import Rating
from promptgan.ratings.opinion import TooFewRatings, alpha, opinion

NAN = np.nan
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
"""Four observers, twelve units: the example of Krippendorff, 2011, whose alpha for intervals is 0.849."""


def ratings(prompts: int, raters: int = 2) -> list[Rating]:
    """Real answers are rated 5, the twin's 2, the adversary's 4; to the first prompt the latter two are one answer."""
    marks = {("real",): 5, ("twin",): 2, ("adversarial",): 4}
    first = {("real",): 5, ("twin", "adversarial"): 3}
    return [
        Rating("text", "ab", str(rater), f"t{prompt}", systems, mark)
        for rater in range(raters)
        for prompt in range(prompts)
        for systems, mark in (marks if prompt else first).items()
    ]


def test_alpha_is_that_of_the_published_example() -> None:
    assert alpha(PUBLISHED) == pytest.approx(0.849, abs=5e-4)
    assert alpha(np.array([[1.0, 2.0], [1.0, 2.0]])) == 1.0
    assert alpha(np.array([[3.0, 3.0], [3.0, 3.0]])) is None
    assert alpha(PUBLISHED[:1]) is None


def test_raters_who_agree_say_who_is_better() -> None:
    found = opinion(ratings(30))
    assert (found.raters, found.prompts, found.alpha) == (2, 30, 1.0)
    assert found.means["real"] == (5.0, 5.0, 5.0)
    assert found.means["twin"][0] == pytest.approx((29 * 2 + 3) / 30)
    assert list(found.preferences) == ["twin over real", "adversarial over real", "adversarial over twin"]
    mean, low, high = found.preferences["adversarial over twin"]
    assert mean == pytest.approx(1 - 0.5 / 30), "one answer is the same, half of a preference"
    assert low <= mean <= high == 1


def test_a_prompt_counts_where_every_answer_has_a_rating() -> None:
    found = opinion([*ratings(30), Rating("text", "ab", "0", "alone", ("twin",), 5)])
    assert found.prompts == 30
    assert found.means == opinion(ratings(30)).means


def test_the_order_of_ratings_says_nothing() -> None:
    assert opinion(ratings(30)[::-1]) == opinion(ratings(30))


@pytest.mark.parametrize("prompts", [0, 9])
def test_too_few_ratings_are_no_verdict(prompts: int) -> None:
    with pytest.raises(TooFewRatings, match=f"^{prompts} prompt"):
        opinion(ratings(prompts))
