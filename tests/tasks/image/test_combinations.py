import copy
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve

VAEGAN = {**resolve("image-vaegan").values["train"], "start": "fresh"}
WEIGHTS = {"path": "~/weights.pth", "sha256": "0" * 64}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return resolve("image-dcgan").values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"generator.halvings": 3}, "tokenize.side is 28, which cannot be halved 3 times, as generator.halvings says"),
        ({"tokenize.condition": "label"}, "tokenize.condition is label, discriminator.conditioning none"),
        ({"discriminator.conditioning": "concat"}, "tokenize.condition is none, discriminator.conditioning concat"),
        ({"discriminator.conditioning": None}, "discriminator.conditioning is null"),
        ({"encoder.conditioning": "concat"}, "encoder.conditioning is concat: it must be null"),
        ({"train.auxiliary_weight": 1.0}, "train.auxiliary_weight is 1.0, and discriminator.conditioning none"),
        ({"generator.normalisation": "spectral"}, "generator.normalisation is spectral"),
        ({"train.penalty": "zero_centred", "train.penalty_weight": 1.0}, "spectral or none, not batch"),
        ({"train.start": "twin", "pretrain": {"method": "none"}}, "there is no twin to go on from"),
        ({"train.clip_weights": 0.01}, "train.clip_weights is for train.objective wasserstein"),
        ({"train.objective": "wasserstein"}, "needs train.penalty gradient (or train.clip_weights, or"),
        ({"encoder": {"network": "none"}}, "pretrain.method is vae, which needs an encoder: encoder.network is none"),
        ({"encoder": {"network": "none"}, "pretrain": {"method": "none"}}, None),
        ({"encoder": {"network": "none"}, "pretrain": {"method": "none"}, "train": VAEGAN}, "train.method is vaegan"),
        ({"generate.count": 1281}, None),
        ({"generate.count": 1280}, "more images than the 1280 features of evaluate.extractor efficientnet_lite0"),
        ({"generate.count": 65, "evaluate.extractor": "none"}, None),
        ({"generate.count": 64, "evaluate.extractor": "none"}, "more images than the 64 features of judges.features"),
        ({"generate.count": 2049, "evaluate.inception": WEIGHTS}, None),
        ({"generate.count": 2048, "evaluate.inception": WEIGHTS}, "the 2048 features of evaluate.inception"),
        ({"evaluate.inception": {**WEIGHTS, "path": "here.pth"}}, "evaluate.inception.path: found 'here.pth'"),
        ({"train.objective": "wasserstein", "train.clip_weights": 0.01}, None),
        ({"train.objective": "wasserstein", "discriminator.normalisation": "spectral"}, None),
    ],
)
def test_what_makes_no_sense_for_images_is_said_before_anything_runs(
    recipe: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    values = copy.deepcopy(recipe)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        values[section] = {**values[section], name: value} if name else value
    found = problems(values)
    assert found == [] if words is None else any(words in problem for problem in found), found
