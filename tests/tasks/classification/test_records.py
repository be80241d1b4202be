"""What is asked of labelled texts, and where those go that do not meet it."""

from typing import Any

import pandas as pd
import pytest

from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.examination import TableRuleBroken
from promptgan.quality.splits import Shares, split_of
from promptgan.tasks.classification.records.parameters import Parameters
from promptgan.tasks.classification.records.records import COLUMNS, validate
from promptgan.terms.splits import SPLITS
from tests.tasks.classification.conftest import texts

PARAMETERS = Parameters(
    shares=Shares(val=0.2, test=0.2, judge=0.2),
    max_words=12,
    script="latin",
    max_foreign_share=0.1,
    allow_contact_details=False,
    near_duplicates=NearDuplicates(shingle_words=2, threshold=0.8),
    min_rows=50,
    min_per_label=5,
    max_defect_share=0.1,
    max_quarantine_share=0.5,
    max_label_share=0.5,
)


def with_rows(*more: tuple[object, object]) -> pd.DataFrame:
    """Two hundred and ten good records, and some texts and labels."""
    rows = [(f"m{number}", f"m{number}", text, label, "") for number, (text, label) in enumerate(more)]
    return pd.concat([texts(210), pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True)


def quarantine(records: pd.DataFrame, **changes: Any) -> "pd.Series[Any]":
    """The rule that took each record, by id."""
    found: pd.Series[Any] = validate(records, PARAMETERS.model_copy(update=changes)).quarantine.set_index("id")["rule"]
    return found


def test_good_texts_are_normalised_pass_and_are_counted() -> None:
    found = validate(with_rows(("It\u2019s  a  goal", "sport")), PARAMETERS)
    kept = pd.concat(found.splits.values()).set_index("id")
    assert len(found.quarantine) == 0
    assert kept.loc["m0", "text"] == "It's a goal"
    assert list(found.splits["train"]) == COLUMNS
    assert found.summary["labels"] == {"sport": 71, "tech": 70, "world": 70}
    assert found.summary["sources"] == {"paper": 105, "wire": 105}
    for split in SPLITS:
        assert {split_of(group, PARAMETERS.shares) for group in found.splits[split]["group"]} == {split}


def test_each_bad_row_goes_to_quarantine_with_its_rule() -> None:
    rules: dict[tuple[object, object], str] = {
        (" ", "sport"): "empty-side",
        ("a\x00b", "sport"): "control-characters",
        ("write to a@example.org", "sport"): "contact-details",
        ("word " * 13, "sport"): "too-long",
        ("это хорошо", "sport"): "wrong-script",
        (None, "sport"): "missing-value",
        ("unlabelled", None): "missing-value",
        (5, "sport"): "not-a-string",
        ("half", 0.5): "not-a-string",
    }
    assert quarantine(with_rows(*rules)).to_dict() == {f"m{n}": rule for n, rule in enumerate(rules.values())}


def test_contact_details_may_be_allowed() -> None:
    assert quarantine(with_rows(("write to a@example.org", "sport")), allow_contact_details=True).empty


def test_one_text_with_several_labels_is_believed_in_none_wherever_it_lies() -> None:
    same = [("a goal  in code", "sport"), ("a goal in code", "tech"), ("a goal in code", "tech")]
    assert quarantine(with_rows(*same)).to_dict() == dict.fromkeys(["m0", "m1", "m2"], "contradictory-labels")


def test_equal_texts_of_a_group_leave_the_first_and_near_ones_of_other_splits_the_higher() -> None:
    good = texts(210)
    groups = {split: good.index[[split_of(g, PARAMETERS.shares) == split for g in good["group"]]] for split in SPLITS}
    test, train = good.loc[groups["test"][0]], good.loc[groups["train"][0]]
    copies = pd.DataFrame(
        [
            {**test, "id": "equal"},
            {**test, "id": "near", "group": train["group"], "text": f"{test['text']} indeed"},
        ]
    )
    taken = quarantine(pd.concat([good, copies], ignore_index=True))
    assert taken.to_dict() == {"equal": "exact-duplicate", "near": "duplicate-across-splits"}


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (texts(210).assign(label="sport"), "one-label"),
        (texts(210).assign(label=["a"] * 60 + ["b"] * 150), "label-balance"),
        (texts(30), "too-few-rows"),
        (texts(210).drop(columns="source"), "missing-column"),
        (texts(210).assign(id="t"), "repeated-id"),
        (texts(210).assign(text=""), "too-few-rows"),
    ],
)
def test_a_table_that_a_classifier_cannot_learn_from_stops_the_pipeline(table: pd.DataFrame, rule: str) -> None:
    with pytest.raises(TableRuleBroken) as caught:
        validate(table, PARAMETERS)
    assert rule in caught.value.rules


def test_a_label_that_a_split_lacks_is_named_with_what_there_is() -> None:
    rare = [(f"a rare thing {number} of its own kind {number * 7}", "rare") for number in range(3)]
    with pytest.raises(
        TableRuleBroken, match=r"5 are wanted, and 'rare' has \d in test, 'rare' has \d in judge"
    ) as caught:
        validate(with_rows(*rare), PARAMETERS)
    assert caught.value.rules == ["label-missing-in-split"]


def test_a_label_that_quarantine_took_whole_is_missed() -> None:
    with pytest.raises(TableRuleBroken, match="'empty' has 0 in train"):
        validate(with_rows(*[(" ", "empty")] * 10), PARAMETERS)
