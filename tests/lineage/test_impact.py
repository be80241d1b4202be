"""Everything downstream of a file."""

import json
from pathlib import Path

import pytest

from promptgan.lineage import impact, lock
from promptgan.lineage.impact import Impact
from promptgan.lineage.target import UnknownTarget
from tests.lineage.traced_run import edit_params, prepared
from tests.pipeline.clone import Clone


def reach(path: str) -> Impact:
    return impact.impact(path, lock.read())


def stages(found: Impact) -> dict[str, bool]:
    return {each.stage.name: each.direct for each in found.reached}


def test_raw_data_reaches_every_stage_and_the_first_directly(own: Clone) -> None:
    found = reach("data/raw/dataset.json")
    assert found.made_by == "download"
    assert stages(found) == {
        "validate": True,
        **dict.fromkeys(["tokenize", "pretrain", "train", "judges", "generate", "evaluate"], False),
    }


def test_an_end_of_the_pipeline_reaches_nothing(own: Clone) -> None:
    assert reach("metrics/evaluation.json").reached == ()


def test_code_reaches_the_stages_that_run_it_and_what_follows(own: Clone) -> None:
    assert stages(reach("stages/judges.py")) == {"judges": True, "evaluate": False}
    assert reach("stages/judges.py").made_by is None


def test_outputs_say_who_keeps_them_and_where_they_are_committed(own: Clone) -> None:
    outputs = {out.file.path: out for each in reach("data/raw").reached for out in each.outputs}
    assert {path for path, out in outputs.items() if out.in_git} == {
        "metrics/validation.json",
        "metrics/evaluation.json",
    }
    assert all(out.commit and out.commit.head for out in outputs.values())
    prepared(own, "models/adversarial/generator.safetensors", "other")
    edit_params(own, p_00=99)
    own.dvc("repro", "--quiet", "train")
    outputs = {out.file.path: out for each in reach("data/raw").reached for out in each.outputs}
    assert [path for path, out in outputs.items() if out.commit is None] == ["models/adversarial"]


def test_a_changed_input_is_noticed(own: Clone) -> None:
    assert reach("stages/train.py").workspace == "same"
    Path("stages/train.py").write_text("other")
    assert reach("stages/train.py").workspace == "other"


def test_an_unknown_path_gets_the_nearest_name(own: Clone) -> None:
    with pytest.raises(UnknownTarget, match=r"did you mean data/raw/dataset\.json"):
        reach("data/raw/datset.json")


def test_the_document_is_json(own: Clone) -> None:
    document = json.loads(json.dumps(impact.document(reach("models/judges"))))
    assert [each["stage"] for each in document["reached"]] == ["evaluate"]
    assert document["reached"][0]["outputs"][0]["in_git"] is True
