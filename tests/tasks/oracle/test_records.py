"""What is asked of sequences, and where those go that do not meet it."""

import pandas as pd
import pytest

from promptgan.quality.splits import Shares
from promptgan.tasks.oracle.records.parameters import Parameters
from promptgan.tasks.oracle.records.records import validate

PARAMETERS = Parameters(
    shares=Shares(val=0.2, test=0.2, judge=0.2),
    vocabulary=1000,
    length=3,
    min_rows=100,
    max_defect_share=0.1,
    max_quarantine_share=0.2,
)


def records(*more: str) -> pd.DataFrame:
    """200 sequences of three tokens, no two the same, and some more."""
    texts = [*(f"{i} {i + 1} {i + 2}" for i in range(200)), *more]
    names = [f"s{number}" for number in range(len(texts))]
    return pd.DataFrame({"id": names, "group": names, "text": texts})


def test_good_sequences_pass_whole() -> None:
    found = validate(records(), PARAMETERS)
    assert len(found.quarantine) == 0
    assert sorted(pd.concat(found.splits.values())["text"]) == sorted(records()["text"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [("1 2", "wrong-length"), ("1 2 3 4", "wrong-length"), ("1 2 1000", "unknown-token"), ("1 2 03", "unknown-token")],
)
def test_a_bad_sequence_goes_to_quarantine(text: str, rule: str) -> None:
    found = validate(records(text), PARAMETERS)
    assert found.quarantine[["id", "rule"]].values.tolist() == [["s200", rule]]


def test_a_sequence_of_two_splits_stays_in_the_one_of_higher_rank() -> None:
    texts = [f"{i} {i + 1} {i + 2}" for i in range(200)]
    found = validate(records(*texts), PARAMETERS.model_copy(update={"max_quarantine_share": 0.5}))
    where = {split: set(frame["text"]) for split, frame in found.splits.items()}
    assert not where["test"] & (where["judge"] | where["val"] | where["train"])
    assert set(found.quarantine["rule"]) == {"duplicate-across-splits"}
    ids = {i: split for split, frame in found.splits.items() for i in frame["id"]}
    for reason in found.quarantine["reason"]:
        identifier, split = reason.removesuffix("')").rpartition("'")[2].split(" in ")
        assert ids[identifier] == split
    assert set().union(*where.values()) == set(texts)
    together = pd.concat(found.splits.values())
    assert together["text"].duplicated().any()  # the oracle may draw one twice
