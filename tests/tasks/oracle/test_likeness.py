"""What is alike in sequences, and how two versions of them differ."""

import pandas as pd
import pytest

from promptgan.tasks.oracle import likeness, shift


def records(*texts: str) -> pd.DataFrame:
    names = [f"r{number}" for number in range(len(texts))]
    return pd.DataFrame({"id": names, "group": names, "text": texts})


def test_the_nearest_training_sequences_are_told_with_how_far_they_agree() -> None:
    found = likeness.origin({"text": "1 2 3 4"}, pd.DataFrame(), records("4 3 2 1", "1 2 3 9", "1 2 3"))
    assert [(near["id"], near["similarity"]) for near in found["nearest"]] == [("r1", 0.75), ("r2", 0.75), ("r0", 0.0)]
    assert found["verdict"] == "not a training sequence; the nearest of 3 agrees in 75%"


def test_a_copy_is_called_one() -> None:
    found = likeness.origin({"text": "1 2"}, pd.DataFrame(), records("1 2", "2 1", "1 2"))
    assert found["verdict"] == "copied token for token: 2 of 3 training sequences are this"


def test_the_same_sequence_is_a_relative_and_a_sample_that_is_it_repeats_it() -> None:
    assert likeness.relatives(records("1 2"), records("2 1", "1 2"), {}) == ["", "of the same sequence"]
    assert likeness.repeats({"text": "1 2"}, records("2 1", "1 2")) == [1]
    assert likeness.phrases(records("1 2", "3 4"), records("3 4")) == ("1 2",)


def test_versions_of_sequences_differ_in_their_tokens_lengths_and_repetitions() -> None:
    moved = shift.shift(records("1 1", "2 2"), records("1 1", "1 1", "3")).measures
    assert moved[0] == ("tokens of a sequence, mean", 2.0, pytest.approx(5 / 3), pytest.approx(1 / 3))
    assert moved[1] == ("different tokens", 2, 2, pytest.approx(0.5))
    assert moved[2] == ("repeated sequence", 0.0, pytest.approx(1 / 3), None)
