"""What is asked of image records, and where those go that do not meet it."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from promptgan.quality.examination import TableRuleBroken
from promptgan.quality.splits import Shares
from promptgan.tasks.image.records.parameters import Parameters
from promptgan.tasks.image.records.records import validate
from tests.tasks.image.conftest import SIZE, png, records

PARAMETERS = Parameters(
    shares=Shares(val=0.2, test=0.2, judge=0.2),
    width=SIZE,
    height=SIZE,
    min_side=SIZE,
    near_bits=0,
    min_rows=100,
    max_defect_share=0.1,
    max_quarantine_share=0.2,
    max_label_share=0.9,
)


def test_good_images_pass_whole() -> None:
    found = validate(records(200, 0), PARAMETERS)
    assert len(found.quarantine) == 0
    together = pd.concat(found.splits.values())
    assert sorted(together["id"]) == sorted(records(200, 0)["id"])
    assert found.summary["rows"]["read"] == 200
    assert found.summary["labels"] == {"a": 100, "b": 100}


def test_each_bad_image_goes_to_quarantine_with_its_rule() -> None:
    rules: dict[Any, str] = {
        b"no picture": "not-an-image",
        png(np.eye(SIZE, dtype=np.uint8))[:50]: "unreadable-image",
        png(np.zeros((4, 4), np.uint8) + np.arange(4, dtype=np.uint8)): "wrong-size",
        png(np.full((SIZE, SIZE), 7, np.uint8)): "empty-image",
        None: "missing-value",
    }
    source = records(200, 0)
    for row, image in enumerate(rules):
        source.at[row, "image"] = image
    found = validate(source, PARAMETERS).quarantine.set_index("id")["rule"]
    assert found.to_dict() == {f"0-{row}": rule for row, rule in enumerate(rules.values())}


def test_images_of_any_size_are_kept_from_the_smallest_up() -> None:
    source, random = records(200, 0), np.random.default_rng(0)
    for row, shape in enumerate([(SIZE, 40), (40, SIZE), (SIZE - 1, 40), (40, SIZE - 1)]):
        source.at[row, "image"] = png(random.integers(0, 256, shape, np.uint8))
    found = validate(source, PARAMETERS.model_copy(update={"width": None, "height": None}))
    assert found.quarantine[["id", "rule"]].to_numpy().tolist() == [["0-2", "wrong-size"], ["0-3", "wrong-size"]]


def test_the_first_records_of_a_split_are_of_all_kinds_though_data_comes_sorted() -> None:
    source = records(200, 0).sort_values("label", kind="stable", ignore_index=True)
    found = validate(source, PARAMETERS)
    for frame in found.splits.values():
        assert 0.2 < (frame["label"].head(20) == "a").mean() < 0.8
    again = validate(source.iloc[::-1].reset_index(drop=True), PARAMETERS)
    assert [list(frame["id"]) for frame in again.splits.values()] == [
        list(frame["id"]) for frame in found.splits.values()
    ]


def test_a_label_that_train_or_judge_lacks_goes_to_quarantine_and_the_others_stay() -> None:
    source = records(200, 0)
    where = {i: split for split, frame in validate(source, PARAMETERS).splits.items() for i in frame.index}
    of = {split: [i for i in where if where[i] == split] for split in ("train", "judge", "test")}
    source.loc[[of["judge"][0], of["test"][0]], "label"] = "untrained"
    source.loc[of["train"][0], "label"] = "unjudged"
    source.loc[[of["train"][1], of["judge"][1]], "label"] = "unmeasured"
    found = validate(source, PARAMETERS.model_copy(update={"max_defect_share": 0.0}))
    taken = found.quarantine.set_index("label")
    assert set(taken["rule"]) == {"rare-label"}
    assert taken.index.value_counts().to_dict() == {"untrained": 2, "unjudged": 1}
    assert "(absent_from: 'train')" in taken.loc["untrained", "reason"].iloc[0]
    assert "(absent_from: 'judge')" in taken.loc["unjudged", "reason"]
    assert found.summary["labels"]["unmeasured"] == 2


def test_captions_go_along_and_may_be_missing() -> None:
    source = records(200, 0).assign(caption=["a square", None] * 100)
    found = validate(source, PARAMETERS)
    assert len(found.quarantine) == 0
    together = pd.concat(found.splits.values()).sort_index()
    assert together["caption"].notna().tolist() == [True, False] * 100
    assert found.summary["modes"] == {"L": 200}


def test_a_near_copy_stays_in_the_split_of_highest_rank_alone() -> None:
    random = np.random.default_rng(0)
    source = records(200, 0)
    source["image"] = [png(random.integers(0, 256, (SIZE, 9), np.uint8)) for _ in range(200)]
    parameters = PARAMETERS.model_copy(update={"width": None, "height": None, "near_bits": 3})
    first = validate(source, parameters)
    assert len(first.quarantine) == 0
    where = {split: frame.index.min() for split, frame in first.splits.items()}
    pixels = np.asarray(Image.open(io.BytesIO(source.at[where["test"], "image"])))
    for split in ("train", "judge"):
        source.at[where[split], "image"] = png(np.kron(pixels, np.ones((3, 3), np.uint8)))
    found = validate(source, parameters)
    assert set(found.quarantine["rule"]) == {"duplicate-across-splits"}
    assert set(found.quarantine.index) == {where["train"], where["judge"]}
    assert all(f"0-{where['test']} in test" in reason for reason in found.quarantine["reason"][:1])
    assert len(validate(source, parameters.model_copy(update={"near_bits": 0})).quarantine) == 1, "two are the same"


def test_equal_pixels_stay_once_and_in_the_split_of_highest_rank() -> None:
    source = records(200, 0)
    where = {i: split for split, frame in validate(source, PARAMETERS).splits.items() for i in frame.index}
    test = next(i for i, split in where.items() if split == "test")
    train = next(i for i, split in where.items() if split == "train")
    again = next(i for i, split in where.items() if split == "test" and i > test)
    source.at[train, "image"] = source.at[test, "image"]
    source.at[again, "image"] = source.at[test, "image"]
    found = validate(source, PARAMETERS)
    assert dict(zip(found.quarantine["id"], found.quarantine["rule"], strict=True)) == {
        f"0-{train}": "duplicate-across-splits",
        f"0-{again}": "exact-duplicate",
    }
    assert f"0-{test} in test" in found.quarantine.set_index("id").loc[f"0-{train}", "reason"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"min_rows": 1000}, "too-few-rows"),
        ({"max_label_share": 0.4}, "label-balance"),
        ({"width": 5, "max_quarantine_share": 0.1}, "quarantine-share"),
    ],
)
def test_a_bad_table_is_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(TableRuleBroken) as caught:
        validate(records(200, 0), PARAMETERS.model_copy(update=change))
    assert rule in caught.value.rules
