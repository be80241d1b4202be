"""The chain back to the package."""

import json
from pathlib import Path
from typing import Any

import pytest

from promptgan.core.record import sha256
from promptgan.lineage import lock, trace
from tests.lineage.traced_run import CHITCHAT, PARAMETERS, commit, edit_params, prepared, without_outputs
from tests.pipeline.clone import Clone


def chain(name: str) -> dict[str, Any]:
    return trace.trace(name, lock.read())


def names(found: dict[str, Any]) -> list[str]:
    return [step["stage"] for step in found["stages"]]


def test_the_chain_leads_from_the_model_through_every_stage_to_the_package(own: Clone) -> None:
    found = chain("models/adversarial")
    assert names(found) == ["train", "pretrain", "tokenize", "validate", "download"]
    assert found["source"]["source"] == {
        "kind": "pypi",
        "name": "chitchat-dataset",
        "version": "0.9.0",
        "sha256": "7" * 64,
    }
    assert found["source"]["licence"]["name"] == "MIT"
    assert found["source_from"] == "data/raw/provenance.json"
    assert found["target"]["used_by"] == ["generate"]
    assert found["target"]["workspace"] == "same"


def test_a_stage_tells_command_code_parameters_tokenizer_environment_and_commit(own: Clone) -> None:
    step = chain("models/adversarial")["stages"][0]
    assert step["command"].startswith("mkdir -p models")
    assert list(step["code"]) == ["src/promptgan/core/errors.py", "stages/train.py"]
    assert [file["path"] for file in step["inputs"]] == ["data/tokens", "models/pretrained"]
    assert step["parameters"] == {"train": PARAMETERS["train"]}
    tokenizer = Path("models/pretrained/tokenizer.json")
    assert step["tokenizer"] == {str(tokenizer): f"sha256 {sha256(tokenizer)}"}
    assert step["environment"] == {"python": "3.11.7", "package_lock": "5" * 64}
    assert step["outputs"][0]["commit"]["first"]["id"] == own.git("rev-parse", "HEAD").strip()


def test_the_stage_that_fits_the_tokenizer_shows_the_same_hash_as_those_that_read_it(own: Clone) -> None:
    made, read = (
        next(s for s in chain("models/adversarial")["stages"] if s["stage"] == n) for n in ("tokenize", "pretrain")
    )
    assert made["tokenizer"] == read["tokenizer"] != {}


def test_a_stage_without_a_run_record_says_so(own: Clone) -> None:
    step = chain("metrics/evaluation.json")["stages"][0]
    assert step["environment"] is None
    assert step["environment_missing"] == "not recorded: the stage writes no run.json"


def test_the_code_digest_changes_with_the_code_and_with_nothing_else(own: Clone) -> None:
    before = chain("models/adversarial")["stages"][0]["code_sha256"]
    edit_params(own, p_00=99)
    own.dvc("repro", "--quiet", "train")
    assert chain("models/adversarial")["stages"][0]["code_sha256"] == before
    Path("stages/train.py").write_text("print('other')\n")
    own.dvc("repro", "--quiet", "train")
    assert chain("models/adversarial")["stages"][0]["code_sha256"] != before


def test_an_input_has_no_chain_but_users(own: Clone) -> None:
    found = chain("src/promptgan/core/errors.py")
    assert found["stages"] == []
    assert found["source"] is None
    assert len(found["target"]["used_by"]) == 8
    assert chain("stages/train.py")["target"]["used_by"] == ["train"]


def test_a_run_that_is_not_committed_is_not_recorded(own: Clone) -> None:
    prepared(own, "models/adversarial/generator.safetensors", "other")
    edit_params(own, p_00=99)
    own.dvc("repro", "--quiet", "train")
    found = chain("models/adversarial")
    assert found["target"]["commit"] == "not recorded"
    assert found["stages"][0]["outputs"][0]["commit"] == "not recorded"
    assert found["stages"][1]["outputs"][0]["commit"]["head"]


def test_a_chain_of_other_bytes_than_were_used_is_called_stale(own: Clone) -> None:
    prepared(own, "data/tokens/train.arrow", "other")
    Path("stages/tokenize.py").write_text("print('other')\n")
    own.dvc("repro", "--quiet", "tokenize")
    steps = {step["stage"]: step for step in chain("models/adversarial")["stages"]}
    assert [used["path"] for used in steps["train"]["stale"]] == ["data/tokens"]
    assert steps["tokenize"]["stale"] == []


@pytest.mark.parametrize("pulled", [[], ["models/adversarial"]])
def test_in_another_clone_the_chain_is_the_same_after_dvc_pull(own: Clone, tmp_path: Path, pulled: list[str]) -> None:
    own.dvc("remote", "add", "--quiet", "--default", "shared", str(tmp_path / "remote"))
    own.dvc("push", "--quiet")
    commit(own, "a remote")
    expected = chain("models/adversarial")
    own.git("clone", "--quiet", ".", str(tmp_path / "other"))
    other = Clone(tmp_path / "other", own.home)
    other.dvc("pull", "--quiet", *pulled)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(other.path)
        found = chain("models/adversarial")
    if not pulled:
        assert found == expected
        return
    # of what was not pulled, all that Git holds is there: the package as the code declares it
    assert found["stages"][0] == expected["stages"][0]
    assert "data/raw is not here" in found["source_from"]
    assert found["source"]["licence"] == expected["source"]["licence"]
    assert found["source"]["sources"][0]["version"] == "0.9.0"


def test_before_any_pull_what_is_missing_names_its_remedy(own: Clone) -> None:
    without_outputs(own)
    found = chain("models/adversarial")
    assert found["stages"][0]["environment_missing"] == "run.json is not here: `dvc pull models/adversarial`"
    assert found["source_from"] == f"declared in {CHITCHAT}; data/raw is not here"
    assert found["target"]["commit"]["head"]


def test_a_declaration_that_has_changed_since_is_not_taken_for_the_source(own: Clone) -> None:
    without_outputs(own)
    Path(CHITCHAT).write_text("# other\n")
    found = chain("models/adversarial")
    assert found["source"] is None
    assert found["source_from"] == "data/raw is not here: `dvc pull data/raw`"


def test_the_document_holds_everything_and_is_json(own: Clone) -> None:
    document = json.loads(json.dumps(chain("metrics/evaluation.json:text.adversarial.nll")))
    assert document["target"]["value"] == 4.25
    assert document["target"]["commit"]["first"]["subject"] == "first results"
    train = next(stage for stage in document["stages"] if stage["stage"] == "train")
    assert train["code"]["stages/train.py"]
    assert train["read"]["data/tokens/train.arrow"] == sha256(Path("data/tokens/train.arrow"))
    assert train["parameters"]["train"] == PARAMETERS["train"]
