import json
from pathlib import Path
from typing import Any

import pytest
import torch

from promptgan.base import ParameterError
from promptgan.networks import folder
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD

MODEL = {"name": "recurrent", "cell": "gru", "embedding": 8, "width": 8, "layers": 1, "dropout": 0.1}


@pytest.fixture
def saved(generator: Any, tokens: Path, tmp_path: Path) -> Path:
    """A model folder; `tokens` gives its tokenizer."""
    folder.save(tmp_path / "model", generator, {"model": MODEL, "vocabulary": 64}, tokens / "tokenizer.json")
    return tmp_path / "model"


def test_a_saved_generator_comes_back_with_tokenizer_and_configuration(saved: Path, generator: Any) -> None:
    loaded = folder.load(saved)
    assert loaded.config == {"kind": "text-generator", "model": MODEL, "vocabulary": 64}
    assert loaded.tokenizer.encode("tea").ids
    assert not loaded.model.training
    weights = loaded.model.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in generator.state_dict().items())


def test_the_same_weights_make_the_same_bytes(saved: Path, generator: Any, tmp_path: Path) -> None:
    folder.save_weights(tmp_path / "again.safetensors", generator)
    assert (tmp_path / "again.safetensors").read_bytes() == (saved / folder.WEIGHTS).read_bytes()


@pytest.mark.parametrize("name", [folder.WEIGHTS, folder.CONFIG, folder.TOKENIZER])
@pytest.mark.parametrize("content", [None, b"", b"{broken", b"[]"])
def test_a_missing_or_broken_file_is_a_clear_error(saved: Path, name: str, content: bytes | None) -> None:
    (saved / name).unlink()
    if content is not None:
        (saved / name).write_bytes(content)
    with pytest.raises(folder.NotAModelFolder, match=str(saved)):
        folder.load(saved)


def test_weights_of_another_shape_are_refused(saved: Path) -> None:
    config = {"kind": "text-generator", "model": {**MODEL, "width": 16}, "vocabulary": 64}
    (saved / folder.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(folder.NotAModelFolder, match="cannot be loaded"):
        folder.load(saved)


def test_a_stage_that_the_recipe_does_not_use_says_why(tmp_path: Path) -> None:
    (tmp_path / folder.CONFIG).write_text('{"kind": "none", "reason": "no adversarial phase"}', encoding="utf-8")
    with pytest.raises(folder.NotAModelFolder, match="no adversarial phase"):
        folder.load(tmp_path)


def test_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(folder.NotAModelFolder, match="make run"):
        folder.load(tmp_path / "nowhere")


def test_building_an_unknown_generator_names_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"recurent.*recurrent, transformer"):
        folder.build({"name": "recurent"}, 64)


@pytest.mark.parametrize("change", [{"name": "recurent"}, {"width": "wide"}])
def test_a_configuration_that_describes_no_generator_is_not_blamed_on_params_yaml(
    saved: Path, change: dict[str, str]
) -> None:
    config = {"kind": "text-generator", "model": MODEL | change, "vocabulary": 64}
    (saved / folder.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(folder.NotAModelFolder, match=str(saved / folder.CONFIG)) as caught:
        folder.load(saved)
    assert "params.yaml" not in str(caught.value)


def test_a_special_token_in_a_prompt_is_text(saved: Path) -> None:
    ids = folder.load(saved).tokenizer.encode("<s> tea </s>", add_special_tokens=False).ids
    assert not {PAD, BOS, EOS} & set(ids)
