"""Everything downstream of a file or of a record."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from promptgan.lineage import impact, lock
from promptgan.lineage.contents import BytesNotHere
from promptgan.lineage.records.versions import UnknownRecord
from tests.lineage.traced_run import edit_params, prepared, without_outputs
from tests.pipeline.clone import Clone


def reach(path: str) -> dict[str, Any]:
    return impact.of_file(path, lock.read())


def stages(found: dict[str, Any]) -> dict[str, bool]:
    return {each["stage"]: each["direct"] for each in found["reached"]}


def test_raw_data_reaches_every_stage_and_the_first_directly(own: Clone) -> None:
    found = reach("data/raw/dataset.json")
    assert found["made_by"] == "download"
    assert stages(found) == {
        "validate": True,
        **dict.fromkeys(["tokenize", "pretrain", "train", "judges", "generate", "evaluate"], False),
    }


def test_an_end_of_the_pipeline_reaches_nothing(own: Clone) -> None:
    assert reach("metrics/evaluation.json")["reached"] == []


def test_code_reaches_the_stages_that_run_it_and_what_follows(own: Clone) -> None:
    assert stages(reach("stages/judges.py")) == {"judges": True, "evaluate": False}
    assert reach("stages/judges.py")["made_by"] is None


def test_outputs_say_who_keeps_them_and_where_they_are_committed(own: Clone) -> None:
    outputs = {out["path"]: out for each in reach("data/raw")["reached"] for out in each["outputs"]}
    assert {path for path, out in outputs.items() if out["in_git"]} == {
        "metrics/validation.json",
        "metrics/evaluation.json",
    }
    assert all(out["commit"]["head"] for out in outputs.values())
    prepared(own, "models/adversarial/generator.safetensors", "other")
    edit_params(own, p_00=99)
    own.dvc("repro", "--quiet", "train")
    outputs = {out["path"]: out for each in reach("data/raw")["reached"] for out in each["outputs"]}
    assert [path for path, out in outputs.items() if out["commit"] == "not recorded"] == ["models/adversarial"]


def test_a_changed_input_is_noticed(own: Clone) -> None:
    assert reach("stages/train.py")["workspace"] == "same"
    Path("stages/train.py").write_text("other")
    assert reach("stages/train.py")["workspace"] == "other"


def find(record: str) -> dict[str, Any]:
    return impact.of_record(record, lock.read())


def reads(found: dict[str, Any]) -> dict[str, list[str]]:
    return {use["stage"]: use["reads"] for use in found["uses"]}


def test_a_training_record_is_read_on_the_way_to_the_models_only(own: Clone) -> None:
    found = find("t0")
    assert (found["place"], found["group"], found["text"]) == ("train", "g0", "I like green tea a lot")
    assert found["files"] == ["data/raw", "data/validated/train.parquet", "data/tokens/train.arrow"]
    assert reads(found) == {
        "validate": ["data/raw"],
        "tokenize": ["data/validated/train.parquet"],
        "pretrain": ["data/tokens/train.arrow"],
        "train": ["data/tokens/train.arrow"],
        "judges": [],
        "generate": [],
        "evaluate": [],
    }
    recorded = {use["stage"]: use["records_what_it_reads"] for use in found["uses"]}
    assert (recorded["judges"], recorded["evaluate"]) == (True, False)


def test_files_of_every_form_are_known_by_their_split(own: Clone) -> None:
    tokens = own.path / "prepared/data/tokens"
    for name in ("train.images.npy", "train.labels.npy"):
        shutil.copy(tokens / "train.arrow", tokens / name)
    (tokens / "train.arrow").unlink()
    own.dvc("repro", "--quiet", "--force", "--single-item", "tokenize")
    arrays = ["data/tokens/train.images.npy", "data/tokens/train.labels.npy"]
    assert find("t0")["files"] == ["data/raw", "data/validated/train.parquet", *arrays]


def test_a_test_record_is_read_where_prompts_are_answered(own: Clone) -> None:
    found = find("e0")
    assert reads(found)["generate"] == ["data/validated/test.parquet"]
    assert reads(found)["pretrain"] == []
    assert found["asked"] == [0, 2, 4]
    assert find("t0")["asked"] == []


def test_a_quarantined_record_says_why_and_is_read_by_nobody_after(own: Clone) -> None:
    found = find("q0")
    assert (found["place"], found["rule"], found["reason"]) == ("quarantine", "exact-duplicate", "repeats t0")
    assert found["files"] == ["data/raw", "data/validated/quarantine.parquet"]
    assert {name for name, files in reads(found).items() if files} == {"validate"}


def test_equal_and_near_records_are_found_everywhere(own: Clone) -> None:
    found = {record: [(c["id"], c["split"], c["kind"]) for c in find(record)["relatives"]] for record in ("t0", "t4")}
    assert found["t0"] == [("q0", "quarantine", "of the same prompt and text")]
    assert found["t4"] == [("t5", "train", "nearly the same")]
    assert find("t3")["relatives"] == []


def test_samples_that_repeat_the_text_are_listed(own: Clone) -> None:
    assert {record: find(record)["repeated_by"] for record in ("t0", "t1", "t3")} == {"t0": [5], "t1": [0], "t3": []}


def test_an_unknown_id_gets_the_nearest(own: Clone) -> None:
    with pytest.raises(UnknownRecord, match=r"no record t00 \(did you mean t0\?\), nor is it excluded"):
        find("t00")


def test_an_excluded_record_is_called_so_and_outputs_may_still_hold_it(own: Clone) -> None:
    listed = "data,id,reason\nchitchat,gone,withdrew\nother,t3,elsewhere\nchitchat,t0,withdrew\n"
    Path("data/excluded.csv").write_text(listed)
    assert find("gone") == {"id": "gone", "excluded": "withdrew"}
    assert find("t3")["excluded"] is None
    assert (find("t0")["excluded"], find("t0")["place"]) == ("withdrew", "train")


def test_records_that_are_not_here_are_refused_with_the_remedy(own: Clone) -> None:
    without_outputs(own)
    with pytest.raises(BytesNotHere, match="dvc pull data/validated"):
        find("t0")


def test_samples_that_are_not_here_leave_the_rest(own: Clone) -> None:
    shutil.rmtree("samples")
    shutil.rmtree(".dvc/cache")
    found = json.loads(json.dumps(find("t0")))
    assert (found["repeated_by"], found["asked"], found["place"]) == (None, None, "train")
