"""The whole parameter file: every wrong key in one report, and combinations that make no sense."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptgan.core.choices import choices
from promptgan.core.parameters import ParameterError, Section, load_params
from promptgan.recipes.parameters import CHOICES, SCHEMAS, Run, absent_device, check, schema
from promptgan.recipes.parameters import problems as of_document
from promptgan.recipes.presets import resolve

TRANSFORMER = {"network": "transformer", "width": 8, "layers": 1, "dropout": 0.0}


@pytest.fixture
def document(default_parameters: Path) -> dict[str, Any]:
    return load_params(default_parameters)


def problems(tmp_path: Path, content: dict[str, Any] | str) -> list[str]:
    path = tmp_path / "params.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    with pytest.raises(ParameterError) as caught:
        check(path)
    return caught.value.problems


def test_the_default_file_is_valid_and_every_section_has_a_schema(
    default_parameters: Path, document: dict[str, Any]
) -> None:
    assert check(default_parameters) == document
    assert list(document) == [*Run.model_fields, *SCHEMAS]
    assert all(issubclass(schema(section, document), Section) for section in SCHEMAS)


def test_choices_are_the_sections_that_a_key_of_their_own_chooses() -> None:
    assert CHOICES == {
        "data": "name",
        "base_model": "name",
        "generator": "network",
        "discriminator": "network",
        "encoder": "network",
        "pretrain": "method",
        "train": "method",
    }


def test_everything_wrong_is_in_one_report(tmp_path: Path, document: dict[str, Any]) -> None:
    document["seed"] = -1
    document["compute"]["device"] = "auto"
    document["tokenise"] = document.pop("tokenize")
    document["generator"]["network"] = "recurent"
    document["train"]["objective"] = "hindge"
    document["data"] = None
    del document["discriminator"]["width"]
    assert [line.partition(":")[0] for line in problems(tmp_path, document)] == [
        "tokenise",
        "seed",
        "compute.device",
        "data",
        "tokenize",
        "generator.network",
        "discriminator.width",
        "train.objective",
    ]
    text = "\n".join(problems(tmp_path, document))
    assert "tokenise: unknown section (did you mean tokenize?)" in text
    assert "compute.device: found 'auto'; input should be 'cpu' or 'cuda'" in text
    known = ", ".join(choices("promptgan.networks.tokens"))
    assert f"generator.network: found 'recurent' (did you mean recurrent?); available: {known}" in text


def test_a_repeated_key_is_reported_with_both_lines(tmp_path: Path, default_parameters: Path) -> None:
    text = (
        default_parameters.read_text()
        .replace("compute:\n", "compute:\n  device: cuda\n")
        .replace("seed: 1 ", "seed: -1 ")
    )
    lines = text.splitlines()
    first = lines.index("  device: cuda") + 1
    found = problems(tmp_path, text)
    assert found[0] == f"compute.device: given twice, on lines {first} and {first + 1}"
    assert found[1].startswith("seed: found -1")


def test_an_alias_that_leads_back_to_itself_is_a_clean_error(tmp_path: Path) -> None:
    problems(tmp_path, "compute: &a\n  device: *a\n")


@pytest.mark.parametrize("key", ["data.name", "generator.network", "task", "form", "pretrain.method", "train.method"])
def test_a_missing_choice_names_what_there_is(tmp_path: Path, document: dict[str, Any], key: str) -> None:
    section, _, inner = key.partition(".")
    if inner:
        del document[section][inner]
    else:
        del document[section]
    assert any(line.startswith(f"{key}: missing; available: ") for line in problems(tmp_path, document))


def wrong_task(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptgan.data.sets.chitchat.TASK", "image")


def short_context(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {
        "network": "transformer",
        "width": 8,
        "heads": 2,
        "layers": 1,
        "context": 64,
        "dropout": 0.0,
    }
    document["tokenize"]["max_tokens"] = 32


def no_room_for_the_end(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    short_context(document, monkeypatch)
    document["discriminator"] = document["generator"] | {"context": 65}
    document["generator"] = document["generator"] | {"context": 65}


def odd_heads(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {
        "network": "transformer",
        "width": 8,
        "heads": 3,
        "layers": 1,
        "context": 128,
        "dropout": 0.0,
    }


def bare_critic(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["train"] |= {"objective": "wasserstein", "penalty": "none"}


def weightless_penalty(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["train"] |= {"penalty": "zero_centred", "penalty_weight": 0.0}


def no_band(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["train"]["waiting"] = {"generator_below": 0.9, "discriminator_above": 0.6}


def no_discriminator(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["discriminator"] = {"network": "none"}


def no_training(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["pretrain"] = {"method": "none"}
    document["train"] = {"method": "none", "objective": "none", "penalty": "none"}
    document["discriminator"] = {"network": "none"}


def no_twin(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["pretrain"] = {"method": "none"}


def no_prefixes(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    train = document["train"]
    for key in ("waiting", "gumbel_start", "gumbel_end"):
        del train[key]
    train |= {"method": "dense_rewards", "start": "fresh", "discount": 0.2, "baseline_decay": 0.1}


def han_words(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["validate"]["script"] = "han"
    document["tokenize"]["level"] = "word"


def prompts_of_ones_own(document: dict[str, Any], _: pytest.MonkeyPatch) -> None:
    document["validate"]["prompt"] = {"kind": "none"}
    document["generate"]["prompts"] = ["any plans?"]


def unasked(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {"network": "unconditional", "width": 8}


def latent(document: dict[str, Any], *without: str) -> None:
    """Put the parts of a text autoencoder into the document, but those ``without``."""
    network = {"network": "latent", "latent": 4, "embedding": 8, "width": 8, "dropout": 0.0, "word_dropout": 0.0}
    method = {key: value for key, value in document["pretrain"].items() if key != "method"}
    parts = {
        "generator": network,
        "encoder": network,
        "pretrain": {"method": "text_vae", **method, "anneal": 1, "free_bits": 0.1},
        "train": {"method": "none", "objective": "none", "penalty": "none"},
        "discriminator": {"network": "none"},
    }
    document.update({section: part for section, part in parts.items() if section not in without})


def no_encoder(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    latent(document, "encoder")


def no_bound(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    latent(document, "pretrain")


def latent_adversary(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    latent(document, "train", "discriminator")


def uncounted(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {"network": "ngram", "order": 3}


def counted_adversary(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {"network": "ngram", "order": 3}
    document["pretrain"] = {"method": "count", "validation_count": 10}


def no_generator(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["generator"] = {"network": "none"}


def encoder_of_other_vectors(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    latent(document)
    document["encoder"] = document["encoder"] | {"latent": 5}


def long_n_grams(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    counted_adversary(document, monkeypatch)
    latent(document, "generator", "encoder", "pretrain")  # nor an adversary
    document["generator"]["order"] = 8


def half_of_a_precision(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document["base_model"], document["tokenize"]["level"] = {"name": "smollm2"}, "pretrained"
    document["tokenize"]["vocabulary"] = None
    adapted = {"network": "huggingface", "rank": 1, "scale": 1.0, "blocks": 1, "dropout": 0.0}
    document["generator"] = adapted | {"weights": "bfloat16"}
    document["compute"]["precision"] = "float32"


def test_the_parts_of_an_autoencoder_of_texts_go_together(tmp_path: Path, document: dict[str, Any]) -> None:
    latent(document)
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    check(path)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("role-not-played", no_generator),
        ("latent-sizes-that-differ", encoder_of_other_vectors),
        ("n-grams-too-long", long_n_grams),
        ("latent-parts", no_encoder),
        ("latent-parts", no_bound),
        ("latent-parts", latent_adversary),
        ("counted-parts", uncounted),
        ("counted-parts", counted_adversary),
        ("data-of-another-task", wrong_task),
        ("context-too-short", short_context),
        ("context-too-short", no_room_for_the_end),
        ("heads-that-do-not-divide", odd_heads),
        ("words-without-spaces", han_words),
        ("generator-without-prompt", unasked),
        ("prompts-where-none-is-asked", prompts_of_ones_own),
        ("critic-without-penalty", bare_critic),
        ("penalty-without-weight", weightless_penalty),
        ("band-upside-down", no_band),
        ("training-without-a-discriminator", no_discriminator),
        ("nothing-trained", no_training),
        ("adversary-without-a-twin", no_twin),
        ("rewards-without-prefixes", no_prefixes),
        ("precision-of-weights", half_of_a_precision),
    ],
)
def test_an_impossible_combination_is_refused_by_name(
    tmp_path: Path,
    document: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    make: Callable[[dict[str, Any], pytest.MonkeyPatch], None],
) -> None:
    make(document, monkeypatch)
    (line,) = problems(tmp_path, document)
    assert line.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"corpus": {"name": "chitchat", "epochs": 1}}, "unreadable-corpus: corpus.name is chitchat, and so is data"),
        ({"corpus": {"name": "mnist", "epochs": 1}}, "unreadable-corpus: corpus.name is mnist, which is for image"),
        ({"corpus": {"name": "tang_poems", "epochs": 1}}, "tang_poems, which needs characters, prompt: a corpus takes"),
        ({"corpus": {"name": "brwn", "epochs": 1}}, "corpus.name: found 'brwn' (did you mean brown?); available: "),
        ({"corpus": {"name": "brown"}}, "corpus: found "),
        ({"corpus": {"name": "none", "epochs": 1}}, "a corpus takes a number of epochs, and none takes no epochs"),
        ({"corpus": {"name": "brown", "epochs": 0}}, "corpus.epochs: found 0"),
    ],
)
def test_a_corpus_that_cannot_be_read_is_refused(
    tmp_path: Path, document: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    (line,) = problems(tmp_path, document | changes)
    assert words in line


@pytest.mark.parametrize("recipe", ["image-vae", "text-vae", "text-ngram", "text-oracle", "text-style"])
def test_a_corpus_where_nothing_reads_it_is_refused(recipe: str) -> None:
    document = {**resolve(recipe).values, "corpus": {"name": "brown", "epochs": 1}}
    (line,) = of_document(document)
    assert line.startswith(
        "unreadable-corpus: corpus.name is brown, which only pretrain.method likelihood of task text and classifier of"
    )


RELATIONAL = {"network": "relational", "embedding": 8, "slots": 1, "width": 8, "heads": 2, "dropout": 0.0}
CONVOLUTIONAL = {"network": "convolutional", "embedding": 8, "width": 8, "kernel": 3, "dropout": 0.0}
SEVERAL = {"network": "multi_representation", "embedding": 8, "representations": 2, "width": 8, "kernels": [2]}
GENERATORS = "huggingface, latent, ngram, recurrent, relational, relative, transformer, unconditional"
DISCRIMINATORS = "convolutional, huggingface, multi_representation, recurrent, transformer"


@pytest.mark.parametrize(
    ("role", "section", "able"),
    [
        ("discriminator", RELATIONAL, DISCRIMINATORS),
        ("discriminator", {"network": "ngram", "order": 3}, DISCRIMINATORS),
        ("generator", SEVERAL | {"dropout": 0.0}, GENERATORS),
        ("generator", CONVOLUTIONAL, GENERATORS),
        ("encoder", RELATIONAL, "latent"),
    ],
)
def test_a_network_that_cannot_play_its_role_is_refused_with_those_that_can(
    tmp_path: Path, document: dict[str, Any], role: str, section: dict[str, Any], able: str
) -> None:
    document[role] = section
    (line,) = problems(tmp_path, document)
    name = section["network"]
    assert line.startswith(f"role-not-played: {role}.network is {name}, which plays no {role}; these do: ")
    assert line.endswith(able)


def test_a_null_latent_size_is_a_discriminators_alone() -> None:
    document = copy.deepcopy(resolve("image-vae").values)
    assert of_document(document) == []
    document["encoder"]["latent"] = None
    (line,) = of_document(document)
    assert line.startswith("latent-sizes-that-differ: encoder.latent is null")


@pytest.mark.parametrize("device", ["cpu", "nonsense", None])
def test_torch_is_asked_only_for_a_gpu(device: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert absent_device({"compute": {"device": device}}) == []
    assert absent_device({"compute": device}) == []
    with pytest.raises(ImportError):
        absent_device({"compute": {"device": "cuda"}})


@pytest.mark.parametrize("seed", ["1", "-1"])
def test_a_gpu_that_is_not_here_is_refused_with_everything_else(
    seed: str, tmp_path: Path, default_parameters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    path = tmp_path / "params.yaml"
    text = default_parameters.read_text().replace("device: cpu", "device: cuda").replace("seed: 1 ", f"seed: {seed} ")
    path.write_text(text)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ParameterError) as caught:
        check(path, on_this_machine=True)
    found = caught.value.problems
    assert [line.partition(":")[0] for line in found] == ["seed"] * (seed == "-1") + ["compute.device"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    path.write_text(text.replace("seed: -1", "seed: 1"))
    assert check(path, on_this_machine=True)["compute"]["device"] == "cuda"
