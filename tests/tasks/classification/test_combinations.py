import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

RECIPES = ["label-gru", "label-freelb", "label-prompt-gan", "label-transformer", "label-hf"]
NONE = {"network": "none"}
HUGGINGFACE = {"network": "huggingface", "weights": "float32", "rank": 8, "scale": 2.0, "blocks": 1, "dropout": 0.1}
TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "context": 49, "dropout": 0.1}
OWN = {
    "name": "local_labels",
    "file": "a.csv",
    "sha256": "0" * 64,
    "text": "text",
    "label": "label",
    "labels": ["a", "b", "c"],
}
CORPUS = {"name": "bbc_topics", "epochs": 1}


@pytest.fixture(scope="module")
def recipes() -> dict[str, dict[str, Any]]:
    return {name: resolve(name).values for name in RECIPES}


@pytest.mark.parametrize(
    ("recipe", "changes", "words"),
    [
        *((name, {}, None) for name in RECIPES),
        ("label-gru", {"pretrain": {"method": "none"}}, "pretrain.method is none, and train.method none"),
        ("label-gru", {"encoder": NONE}, "encoder.network is none, which tells no labels"),
        ("label-prompt-gan", {"generator": NONE}, "generator.network is none; with train.method prompt_gan"),
        ("label-prompt-gan", {"discriminator": NONE}, "discriminator.network is none; only train.method prompt_gan"),
        ("label-freelb", {"perturbation": {"kind": "none"}}, "with neither perturbation nor augmentation it repeats"),
        ("label-freelb", {"masked": {"epochs": 1, "share": 0.1, "learning_rate": 0.1, "batch": 8}}, "train.masked"),
        ("label-hf", {"base_model": {"name": "none"}}, "encoder.body and tokenize.level of a pretrained model"),
        ("label-gru", {"corpus": CORPUS}, "corpus.name is bbc_topics, which only pretrain.masked reads"),
        ("label-transformer", {"corpus": CORPUS}, None),
        ("label-transformer", {"corpus": {"name": "brown", "epochs": 1}}, "brown, which is for text"),
        ("label-hf", {"base_model": {"name": "smollm2"}}, "base_model.name is smollm2, a GGUF file"),
        (
            "label-prompt-gan",
            {"discriminator": HUGGINGFACE},
            "discriminator.network is huggingface, and base_model.name",
        ),
        ("label-prompt-gan", {"discriminator": TRANSFORMER}, "a text of tokenize.max_tokens 48 takes 50"),
        (
            "label-gru",
            {"data": {"name": "bbc_topics"}},
            "encoder.labels is 2, and the data set bbc_topics has 5 labels",
        ),
        ("label-gru", {"data": OWN}, "encoder.labels is 2, and the data set local_labels has 3 labels: make it 3"),
        ("label-gru", {"base_model": {"name": "minilm"}}, "base_model.name of a pretrained model, encoder.body"),
    ],
)
def test_what_makes_no_sense_for_labels_is_said_before_anything_runs(
    recipe: str, changes: dict[str, Any], words: str | None, recipes: dict[str, dict[str, Any]]
) -> None:
    values = copy.deepcopy(recipes[recipe])
    for key, value in changes.items():
        (values if key in values else values["train"])[key] = value
    found = problems(values)
    assert found == [] if words is None else any(words in problem for problem in found), found
