"""Choices that make no sense together are said before anything runs."""

import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "context": 64, "dropout": 0.1}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return resolve("music-gumbel").values


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
    ],
)
def test_what_makes_no_sense_for_music_is_said(
    recipe: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    values = copy.deepcopy(recipe)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        values[section] = {**values[section], name: value} if name else value
    found = problems(values)
    assert found == [] if words is None else any(words in problem for problem in found), found
