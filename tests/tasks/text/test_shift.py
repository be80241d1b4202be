"""The measures of what moved, against values worked out by hand and the formulas' own definitions."""

from collections import Counter
from math import log, sqrt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgan.tasks.text.shift import log_odds, shift
from promptgan.terms.shift import Moved, Shift, total_variation

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50), max_size=6).map(Counter)


def frame(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["prompt", "text"])


def shares(found: Shift, of: str) -> dict[str, tuple[float, float]]:
    """The shares whose name has a word, with what is beside it as key."""
    return {each.name.replace(of, "").strip(): (each.before, each.after) for each in found.measures if of in each.name}


def test_total_variation_is_half_the_sum_of_differences() -> None:
    assert total_variation({1: 1, 2: 1}, {2: 1, 3: 1}) == 0.5
    assert total_variation({1: 2, 2: 2}, {1: 1, 2: 1}) == 0
    assert total_variation({1: 3}, {2: 5}) == 1
    assert total_variation({}, {1: 1}) == 1
    assert total_variation({}, {}) == 0


@given(COUNTS, COUNTS)
def test_total_variation_is_a_distance_within_one(one: Counter[str], other: Counter[str]) -> None:
    assert total_variation(one, one) == 0
    assert total_variation(one, other) == pytest.approx(total_variation(other, one))
    assert 0 <= total_variation(one, other) <= 1 + 1e-12


def test_log_odds_is_the_published_formula() -> None:
    before, after = Counter(a=6, b=4), Counter(a=2, b=7, c=1)
    prior, (n_before, n_after, n_prior) = before + after, (10, 10, 20)

    def z(word: str) -> float:
        ours, theirs = after[word] + prior[word], before[word] + prior[word]
        delta = log(ours / (n_after + n_prior - ours)) - log(theirs / (n_before + n_prior - theirs))
        return delta / sqrt(1 / ours + 1 / theirs)

    assert log_odds(before, after) == sorted(((w, pytest.approx(z(w))) for w in "abc"), key=lambda pair: -z(pair[0]))


@given(COUNTS, COUNTS)
def test_log_odds_turns_its_sign_with_the_direction(one: Counter[str], other: Counter[str]) -> None:
    forth, back = dict(log_odds(one, other)), dict(log_odds(other, one))
    assert forth == pytest.approx({word: -score for word, score in back.items()})


def test_only_words_whose_number_changed_are_shown() -> None:
    found = shift(frame(("how is tea", "good")), frame(("how is tea", "good"), ("new", "new new")))
    assert [word.name for word in found.gained] == ["new"]
    assert found.lost == ()
    assert (found.gained[0].before, found.gained[0].after) == (0, pytest.approx(3e6 / 7))


def test_lengths_are_counted_in_words_by_side() -> None:
    found = shift(frame(("one two", "床前明月")), frame(("one", "床前明月"), ("one two", "it's")))
    assert found.histograms == {
        "words of a prompt": ({2: 1}, {1: 1, 2: 1}),
        "words of a text": ({4: 1}, {1: 1, 4: 1}),
    }
    assert found.measures[:2] == (
        Moved("words of a prompt, mean", 2, 1.5, 0.5),
        Moved("words of a text, mean", 4, 2.5, 0.5),
    )


def test_scripts_are_shares_of_the_letters_and_only_those_that_occur() -> None:
    found = shift(frame(("hello", "!!!")), frame(("你好", "hi"), ("привет", "ok")))
    assert shares(found, "script") == {
        "letters in Latin": (1, 0.5), "letters in Han": (0, 0.25), "letters in other": (0, 0.25)
    }  # fmt: skip


def test_repetitions_count_records_after_the_first() -> None:
    found = shift(frame(("a", "b"), ("a", "c")), frame(("a", "b"), ("a", "b"), ("a", "c"), ("d", "c")))
    assert shares(found, "repeated") == {
        "prompt": (0.5, 0.5), "text": (0, 0.5), "prompt and text": (0, 0.25)
    }  # fmt: skip


def test_empty_tables_have_distributions_too() -> None:
    found = shift(frame(), frame(("a", "b")))
    assert found.measures[0].distance == 1
    assert shares(found, "Latin script") == {"letters in": (0, 1)}
    assert not any("label" in each.name for each in found.measures)


def test_words_gain_by_their_share_where_the_versions_are_of_different_sizes() -> None:
    large = frame(*[("tea or milk", "milk")] * 8, ("soup", "tea"))
    small = frame(*[("tea or tea", "rice")] * 2)
    found = shift(large, small)
    assert {word.name for word in found.gained} == {"tea", "rice", "or"}, "fewer by number, more by share"
    assert {word.name for word in found.lost} == {"milk", "soup"}
    back = shift(small, large)
    assert {word.name for word in back.lost} == {"tea", "rice", "or"}
    for moved in (found, back):
        assert all(word.after > word.before for word in moved.gained)
        assert all(word.after < word.before for word in moved.lost)
