"""The next version of the data: everything that was there, at its place, and what feedback teaches."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import yaml

from promptgan.core.parameters import validate_section
from promptgan.data.sets import local_text
from promptgan.learning import versions
from promptgan.learning.accepted import Pair
from promptgan.quality.splits import Shares, split_of
from promptgan.tasks.text.own_data import import_own_data
from promptgan.terms.splits import SPLITS

PAIRS = [(f"question {n}", f"answer {n}") for n in range(120)]
SIDES = ["prompt", "text"]
NEW = [Pair("what now", "go on", "ben", "f1"), Pair("and then", "rest", "page", "f2")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with own data in its store; DVC is not asked."""
    file = tmp_path / "support.csv"
    pd.DataFrame([*PAIRS, (None, "no question")], columns=["q", "a"]).to_csv(file, index=False)
    root = tmp_path / "root"
    section = import_own_data(file, prompt="q", text="a", first_words=1, root=root)
    write(root, section)
    (root / "data/excluded.csv").write_text("data,id,reason\n")
    return root


def write(root: Path, section: dict[str, object]) -> None:
    document = {"task": "text", "data": section, "validate": {"min_rows": 80}}
    (root / "params.yaml").write_text(yaml.safe_dump(document))


def read(root: Path, section: dict[str, object]) -> pd.DataFrame:
    folder = root / "data/own" / str(section["sha256"])
    return local_text.records(folder, validate_section(local_text.Parameters, section))


def rows(root: Path, version: versions.Version) -> list[dict[str, object]]:
    path = root / "data/own" / version.section["sha256"] / version.section["file"]
    return [json.loads(line) for line in path.read_text().splitlines()]


def make(root: Path, pairs: Sequence[Pair] = NEW) -> versions.Version:
    return versions.make(pairs, root)


def test_old_records_keep_id_group_and_order_and_new_ones_their_source(root: Path) -> None:
    before = read(root, yaml.safe_load((root / "params.yaml").read_text())["data"])
    version = make(root)
    after = read(root, version.section)
    pd.testing.assert_frame_equal(after.head(len(before)), before)
    assert version.known == before["id"].tolist()
    assert (version.section["file"], version.old, version.new) == ("support+feedback.jsonl", 121, 2)
    assert rows(root, version)[0] == {
        "prompt": "question 0", "text": "answer 0", "group": before["group"][0], "source": "data", "feedback": None,
        "consent": None}  # fmt: skip
    assert rows(root, version)[-2] == {
        "prompt": "what now", "text": "go on", "group": None, "source": "ben", "feedback": "f1",
        "consent": 1}  # fmt: skip


def test_the_same_feedback_gives_the_same_bytes(root: Path) -> None:
    assert make(root).section["sha256"] == make(root).section["sha256"]


def test_a_second_version_adds_to_the_first(root: Path) -> None:
    first = make(root)
    write(root, first.section)
    with pytest.raises(versions.NothingNew):
        make(root)
    second = make(root, [*NEW, Pair("why", "because", "page", "f3")])
    assert (second.old, second.new, second.section["file"]) == (123, 1, "support+feedback.jsonl")
    assert [row["source"] for row in rows(root, second)[-3:]] == ["ben", "page", "page"]


def test_excluded_records_are_left_out_of_old_and_of_new(root: Path) -> None:
    version = make(root)
    ids = read(root, version.section)["id"].tolist()
    excluded = [ids[0], ids[-1]]
    (root / "data/excluded.csv").write_text("data,id,reason\n" + "".join(f"local_text,{x},r\n" for x in excluded))
    again = make(root)
    assert (again.old, again.new, again.excluded) == (120, 1, 2)
    assert not set(excluded) & set(read(root, again.section)["id"])
    write(root, version.section)
    third = make(root)
    assert (third.old, third.new) == (121, 0), "to leave something out is reason enough"
    assert not set(excluded) & set(read(root, third.section)["id"])


def test_of_a_built_in_set_every_record_stays_in_its_split(root: Path) -> None:
    write(root, {"name": "chitchat"})
    with pytest.raises(versions.CannotLearn, match="validate"):
        make(root)
    (root / "data/validated").mkdir(parents=True)
    shares = Shares(val=0.1, test=0.2, judge=0.2)
    frame = pd.DataFrame([(f"talk {n // 2}", *pair) for n, pair in enumerate(PAIRS)], columns=["group", *SIDES])
    split = frame["group"].map(lambda group: split_of(group, shares))
    for name in SPLITS:
        frame[split == name].to_parquet(root / f"data/validated/{name}.parquet")
    run = root / "data/validated/run.json"
    run.write_text(json.dumps({"parameters": {"data": {"name": "local_text"}}}))
    with pytest.raises(versions.CannotLearn, match=r"does not hold the data set of params\.yaml, chitchat"):
        make(root)
    run.write_text(json.dumps({"parameters": {"data": {"name": "chitchat"}}}))
    version = make(root)
    assert (version.old, version.new, version.section["file"]) == (120, 2, "chitchat+feedback.jsonl")
    after = read(root, version.section)
    assert after["id"].tolist()[:120] == version.known
    there = {text: split_of(group, shares) for text, group in zip(after["text"], after["group"], strict=True)}
    assert {text: there[text] for text in frame["text"]} == dict(zip(frame["text"], split, strict=True))


def test_the_least_number_of_rows_follows_where_it_must() -> None:
    version = versions.Version({}, [], 900, 100, 0)
    assert versions.implied({"validate": {"min_rows": 50_000}}, version) == {"validate.min_rows": 500}
    assert versions.implied({"validate": {"min_rows": 700}}, version) == {}


def test_other_tasks_are_refused(root: Path) -> None:
    (root / "params.yaml").write_text(yaml.safe_dump({"task": "image", "data": {"name": "mnist"}}))
    with pytest.raises(versions.CannotLearn, match="image"):
        make(root)


def test_feedback_tells_the_record_that_it_became(root: Path) -> None:
    version = make(root, [*NEW, Pair("why", "because", "page", "5f0c2b1e77")])
    assert versions.record_of("5f0c2b1e", version.section, root) == read(root, version.section)["id"].iloc[-1]
    assert versions.record_of("00000000", version.section, root) is None
    assert versions.record_of("5f0c2b1e", {"name": "chitchat"}, root) is None
