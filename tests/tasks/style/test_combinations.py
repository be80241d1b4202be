import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "context": 81, "dropout": 0.0}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return resolve("text-style").values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"generator": TRANSFORMER}, None),
        ({"generator": TRANSFORMER | {"context": 80}}, "generator.context is 80, and sentences"),
        ({"discriminator": TRANSFORMER | {"context": 42}}, "tokenize.max_tokens 40 take 43 there"),
        ({"generator": {"network": "ngram", "order": 3}}, "generator.network is ngram"),
        ({"pretrain": {"method": "none"}}, "use likelihood, and transfer or none"),
    ],
)
def test_what_makes_no_sense_for_styles_is_said_before_anything_runs(
    recipe: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    found = problems({**copy.deepcopy(recipe), **changes})
    assert found == [] if words is None else any(words in problem for problem in found), found
