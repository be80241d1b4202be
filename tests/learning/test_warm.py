"""The start of a successor: what params.yaml says then, and what the files hold."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from promptgan.core.choices import chosen_section
from promptgan.data.download import download
from promptgan.data.models import served
from promptgan.learning import warm
from promptgan.networks import folder
from promptgan.recipes import presets
from promptgan.tasks.text.arrays.pretrained import adopt, special
from promptgan.training.methods.continued import start
from tests.conftest import EXAMPLE, GENERATOR
from tests.serving.conftest import write_model

LIKELIHOOD: dict[str, Any] = {
    "method": "likelihood", "epochs": 8, "batch": 128, "learning_rate": 0.004, "warmup": 200, "validate_every": 225,
    "validation_count": 5000, "min_gain": 0.06, "cut": 0.4, "patience": 5, "checkpoint_every": 200,
}  # fmt: skip
TOKENIZE = {"level": "bpe", "vocabulary": 4000, "lowercase": True, "max_tokens": 32}
DOCUMENT: dict[str, Any] = {"pretrain": LIKELIHOOD, "tokenize": TOKENIZE}


@pytest.fixture
def model(one_thread: None, tokens: Path, tmp_path: Path) -> Path:
    """A model folder."""
    write_model(tmp_path / "model", tokens, seed=0)
    return tmp_path / "model"


def test_the_files_are_those_of_the_model_in_the_store(model: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    begun = warm.start(model, warm.require(model, DOCUMENT), ["a", "b"], root)
    assert begun["generator"] == GENERATOR
    upstream = served.upstream(served.Parameters(**begun["base_model"]))
    base = tmp_path / "base"
    download(upstream, base, cache=tmp_path / "cache", roots=[root])
    tokenizer, config = adopt(base, tmp_path / "adopted")  # as the stage tokenize does
    assert config["vocab_size"] == EXAMPLE.vocabulary
    assert special(config) == {"pad": 0, "unk": None, "bos": EXAMPLE.bos, "eos": EXAMPLE.eos}
    assert tokenizer.to_str() == folder_tokenizer(model)
    found = start.read(tmp_path / "adopted")
    weights = folder.load(model).networks["generator"].state_dict()
    assert found.weights.keys() == weights.keys()
    assert all(torch.equal(found.weights[name], tensor) for name, tensor in weights.items())
    assert sorted(found.known) == sorted(start.digests(["a", "b"]))


def folder_tokenizer(model: Path) -> str:
    from tokenizers import Tokenizer

    return str(Tokenizer.from_file(str(model / "tokenizer.json")).to_str())


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    index = warm.require(model, DOCUMENT)
    assert warm.start(model, index, ["b", "a"], tmp_path / "1") == warm.start(model, index, ["a", "b"], tmp_path / "2")


def test_training_is_slower_and_looks_more_often() -> None:
    found = warm.sections(DOCUMENT, {"base_model": {"name": "served"}}, new=200)
    chosen_section("promptgan.training.methods", "pretrain", found["pretrain"], "method")
    assert found["pretrain"]["learning_rate"] == pytest.approx(0.25 * LIKELIHOOD["learning_rate"])
    steps = warm.EPOCHS * 200 // 13
    assert found["pretrain"]["validate_every"] == steps // warm.VALIDATIONS
    assert found["tokenize"] == {"level": "pretrained", "vocabulary": None, "lowercase": False, "max_tokens": 32}


def test_what_went_on_before_goes_on_as_it_is_set() -> None:
    mine = {**LIKELIHOOD, "method": "continued", "new_share": 0.5}
    assert warm.sections({**DOCUMENT, "pretrain": mine}, {}, new=10)["pretrain"] == mine


def test_fresh_weights_after_training_that_went_on_take_the_recipe_s_own_sections() -> None:
    preset = presets.values("text-gumbel")
    begun = {"base_model": {"name": "served", "sha256": "0" * 64, "content_sha256": "0" * 64}}
    went_on = {**preset, **warm.sections(preset, begun, new=200)}
    assert {**went_on, **warm.afresh(went_on)} == preset
    assert warm.afresh(preset) == {}, "what was set by hand stays"


def test_what_cannot_go_on_is_refused_with_the_way_that_there_is(model: Path) -> None:
    with pytest.raises(warm.CannotGoOn, match="count"):
        warm.require(model, {"pretrain": {"method": "count"}})
    index = json.loads((model / "index.json").read_text())
    index["networks"]["generator"]["section"]["network"] = "huggingface"
    (model / "index.json").write_text(json.dumps(index))
    with pytest.raises(warm.CannotGoOn, match="promptgan export"):
        warm.require(model, DOCUMENT)
    with pytest.raises(folder.NotAModelFolder):
        warm.require(model / "none", DOCUMENT)
