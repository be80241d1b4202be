"""Choices that make no sense together for an oracle are refused by name."""

from pathlib import Path
from typing import Any

import pytest

from promptgan.recipes import presets
from promptgan.recipes.parameters import problems
from tests.pipeline.clone import merged

ROOT = Path(__file__).parents[3]
TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "dropout": 0.0}


@pytest.fixture(params=["text-oracle", "text-oracle-40"])
def document(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A preset, resolved."""
    monkeypatch.chdir(ROOT)
    return presets.resolve(request.param).values


def test_the_presets_make_sense(document: dict[str, Any]) -> None:
    assert problems(document) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("lengths-that-differ", {"data": {"length": 7}}),
        ("vocabularies-that-differ", {"tokenize": {"vocabulary": 7}}),
    ],
)
def test_what_differs_is_named(name: str, change: dict[str, Any], document: dict[str, Any]) -> None:
    (line,) = problems(merged(document, change))
    assert line.startswith(f"{name}: ")


def test_a_transformer_must_reach_as_far_as_a_sequence(document: dict[str, Any]) -> None:
    length = document["tokenize"]["max_tokens"]
    (line,) = problems(document | {"generator": TRANSFORMER | {"context": length}})
    assert line.startswith("context-too-short: ")
    assert problems(document | {"generator": TRANSFORMER | {"context": length + 1}}) == []


def test_no_pretrained_model_knows_the_tokens(document: dict[str, Any]) -> None:
    (line,) = problems(document | {"base_model": {"name": "smollm2"}})
    assert line.startswith("pretrained-parts: ")
