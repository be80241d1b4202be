"""Choices that make no sense together are said before anything runs."""

import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "context": 64, "dropout": 0.1}

ROLLS = {"tokenize.max_tokens": None, "tokenize.height": 48}
WORDS = {"tokenize.max_tokens": 144, "tokenize.height": None}
DCGAN = {"network": "dcgan", "latent": 64, "width": 8, "halvings": 3, "normalisation": "batch", "conditioning": None}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return resolve("music-gumbel").values


@pytest.fixture(scope="module")
def rolls() -> dict[str, Any]:
    return resolve("music-gan").values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"generator": TRANSFORMER}, "generator.context is 64, and a prompt and an answer of tokenize.max_tokens 144"),
        ({"validate.lowest": 81}, "validate.lowest is 81, and validate.highest 81"),
        ({"validate.prompt": {"kind": "opening", "bars": 2}}, "validate.prompt.bars is 2"),
        ({"validate.prompt": {"kind": "opening", "bars": 1}}, None),
        ({"validate.voices": 1}, "validate.prompt.kind is melody, and validate.voices 1"),
        ({"generator": {"network": "unconditional", "width": 8}}, "generator.network is unconditional"),
        ({"pretrain": {"method": "none"}}, "pretrain.method none: likelihood, say"),
        ({"data.key": "C"}, "data.key is C, and tokenize.transpose all"),
        ({"data.key": "C", "tokenize.transpose": "none"}, None),
        ({"validate.metres": ["4/3"]}, "validate.metres"),
        ({"tokenize.max_tokens": None}, "give max_tokens for words, or height for piano rolls"),
        (ROLLS, "form is tokens, and tokenize.height 48: give max_tokens"),
    ],
)
def test_what_makes_no_sense_for_music_is_said(
    recipe: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    check(recipe, changes, words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        (WORDS, "form is tensors, and tokenize.height null: give a height"),
        ({"validate.prompt": {"kind": "melody"}}, "what piano rolls are asked for is a key"),
        ({"validate.metres": ["4/4", "3/4"]}, "validate.metres are 4/4, 3/4"),
        ({"validate.grid": 8}, "validate.grid is 8"),
        ({"validate.lowest": 31}, "whose rows are pitches from 32 to 86"),
        ({"validate.highest": 87}, "validation keeps 32 to 87"),
        ({"discriminator.halvings": 6}, "rolls are 32 sixteenths wide"),
        ({"generator": DCGAN, "encoder": DCGAN}, None),
        ({"generator": {**DCGAN, "halvings": 4}}, "56 rows high, which generator.network dcgan cannot halve 4 times"),
        ({"discriminator.conditioning": "none"}, "discriminator.conditioning is none"),
        ({"generator.normalisation": "spectral"}, "generator.normalisation is spectral"),
        ({"discriminator.normalisation": "batch"}, "train.penalty is gradient, which needs"),
        ({"pretrain": {"method": "none"}, "encoder": {"network": "none"}}, "pretrain.method none"),
        ({"pretrain": {"method": "none"}, "encoder": {"network": "none"}, "train.start": "fresh"}, None),
        ({"data.key": "own", "tokenize.transpose": "all"}, None),
    ],
)
def test_what_makes_no_sense_for_rolls_is_said(
    rolls: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    check(rolls, changes, words)


def check(recipe: dict[str, Any], changes: dict[str, Any], words: str | None) -> None:
    values = copy.deepcopy(recipe)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        values[section] = {**values[section], name: value} if name else value
    found = problems(values)
    assert found == [] if words is None else any(words in problem for problem in found), found
