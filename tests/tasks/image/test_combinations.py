import copy
from pathlib import Path
from typing import Any

import pytest

from promptgan.recipes.parameters import problems
from promptgan.recipes.presets import resolve


@pytest.mark.parametrize(
    ("count", "features", "extractor", "words"),
    [
        (1281, 64, "efficientnet_lite0", None),
        (1280, 64, "efficientnet_lite0", "more images than the 1280 features of evaluate.extractor efficientnet_lite0"),
        (65, 64, "none", None),
        (64, 64, "none", "more images than the 64 features of judges.features"),
    ],
)
def test_fewer_images_than_features_are_refused_before_anything_runs(
    count: int, features: int, extractor: str, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    document: dict[str, Any] = copy.deepcopy(resolve("image-dcgan").values)
    document["generate"]["count"], document["judges"]["features"] = count, features
    document["evaluate"]["extractor"] = extractor
    found = problems(document)
    assert found == [] if words is None else any(words in problem for problem in found), found
