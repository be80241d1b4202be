import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

LATENT = {"network": "latent", "latent": 4, "embedding": 8, "width": 8, "dropout": 0.0, "word_dropout": 0.0}
TRANSFORMER = {"network": "transformer", "width": 8, "heads": 2, "layers": 1, "context": 21, "dropout": 0.0}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return resolve("text-oracle").values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"pretrain": {"method": "none"}}, "an oracle measures what likelihood trains"),
        ({"generator": LATENT}, "generator.network is latent"),
        ({"generator": {"network": "ngram", "order": 3}}, "generator.network is ngram"),
        ({"discriminator": TRANSFORMER}, "discriminator.context is 21, and a sequence of 20 tokens takes 22"),
        ({"generator": TRANSFORMER | {"context": 20}}, "generator.context is 20, and a sequence of 20 tokens takes 21"),
        ({"tokenize": {"vocabulary": 5000, "max_tokens": 19}}, "tokenize.max_tokens 19: they must be the same"),
    ],
)
def test_what_makes_no_sense_for_an_oracle_is_said_before_anything_runs(
    recipe: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    found = problems({**copy.deepcopy(recipe), **changes})
    assert found == [] if words is None else any(words in problem for problem in found), found
