"""Texts to pretrain on: the rules of rows, nothing that is measured on, and no labels."""

import json
from pathlib import Path

import pandas as pd
import pytest

from promptgan.data.sets import brown_genres
from promptgan.forms.tokens.pairs import Pairs
from promptgan.quality.corpus import NothingLeft
from promptgan.quality.output import Validated
from promptgan.tasks.classification.audit import kept
from promptgan.tasks.classification.records.corpus import with_corpus
from promptgan.tasks.classification.records.records import validate
from tests.tasks.classification.conftest import texts
from tests.tasks.classification.test_records import PARAMETERS


@pytest.fixture(scope="module")
def learnt() -> Validated:
    return validate(texts(210), PARAMETERS)


def corpus(*found: object) -> pd.DataFrame:
    rows = [(f"c{i}", "g", text, None, "") for i, text in enumerate(found)]
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


def test_what_breaks_a_rule_of_rows_and_what_is_repeated_is_left_out_and_counted(learnt: Validated) -> None:
    bad = [None, 7, " ", "a\x00b", "write to a@example.org", "word " * 13, "совсем другое письмо"]
    found = with_corpus(learnt, corpus("  Quite  fine .", *bad, "Quite fine ."), PARAMETERS)
    assert found.corpus is not None
    assert found.corpus.to_numpy().tolist() == [["c0", "g", "Quite fine ."]]
    counts = found.summary.pop("corpus")
    assert (counts["read"], counts["kept"]) == (9, 1)
    assert {entry["rule"]: entry["rows"] for entry in counts["left_out"]} == {
        "missing-value": 1, "not-a-string": 1, "empty-side": 1, "control-characters": 1, "contact-details": 1,
        "too-long": 1, "wrong-script": 1, "exact-duplicate": 1,
    }  # fmt: skip
    assert found.summary == learnt.summary
    assert found.splits is learnt.splits


@pytest.mark.parametrize("split", ["val", "test", "judge"])
def test_no_text_near_a_held_out_one_is_left_and_those_near_training_texts_are(split: str, learnt: Validated) -> None:
    theirs, ours = (learnt.splits[name]["text"].iloc[0] for name in (split, "train"))
    found = with_corpus(learnt, corpus(theirs, f"{theirs.upper()} !", ours, "a text like no other one"), PARAMETERS)
    assert found.corpus is not None
    assert found.corpus["id"].tolist() == ["c2", "c3"]
    assert found.summary["corpus"]["left_out"] == [{"rule": "duplicate-across-splits", "rows": 2}]


def test_a_corpus_of_which_nothing_is_left_is_refused_with_what_took_it(learnt: Validated) -> None:
    with pytest.raises(NothingLeft, match=r"none of the 2 texts of the corpus is left: empty-side 1, too-long 1"):
        with_corpus(learnt, corpus("", "word " * 13), PARAMETERS)


def test_a_corpus_walks_from_its_files_to_the_masked_tokens(walked: Path) -> None:
    validated = pd.read_parquet(walked / "data/validated/corpus.parquet")
    raw = brown_genres.records(walked / "data/corpus", brown_genres.Parameters(name="brown_genres"))
    derived = kept(raw, {})[["id", "group", "text"]].set_index("id")
    assert derived.loc[validated["id"]].reset_index().to_numpy().tolist() == validated.to_numpy().tolist()
    pairs = Pairs(walked / "data/tokens/corpus.arrow")
    assert (pairs.ids, pairs.prompt_lengths.max()) == (validated["id"].tolist(), 0)
    metrics = json.loads((walked / "metrics/pretrain.json").read_text())
    assert metrics["corpus_tokens"] == 2 * (pairs.text_lengths + 1).sum()
