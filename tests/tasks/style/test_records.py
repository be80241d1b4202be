"""What is asked of sentences, and where those go that do not meet it."""

import pandas as pd
import pytest

from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.examination import TableRuleBroken
from promptgan.quality.splits import Shares
from promptgan.tasks.style.records.parameters import Parameters
from promptgan.tasks.style.records.records import COLUMNS, validate
from tests.tasks.style.conftest import sentences

PARAMETERS = Parameters(
    shares=Shares(val=0.2, test=0.2, judge=0.2),
    max_words=12,
    script="latin",
    max_foreign_share=0.1,
    near_duplicates=NearDuplicates(shingle_words=2, threshold=0.99),
    min_rows=50,
    max_defect_share=0.1,
    max_quarantine_share=0.5,
    max_label_share=0.6,
)


def records(*more: tuple[object, object]) -> pd.DataFrame:
    """Two hundred good sentences, and some texts and labels."""
    rows = [(f"m{number}", f"m{number}", text, label) for number, (text, label) in enumerate(more)]
    return pd.concat([sentences(200), pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True)


def test_good_sentences_are_normalised_and_pass() -> None:
    found = validate(records(("It\u2019s  a  joy", "positive")), PARAMETERS)
    kept = pd.concat(found.splits.values()).set_index("id")
    assert kept.loc["m0", "text"] == "It's a joy"
    assert list(found.splits["train"]) == COLUMNS
    assert set(found.quarantine["rule"]) <= {"exact-duplicate", "duplicate-across-splits"}


def test_each_bad_sentence_goes_to_quarantine_with_its_rule() -> None:
    rules: dict[object, str] = {
        " ": "empty-side",
        "a\x00b": "control-characters",
        "write to a@example.org": "contact-details",
        "word " * 13: "too-long",
        "это хорошо": "wrong-script",
        None: "missing-value",
        5: "not-a-string",
    }
    found = validate(records(*((text, "positive") for text in rules)), PARAMETERS).quarantine.set_index("id")
    assert [found.loc[f"m{number}", "rule"] for number in range(len(rules))] == list(rules.values())


def test_one_text_with_both_styles_is_not_believed_wherever_it_lies() -> None:
    found = validate(records(("so so", "positive"), ("so so", "negative")), PARAMETERS).quarantine.set_index("id")
    assert found.loc[["m0", "m1"], "rule"].tolist() == ["contradictory-labels"] * 2


def test_a_copy_in_another_split_leaves_the_lower_one() -> None:
    found = validate(
        pd.concat(
            [sentences(200), sentences(200).assign(id=lambda x: "c" + x["id"], group=lambda x: "c" + x["group"])]
        ),
        PARAMETERS.model_copy(update={"max_quarantine_share": 0.9}),
    )
    where = {split: set(frame["text"]) for split, frame in found.splits.items()}
    assert not where["test"] & (where["judge"] | where["val"] | where["train"])
    assert {"exact-duplicate", "duplicate-across-splits"} == set(found.quarantine["rule"])


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (sentences(200).assign(label="positive"), "two-styles"),
        (sentences(200).assign(label=[("a", "b", "c")[n % 3] for n in range(200)]), "two-styles"),
        (sentences(200).assign(label=["a"] * 30 + ["b"] * 170), "label-balance"),
        (sentences(200).drop(columns="label"), "missing-column"),
        (sentences(200).assign(id="m"), "repeated-id"),
    ],
)
def test_a_table_without_two_balanced_styles_stops_the_pipeline(table: pd.DataFrame, rule: str) -> None:
    with pytest.raises(TableRuleBroken) as caught:
        validate(table, PARAMETERS)
    assert rule in caught.value.rules
