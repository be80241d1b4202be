import json
import random

import pandas as pd
import pytest

from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.examination import Examination, TableRuleBroken
from promptgan.quality.expectations import check, new_context
from promptgan.quality.output import write_parquet
from promptgan.quality.splits import RANKING, Shares
from promptgan.tasks.text.records.parameters import Given, Parameters
from promptgan.tasks.text.records.records import check_splits, validate

PARAMETERS = Parameters(
    prompt=Given(kind="given"),
    shares=Shares(val=0.1, test=0.1, judge=0.1),
    max_prompt_words=12,
    max_text_words=12,
    script="latin",
    max_foreign_share=0.2,
    near_duplicates=NearDuplicates(shingle_words=3, threshold=0.8),
    min_rows=100,
    max_defect_share=0.1,
    max_quarantine_share=0.3,
    max_label_share=0.9,
)


def good(rows: int = 300) -> pd.DataFrame:
    source = random.Random(0)
    vocabulary = ["".join(source.choices("abcdefghijklmnop", k=5)) for _ in range(500)]
    sentence = lambda: " ".join(source.choices(vocabulary, k=8))  # noqa: E731
    return pd.DataFrame(
        [(f"r{i}", f"g{i // 3}", sentence(), sentence()) for i in range(rows)],
        columns=["id", "group", "prompt", "text"],
    )


@pytest.fixture(scope="module")
def clean():
    return validate(good(), PARAMETERS)


def test_good_records_pass_whole_and_in_source_order(clean):
    assert len(clean.quarantine) == 0
    assert tuple(clean.splits) == RANKING
    together = pd.concat(clean.splits.values())
    assert sorted(together["id"]) == sorted(good()["id"])
    for frame in clean.splits.values():
        assert list(frame) == ["id", "group", "prompt", "text"]
        numbers = [int(identifier[1:]) for identifier in frame["id"]]
        assert numbers == sorted(numbers)


def test_adding_data_moves_no_old_record(clean):
    more = validate(good(600), PARAMETERS)
    for split, frame in clean.splits.items():
        assert set(frame["id"]) <= set(more.splits[split]["id"])


@pytest.fixture(scope="module")
def spoilt():
    """What becomes of a table with some rows changed."""
    records = good()
    records.loc[0, "prompt"] = "  “Straight”\u3000quotes,  single\tspaces "
    records.loc[1, "text"] = "\u200b \u3000"
    records.loc[2, "text"] = "a@b.com " * 20 + "\x00"
    records.loc[3] = [*records.loc[3, ["id", "group"]], records.loc[9, "prompt"], None]
    records.loc[6, "prompt"] = records.loc[9, "prompt"]
    return validate(records, PARAMETERS)


def test_the_text_is_normalised_before_it_is_judged_and_kept(spoilt):
    kept = pd.concat(spoilt.splits.values()).set_index("id")
    assert kept.loc["r0", "prompt"] == '"Straight" quotes, single spaces'
    gone = spoilt.quarantine.set_index("id")
    assert gone.loc["r1", ["rule", "text"]].tolist() == ["empty-side", "\u200b \u3000"]


def test_a_row_that_breaks_several_rules_is_filed_under_the_first(spoilt):
    assert spoilt.quarantine.set_index("id").loc["r2", "rule"] == "control-characters"


def test_a_bad_row_cannot_make_a_good_one_a_duplicate(spoilt):
    rules = spoilt.quarantine.set_index("id")["rule"].to_dict()
    assert rules == {"r1": "empty-side", "r2": "control-characters", "r3": "missing-value"}


def test_equal_texts_under_different_prompts_are_allowed_and_counted():
    records = good()
    records.loc[[10, 100, 200], "text"] = "i do not know"
    result = validate(records, PARAMETERS)
    assert len(result.quarantine) == 0
    assert result.summary["repeated"] == {"prompt": 0, "text": 2}


def test_a_duplicate_across_splits_is_quarantined_in_the_lower_split_and_names_the_higher_one(clean):
    records, twins = good(), {}
    for number, (split, other) in enumerate((("test", "train"), ("judge", "val"), ("val", "train"))):
        high, low = clean.splits[split].iloc[0], clean.splits[other].iloc[1 + number]
        records.loc[records["id"] == low["id"], "prompt"] = high["prompt"].upper() + "!"
        records.loc[records["id"] == low["id"], "text"] = high["text"]
        twins[low["id"]] = f"{high['id']} in {split}"
    found = validate(records, PARAMETERS).quarantine.set_index("id")
    assert found["rule"].to_dict() == dict.fromkeys(twins, "duplicate-across-splits")
    assert all(twin in found.loc[id, "reason"] for id, twin in twins.items())


def test_han_counts_characters_and_checks_the_script():
    parameters = PARAMETERS.model_copy(update={"script": "han", "min_rows": 1, "max_defect_share": 1.0})
    source = random.Random(0)
    line = lambda: "".join(chr(source.randrange(0x4E00, 0x9000)) for _ in range(5))  # noqa: E731
    records = good().assign(prompt=[f"{line()}，" for _ in range(300)], text=[f"{line()}。" for _ in range(300)])
    records.loc[0, "text"] = "".join(line() for _ in range(3))
    records.loc[1, "text"] = "english"
    assert list(validate(records, parameters).quarantine["rule"]) == ["too-long", "wrong-script"]


