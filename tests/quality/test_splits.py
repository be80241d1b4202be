from collections import Counter

import pandas as pd
import pytest
from pydantic import ValidationError

from promptgan.quality.splits import Shares, copies_across_splits, split_of

SHARES = Shares(val=0.05, test=0.08, judge=0.07)


def test_the_split_is_a_fixed_function_of_the_group():
    expected = {"g5": "judge", "g6": "test", "g7": "train", "g14": "val", "": "train", "王之渙: 登鸛雀樓": "test"}
    assert {group: split_of(group, SHARES) for group in expected} == expected


def test_shares_are_met():
    counts = Counter(split_of(f"group {i}", SHARES) for i in range(20_000))
    assert {split: round(count / 20_000, 2) for split, count in counts.items()} == {
        "train": 0.8,
        "test": 0.08,
        "judge": 0.07,
        "val": 0.05,
    }


def test_train_must_keep_a_tenth():
    with pytest.raises(ValidationError, match="less than a tenth"):
        Shares(val=0.3, test=0.3, judge=0.31)


def test_a_copy_names_the_first_record_of_the_highest_ranked_split_that_has_it():
    rows = [
        ("a", "train", "x"),
        ("b", "val", "x"),
        ("c", "judge", "x"),
        ("d", "judge", "x"),
        ("e", "test", "y"),
        ("f", "train", "y"),
        ("g", "train", "z"),
    ]
    frame = pd.DataFrame(rows, columns=["id", "split", "text"], index=range(10, 17))
    found = copies_across_splits(frame, "text")
    assert found.tolist() == ["c in judge", "c in judge", None, None, None, "e in test", None]
    assert found.index.equals(frame.index)
    assert copies_across_splits(frame.head(0), "text").tolist() == []
