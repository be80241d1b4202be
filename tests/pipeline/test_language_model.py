"""A pretrained language model goes through the whole pipeline, on own data, and out of it again."""

import json
from pathlib import Path

import pytest

from tests.language_models import language_model
from tests.pipeline.clone import PROMPTGAN, TINY, Clone, merged

SMALL = {"weights": "float32", "rank": 2, "blocks": 2}
PARAMETERS = {
    **{section: TINY[section] for section in ("compute", "validate", "judges", "generate", "evaluate")},
    "tokenize": {"max_tokens": 12},
    "generator": SMALL,
    "discriminator": SMALL,
    "pretrain": {"epochs": 0.5, "warmup": 1, "validate_every": 2, "learning_rate": 0.01, "checkpoint_every": 2},
    "train": {
        "steps": 4,
        "warmup": 2,
        "batch": 4,
        "candidates": 2,
        "validate_every": 2,
        "validation_count": 20,
        "checkpoint_every": 2,
        "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 100.0},
    },
}


@pytest.fixture(scope="module")
def run(source: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which all stages have run, from a model that is no longer where it was; to be read only."""
    folder = tmp_path_factory.mktemp("language-model")
    clone = source.copy(folder / "clone")
    language_model(folder / "mine", positions=256)
    own = ["--path", clone.home / "pairs.csv", "--prompt", "question", "--text", "answer", "--device", "cpu"]
    clone.promptgan("use", "local-lm", *own, "--model", folder / "mine")
    clone.write_params(merged(clone.params, PARAMETERS))
    clone.promptgan("check")
    clone.dvc("repro", "--quiet", "download")
    (folder / "mine").rename(folder / "gone")
    clone.dvc("repro", "--quiet")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "results")
    return clone


def test_every_system_is_measured(run: Clone) -> None:
    systems = json.loads((run.path / "metrics/evaluation.json").read_text())["systems"]
    assert all(systems[name]["nll_character"] > 0 for name in ("twin", "control", "adversarial"))


def test_a_model_folder_is_whole_and_holds_adapters_once(run: Clone) -> None:
    folder = run.path / "models/adversarial"
    assert (folder / "base/model.safetensors").read_bytes() == (run.path / "data/base/model.safetensors").read_bytes()
    assert (folder / "generator.safetensors").stat().st_size < (folder / "base/model.safetensors").stat().st_size


def test_nothing_is_left_to_do_and_every_link_holds(run: Clone) -> None:
    assert "up to date" in run.dvc("status")
    assert "every link holds" in run.promptgan("lineage", "verify")


def test_the_chain_ends_at_the_data_and_at_the_model(run: Clone) -> None:
    chain = json.loads(run.promptgan("lineage", "show", "models/adversarial", "--json"))
    assert chain["source"]["source"]["kind"] == "local"
    assert chain["base_model"]["source"]["kind"] == "folder"
    assert chain["base_model"]["files"].keys() == {"config.json", "model.safetensors", "tokenizer.json"}


def test_another_model_under_the_same_name_is_found(run: Clone, tmp_path: Path) -> None:
    clone = run.copy(tmp_path / "clone")
    config = clone.path / "data/base/config.json"
    config.write_text(config.read_text().replace("llama", "LLAMA"))
    said = clone.refused(*PROMPTGAN, "lineage", "verify")
    assert "data/base/provenance.json files config.json -> data/base/config.json" in said


def test_it_answers_and_is_exported_elsewhere(run: Clone, tmp_path: Path) -> None:
    said = run.promptgan("generate", "--prompt", "why does it", "--n", "2")
    assert said.startswith("> why does it\n")
    run.promptgan("export", tmp_path / "out")
    assert (tmp_path / "out/model.safetensors").is_file()
