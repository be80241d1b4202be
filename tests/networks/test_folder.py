import json
from pathlib import Path
from typing import Any

import pytest
import torch

from promptgan.core.choices import choices, choose
from promptgan.core.parameters import ParameterError
from promptgan.networks import folder
from promptgan.networks.weights import save_weights
from tests.conftest import EXAMPLE, GENERATOR

INDEX = folder.described("text", "tokens", EXAMPLE)
WEIGHTS = "generator.safetensors"


@pytest.fixture
def saved(generator: Any, tokens: Path, tmp_path: Path) -> Path:
    """A model folder; `tokens` gives its tokenizer."""
    networks, sections = {"generator": generator}, {"generator": GENERATOR}
    folder.save(
        tmp_path / "model", networks, sections, {**INDEX, "steps": 3}, {"tokenizer.json": tokens / "tokenizer.json"}
    )
    return tmp_path / "model"


def change(saved: Path, section: dict[str, Any]) -> None:
    """Give the index another section of the generator."""
    index = json.loads((saved / folder.INDEX).read_text(encoding="utf-8"))
    index["networks"]["generator"]["section"] |= section
    (saved / folder.INDEX).write_text(json.dumps(index), encoding="utf-8")


def test_saved_networks_come_back_with_their_index_and_files(saved: Path, generator: Any) -> None:
    loaded = folder.load(saved)
    listed = {"generator": {"role": "generator", "weights": WEIGHTS, "section": GENERATOR}}
    assert loaded.index == {"kind": "model", **INDEX, "steps": 3, "networks": listed}
    assert {path.name for path in saved.iterdir()} == {folder.INDEX, WEIGHTS, "tokenizer.json"}
    assert not loaded.networks["generator"].training
    weights = loaded.networks["generator"].state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in generator.state_dict().items())


def test_only_the_networks_that_are_asked_for_are_loaded(saved: Path, generator: Any) -> None:
    networks = {"generator": generator, "generator_raw": generator}
    folder.save(saved, networks, {"generator": GENERATOR}, INDEX)
    (saved / "generator_raw.safetensors").unlink()
    assert list(folder.load(saved, names=["generator"]).networks) == ["generator"]
    with pytest.raises(folder.NotAModelFolder, match="generator_raw"):
        folder.load(saved)


def test_the_same_weights_make_the_same_bytes(saved: Path, generator: Any, tmp_path: Path) -> None:
    save_weights(tmp_path / "again.safetensors", generator)
    assert (tmp_path / "again.safetensors").read_bytes() == (saved / WEIGHTS).read_bytes()


@pytest.mark.parametrize("name", [WEIGHTS, folder.INDEX])
@pytest.mark.parametrize("content", [None, b"", b"{broken", b"[]"])
def test_a_missing_or_broken_file_is_a_clear_error(saved: Path, name: str, content: bytes | None) -> None:
    (saved / name).unlink()
    if content is not None:
        (saved / name).write_bytes(content)
    with pytest.raises(folder.NotAModelFolder, match=str(saved)):
        folder.load(saved)


def test_weights_of_another_shape_are_refused(saved: Path) -> None:
    change(saved, {"width": 16})
    with pytest.raises(folder.NotAModelFolder, match="cannot be loaded"):
        folder.load(saved)


def test_a_stage_that_the_recipe_does_not_use_says_why(tmp_path: Path) -> None:
    folder.save_none(tmp_path, "no adversarial phase")
    with pytest.raises(folder.NotAModelFolder, match="no adversarial phase"):
        folder.load(tmp_path)


def test_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(folder.NotAModelFolder, match="make run"):
        folder.load(tmp_path / "nowhere")


def test_building_an_unknown_network_names_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"network: found 'recurent'.*recurrent, relational, relative"):
        folder.build("tokens", "generator", {"network": "recurent"}, EXAMPLE)


@pytest.mark.parametrize(
    ("form", "family"),
    [(form, name) for form in ("tokens", "tensors") for name in choices(f"promptgan.networks.{form}")],
)
def test_a_family_declares_the_roles_that_it_has_networks_for(form: str, family: str) -> None:
    package = f"promptgan.networks.{form}"
    declared = choose(package, family, "network", "parameters").Parameters.roles
    built = {} if family == "none" else vars(choose(package, family, "network", "network"))
    assert set(declared) == {role for role in ("generator", "discriminator", "encoder") if role.capitalize() in built}


@pytest.mark.parametrize(("section", "role"), [({"network": "none"}, "generator"), (GENERATOR, "encoder")])
def test_a_network_plays_only_its_roles(section: dict[str, Any], role: str) -> None:
    with pytest.raises(ParameterError, match=f"plays no {role}"):
        folder.build("tokens", role, section, EXAMPLE)


@pytest.mark.parametrize("section", [{"network": "recurent"}, {"width": "wide"}])
def test_an_index_that_describes_no_network_is_not_blamed_on_params_yaml(saved: Path, section: dict[str, str]) -> None:
    change(saved, section)
    with pytest.raises(folder.NotAModelFolder, match=str(saved / folder.INDEX)) as caught:
        folder.load(saved)
    assert "params.yaml" not in str(caught.value)
