"""Where a record is, and what it reached."""

import json
import random
import shutil
from pathlib import Path

import pytest

from promptgan.lineage import lock, whereabouts
from promptgan.lineage.contents import BytesNotHere
from promptgan.lineage.whereabouts import Record, UnknownRecord
from promptgan.quality.duplicates import NearDuplicates
from promptgan.tasks.text.records.duplicates import copies_of_pairs
from tests.lineage.traced_run import without_outputs
from tests.pipeline.clone import Clone


def find(record: str) -> Record:
    return whereabouts.find(record, lock.read())


def reads(found: Record) -> dict[str, tuple[str, ...]]:
    return {use.reached.stage.name: use.reads for use in found.uses}


def test_a_training_record_is_read_on_the_way_to_the_models_only(own: Clone) -> None:
    found = find("t0")
    assert (found.place, found.group, found.text, found.conversation) == ("train", "g0", "I like green tea a lot", 1)
    assert found.files == ("data/raw", "data/validated/train.parquet", "data/tokens/train.arrow")
    assert reads(found) == {
        "validate": ("data/raw",),
        "tokenize": ("data/validated/train.parquet",),
        "pretrain": ("data/tokens/train.arrow",),
        "train": ("data/tokens/train.arrow",),
        "judges": (),
        "generate": (),
        "evaluate": (),
    }
    uses = {use.reached.stage.name: use for use in found.uses}
    assert (uses["judges"].holders, uses["judges"].recorded) == (("data/tokens",), True)
    assert (uses["evaluate"].holders, uses["evaluate"].recorded) == (("data/tokens",), False)


def test_a_test_record_is_read_where_prompts_are_answered(own: Clone) -> None:
    found = find("e0")
    assert reads(found)["generate"] == ("data/validated/test.parquet",)
    assert reads(found)["pretrain"] == ()
    assert found.asked == (0, 2, 4)
    assert find("t0").asked == ()


def test_a_quarantined_record_says_why_and_is_read_by_nobody_after(own: Clone) -> None:
    found = find("q0")
    assert (found.place, found.rule, found.reason) == ("quarantine", "exact-duplicate", "repeats t0")
    assert found.files == ("data/raw", "data/validated/quarantine.parquet")
    assert {name for name, files in reads(found).items() if files} == {"validate"}


def test_equal_and_near_records_and_the_same_text_are_found_everywhere(own: Clone) -> None:
    assert [(c.id, c.place, c.kind) for c in find("t0").copies] == [
        ("q0", "quarantine", "equal"),
        ("e0", "test", "same text"),
    ]
    assert [(c.id, c.kind) for c in find("t4").copies] == [("t5", "near")]
    assert {(c.id, c.kind) for c in find("t1").copies} == {("t2", "same text"), ("v0", "same text")}
    assert find("t3").copies == ()


def test_samples_that_repeat_the_text_are_listed(own: Clone) -> None:
    assert find("t0").repeated_by == (5,)
    assert find("t1").repeated_by == (0,)
    assert find("t3").repeated_by == ()


def test_an_unknown_id_gets_the_nearest(own: Clone) -> None:
    with pytest.raises(UnknownRecord, match=r"t00: no record .* nor is it excluded \(did you mean t\d\?\)"):
        find("t00")


def test_an_excluded_record_is_called_so(own: Clone) -> None:
    Path("data/excluded.csv").write_text("data,id,reason\nchitchat,gone,withdrew\nother,t3,elsewhere\n")
    found = find("gone")
    assert (found.excluded, found.place, found.uses) == ("withdrew", "", ())
    assert find("t3").excluded is None


def test_an_excluded_record_that_outputs_still_hold_is_both(own: Clone) -> None:
    Path("data/excluded.csv").write_text("data,id,reason\nchitchat,t0,withdrew\n")
    found = find("t0")
    assert (found.excluded, found.place) == ("withdrew", "train")


def test_what_runs_again_without_a_record_is_all_after_validation(own: Clone) -> None:
    again = whereabouts.run_again(lock.read())
    expected = ["validate", "tokenize", "pretrain", "train", "judges", "generate", "evaluate"]
    assert [stage.name for stage in again] == expected


def test_records_that_are_not_here_are_refused_with_the_remedy(own: Clone) -> None:
    without_outputs(own)
    with pytest.raises(BytesNotHere, match="dvc pull data/validated"):
        find("t0")


def test_samples_that_are_not_here_leave_the_rest(own: Clone) -> None:
    shutil.rmtree("samples")
    shutil.rmtree(".dvc/cache")
    found = find("t0")
    assert found.repeated_by is None
    assert found.place == "train"


def test_the_document_is_json(own: Clone) -> None:
    document = json.loads(json.dumps(whereabouts.document(find("t0"))))
    assert document["uses"][1]["reads"] == ["data/validated/train.parquet"]
    assert document["copies"][0]["kind"] == "equal"


def test_the_quick_look_for_candidates_misses_no_near_duplicate() -> None:
    """Against the whole comparison, over pairs that differ from one another by at most four words."""
    source = random.Random(0)
    words = [f"w{n}" for n in range(30)] + ["Straße", "don't", "?!"]
    pairs: list[tuple[str, str]] = []
    for _ in range(40):
        base = source.choices(words, k=source.randint(1, 30))
        for _ in range(6):
            changed = list(base)
            for _ in range(source.randint(0, 2)):
                changed[source.randrange(len(changed))] = source.choice(words)
            cut = source.randint(0, len(changed))
            pairs.append((" ".join(changed[:cut]), " ".join(changed[cut:])))
    found = 0
    for threshold in (0.5, 0.8, 1.0):
        measure = NearDuplicates(shingle_words=3, threshold=threshold)
        for number, pair in enumerate(pairs[:60]):
            others = pairs[:number] + pairs[number + 1 :]
            prompts, texts = ([each[side] for each in [pair, *others]] for side in (0, 1))
            copies = copies_of_pairs(prompts, texts, [0] + [1] * len(others), measure)
            near = {n for n, copy in enumerate(copies[1:]) if copy == 0}
            assert near <= set(whereabouts.candidates(pair, others, measure))
            found += len(near)
    assert found > 50