def test_the_summary_is_plain_sorted_json_and_names_every_expectation(clean):
    text = json.dumps(clean.summary, allow_nan=False)
    assert clean.summary["rows"] == {
        "read": 300,
        "quarantined": 0,
        **{split: len(frame) for split, frame in clean.splits.items()},
    }
    assert clean.summary["mean_words"] == {"prompt": 8.0, "text": 8.0}
    assert "null" not in text
    rules = {entry["rule"] for entry in clean.summary["expectations"]}
    assert {"missing-value", "duplicate-across-splits", "group-leakage", "too-few-rows"} <= rules
    assert all(entry["success"] for entry in clean.summary["expectations"])
    assert all(entry["description"] for entry in clean.summary["expectations"])


def test_running_again_gives_equal_bytes(clean, tmp_path):
    again = validate(good(), PARAMETERS)
    assert json.dumps(again.summary) == json.dumps(clean.summary)
    for split in RANKING:
        write_parquet(clean.splits[split], tmp_path / "one.parquet")
        write_parquet(again.splits[split], tmp_path / "two.parquet")
        assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_quarantine_can_be_written_whatever_is_in_it(tmp_path):
    frame = pd.DataFrame({"prompt": ["a", None, 5, ["x"], float("nan"), b"y"]}, dtype=object)
    write_parquet(frame, tmp_path / "q.parquet")
    assert pd.read_parquet(tmp_path / "q.parquet").astype(object).where(lambda f: f.notna(), None)[
        "prompt"
    ].tolist() == [
        "a",
        None,
        "5",
        "['x']",
        None,
        "b'y'",
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda frame: frame.assign(split=frame["split"].where(frame.index != 0, "val")), "group-leakage"),
        (
            lambda frame: frame.assign(
                prompt=frame["prompt"].where(frame.index != 90, frame["prompt"][0]),
                text=frame["text"].where(frame.index != 90, frame["text"][0]),
            ),
            "pair-leakage",
        ),
        (lambda frame: frame[frame["split"] != "judge"], "empty-split"),
    ],
)
def test_a_leak_or_an_empty_split_breaks_its_rule(change, rule):
    splits = ["train"] * 90 + ["val"] * 69 + ["test"] * 72 + ["judge"] * 69
    frame = good().assign(split=splits)
    found = Examination(frame)
    check_splits(found, change(frame), PARAMETERS)
    with pytest.raises(TableRuleBroken) as caught:
        found.stop_if_broken()
    assert caught.value.rules == [rule]


def test_the_error_names_all_broken_expectations_what_was_seen_and_the_limit():
    parameters = PARAMETERS.model_copy(update={"min_rows": 1000, "max_defect_share": 0.0})
    records = good()
    records.loc[0, "text"] = ""
    with pytest.raises(TableRuleBroken) as caught:
        validate(records, parameters)
    assert caught.value.rules == ["defect-share", "too-few-rows"]
    assert "ExpectEnoughRows (too-few-rows)" in caught.value.problem
    assert (
        "observed 299: 300 were read, 1 of them are quarantined, and validate.min_rows is 1000" in caught.value.problem
    )
    assert "1 of 300 are, 0.3%, and validate.max_defect_share is 0.0" in caught.value.problem
    assert "empty-side 1" in caught.value.problem
    assert "lower validate.min_rows" in caught.value.remedy
    assert "change the limit in the section" in caught.value.remedy, "which is for the other rule"


def test_the_rules_that_took_most_come_first():
    records = good()
    records.loc[:2, "text"] = ""
    records.loc[3:200, "text"] = "word " * 20
    with pytest.raises(TableRuleBroken) as caught:
        validate(records, PARAMETERS)
    assert "rows quarantined so far: too-long 198, empty-side 3" in caught.value.problem


def test_an_empty_split_is_named_and_few_groups_are_explained():
    parameters = PARAMETERS.model_copy(update={"min_rows": 1})
    with pytest.raises(TableRuleBroken) as caught:
        validate(good().assign(group=[f"g{i % 3}" for i in range(300)]), parameters)
    assert caught.value.rules == ["empty-split"]
    assert "none in test, judge, val: a group lies in one split whole, and 300 row(s) make 3 group(s)" in (
        caught.value.problem
    )
    assert "--first-words" in caught.value.remedy
    assert "change the limit" not in caught.value.remedy


def test_no_rows_at_all_is_a_clean_error():
    with pytest.raises(TableRuleBroken) as caught:
        validate(good().iloc[:0], PARAMETERS)
    assert "too-few-rows" in caught.value.rules


def test_an_expectation_that_cannot_be_evaluated_fails_and_says_why():
    from promptgan.quality.expectations import ExpectPresent

    (outcome,) = check(
        new_context(), "x", good().assign(prompt=None).astype({"prompt": object}), [ExpectPresent(column="prompt")]
    )
    assert (outcome.success, len(outcome.unexpected)) == (False, 300)
