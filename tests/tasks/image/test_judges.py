import json
from pathlib import Path

import numpy as np
import pytest
import torch

from promptgan.forms.tensors import form
from promptgan.forms.tensors.tensors import Tensors
from promptgan.tasks.image import page
from promptgan.tasks.image.judges import classifier
from promptgan.tasks.image.judges.judges import Fitted, TooFewImages, fit
from promptgan.tasks.image.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint
from tests.tasks.image.conftest import COMPUTE, CPU, EXAMPLE

PARAMETERS = Parameters(width=4, features=8, dropout=0.1, batch=16, learning_rate=0.01, epochs=4, patience=4)


def fitted(data: Tensors, seed: int = 1, checkpoint: Checkpoint | None = None) -> Fitted:
    with checkpoint or Checkpoint("judges", {}) as state:
        return fit(data, EXAMPLE, PARAMETERS, COMPUTE, seed, CPU, state)


def test_the_classifier_learns_and_stands_beside_the_nearest_mean(arrays: Path) -> None:
    found = fitted(form.split(arrays, "judge"))
    assert found.metrics["classifier"]["accuracy"] > 0.9
    assert found.metrics["nearest_mean"]["accuracy"] > 0.9
    assert found.metrics["images"] == {"train": 96, "stop": 12, "report": 12}
    assert found.sentence.startswith("classifier: accuracy ")


def test_kinds_may_stand_in_a_row(arrays: Path) -> None:
    data = form.split(arrays, "judge")
    order = np.argsort(data.labels, kind="stable")
    order = np.concatenate([order[:60], order[60:84]])  # all of the last fifth are of the second kind
    data.images, data.labels = data.images[order], data.labels[order]
    data.images, data.labels = (np.concatenate([x[:60], x]) for x in (data.images, data.labels))
    found = fitted(data)
    assert found.metrics["best_epoch"] > 0
    assert found.metrics["nearest_mean"]["accuracy"] > 0.9


def test_a_saved_classifier_sees_the_same_and_the_same_seed_gives_the_same_bytes(arrays: Path, tmp_path: Path) -> None:
    data = form.split(arrays, "judge")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        found = fitted(data, seed)
        found.save(tmp_path / name)
    contents = [(tmp_path / name / classifier.WEIGHTS).read_bytes() for name in "abc"]
    assert contents[0] == contents[1] != contents[2]
    features, classes = classifier.seen(found.classifier, data.stored())
    again, same = classifier.seen(classifier.load(tmp_path / "c"), data.stored())
    assert (features == again).all() and (classes == same).all()
    assert features.shape == (120, 8)


@pytest.mark.parametrize("name", [classifier.INDEX, classifier.WEIGHTS])
def test_a_broken_folder_is_a_clear_error(name: str, arrays: Path, tmp_path: Path) -> None:
    fitted(form.split(arrays, "judge")).save(tmp_path / "judge")
    (tmp_path / "judge" / name).write_bytes(b"{")
    with pytest.raises(classifier.NoClassifier, match="holds no classifier"):
        classifier.load(tmp_path / "judge")


def test_the_page_says_where_the_classifier_has_learnt_little_or_nothing(arrays: Path, tmp_path: Path) -> None:
    several = fitted(form.split(arrays, "judge"))
    assert page.caveats(several.metrics)[1].startswith("That classifier is right in")
    poor = {**several.metrics, "classifier": {"accuracy": 0.5}, "nearest_mean": {"accuracy": 0.75}}
    assert "50.0% of cases (nearest mean image: 75.0%), so what is measured" in page.caveats(poor)[1]
    alike = form.split(arrays, "judge")
    alike.labels[:] = 0
    found = fitted(alike)
    found.save(tmp_path / "judge")
    assert classifier.load(tmp_path / "judge").classes.out_features == found.metrics["classes"] == 1
    assert "nothing to learn" in found.sentence
    assert "Classes, label agreement and CAS mean nothing here" in page.caveats(found.metrics)[1]


def test_too_few_images_are_refused(arrays: Path) -> None:
    few = form.split(arrays, "test")
    with pytest.raises(TooFewImages, match="60 images; the classifier needs 100"):
        fitted(few)


def test_its_features_ignore_dropout_once_it_is_fitted() -> None:
    network = classifier.Classifier((1, 8, 8), 2, 4, 8, dropout=0.5).eval()
    x = torch.rand(3, 1, 8, 8)
    assert torch.equal(network(x), network(x))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [4, 28, 128])
def test_images_of_any_size_and_channels_have_features_and_classes(channels: int, size: int) -> None:
    network = classifier.Classifier((channels, size, size), 3, 2, 8).eval()
    features, classes = classifier.seen(network, torch.zeros(2, channels, size, size, dtype=torch.uint8))
    assert features.shape == (2, 8) and classes.shape == (2,)


def test_the_index_says_how_the_classifier_learnt(arrays: Path, tmp_path: Path) -> None:
    fitted(form.split(arrays, "judge")).save(tmp_path)
    index = json.loads((tmp_path / classifier.INDEX).read_text(encoding="utf-8"))
    assert index["training"] == {"dropout": 0.1, "batch": 16, "learning_rate": 0.01, "epochs": 4}
