"""Texts to pretrain on: the rules of rows, and nothing that is measured on."""

import json

import pandas as pd
import pytest

from promptgan.quality.corpus import NothingLeft
from promptgan.quality.output import Validated
from promptgan.tasks.text.records.corpus import with_corpus
from promptgan.tasks.text.records.parameters import Prefix
from promptgan.tasks.text.records.records import validate
from tests.tasks.text.test_records import PARAMETERS, good

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]


@pytest.fixture(scope="module")
def learnt() -> Validated:
    return validate(good(), PARAMETERS)


def corpus(*texts: object) -> pd.DataFrame:
    rows = [(f"c{i}", "g", f"sentence before {i}", text, "news") for i, text in enumerate(texts)]
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])


def held_out(learnt: Validated, split: str) -> list[str]:
    """The prompt and the text of a record."""
    return learnt.splits[split].iloc[0][["prompt", "text"]].tolist()


def test_what_breaks_a_rule_of_rows_and_what_is_repeated_is_left_out_and_counted(learnt):
    long = " ".join(WORDS * 2)
    texts = ["  Quite  fine .", None, 7, "", "call (801) 555-0134", long, "совсем другое письмо", "Quite fine ."]
    found = with_corpus(learnt, corpus(*texts, *texts[-1:]), PARAMETERS)
    assert found.corpus.values.tolist() == [["c0", "g", "", "Quite fine ."]]
    assert list(found.corpus) == ["id", "group", "prompt", "text"]
    counts = found.summary["corpus"]
    assert (counts["read"], counts["kept"]) == (9, 1)
    assert {entry["rule"]: entry["rows"] for entry in counts["left_out"]} == {
        "missing-value": 1, "not-a-string": 1, "empty-side": 1, "contact-details": 1, "too-long": 1, "wrong-script": 1,
        "exact-duplicate": 2,
    }  # fmt: skip
    json.dumps(found.summary)


@pytest.mark.parametrize("split", ["val", "test", "judge"])
def test_no_text_near_a_held_out_one_is_left_and_those_near_training_texts_are(split, learnt):
    _, text = held_out(learnt, split)
    _, ours = held_out(learnt, "train")
    texts = [text, text.upper() + " !", f"{text} more", ours, "a text like no other one"]
    found = with_corpus(learnt, corpus(*texts), PARAMETERS)
    assert list(found.corpus["id"]) == ["c3", "c4"]
    assert found.summary["corpus"]["left_out"] == [{"rule": "duplicate-across-splits", "rows": 3}]


def test_a_held_out_text_is_found_with_the_beginning_that_is_its_prompt():
    parameters = PARAMETERS.model_copy(update={"prompt": Prefix(kind="prefix", words=4)})
    learnt = validate(good(), parameters)
    found = with_corpus(learnt, corpus(" ".join(held_out(learnt, "test")), "a text like no other one"), parameters)
    assert list(found.corpus["id"]) == ["c1"]


def test_the_data_set_and_what_is_said_of_it_stay_as_they_are(learnt):
    before = json.dumps(learnt.summary)
    found = with_corpus(learnt, corpus(*["", "", "", "sound"]), PARAMETERS)  # a table that broken is refused elsewhere
    assert found.splits is learnt.splits
    assert found.quarantine is learnt.quarantine
    assert json.dumps({key: value for key, value in found.summary.items() if key != "corpus"}) == before


def test_a_corpus_of_which_nothing_is_left_is_refused_with_what_took_it(learnt):
    with pytest.raises(NothingLeft, match=r"none of the 2 texts of the corpus is left: empty-side 1, too-long 1"):
        with_corpus(learnt, corpus("", " ".join(WORDS * 2)), PARAMETERS)
