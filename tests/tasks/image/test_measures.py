import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.files import write_json
from promptgan.forms.tensors import form
from promptgan.networks import folder
from promptgan.tasks.image.judges import classifier
from promptgan.tasks.image.measures.manifold import nearest, precision_and_recall, squared_distances
from promptgan.tasks.image.measures.measures import NoSamples, evaluate
from promptgan.tasks.image.measures.parameters import Parameters
from promptgan.terms.metrics import Evaluation, declared
from tests.tasks.image.conftest import CPU, EXAMPLE, SECTIONS, SIZE, png

PARAMETERS = Parameters(neighbours=2, jackknife_groups=4)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """An autoencoder as twin, an adversarial generator, no control, and a classifier with fresh weights."""
    root, index = tmp_path / "models", folder.described("image", "tensors", EXAMPLE)
    network = {role: folder.build("tensors", role, section, EXAMPLE) for role, section in SECTIONS.items()}
    twin = {role: network[role] for role in ("generator", "encoder")}
    folder.save(root / "pretrained", twin, SECTIONS, index)
    folder.save(root / "adversarial", {"generator": network["generator"]}, SECTIONS, index)
    folder.save_none(root / "control", "this recipe has no control")
    shape = {"shape": [1, SIZE, SIZE], "classes": 2, "width": 4, "features": 8}
    classifier.save(root / "judges", classifier.Classifier((1, SIZE, SIZE), 2, 4, 8), shape)
    return root


@pytest.fixture
def samples(arrays: Path, tmp_path: Path) -> Path:
    """The twin makes noise, and the adversarial model training images."""
    path = tmp_path / "samples"
    path.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (100, SIZE, SIZE), dtype=np.uint8)
    real = form.split(arrays, "train").images[:100, 0]
    rows = [(name, png(np.array(x))) for name, images in (("twin", noise), ("adversarial", real)) for x in images]
    pd.DataFrame(rows, columns=["model", "image"]).to_parquet(path / "samples.parquet")
    return path


def found(arrays: Path, models: Path, samples: Path) -> Evaluation:
    return evaluate(arrays, models, samples, PARAMETERS, 1, CPU)


def test_every_system_is_measured_by_what_the_task_declares(arrays: Path, models: Path, samples: Path) -> None:
    metrics, curves = found(arrays, models, samples)
    assert [row["model"] for row in curves] == ["real", "twin", "adversarial"]
    assert set(metrics["systems"]["twin"]) == set(declared("image").names)
    assert set(metrics["systems"]["real"]) == set(declared("image").names) - {"elbo"}
    assert metrics["systems"]["control"] == "not applicable: this recipe has no control"
    assert {row["system"] for row in metrics["standard_errors"]} == {"real", "twin", "adversarial"}


def test_copies_of_training_images_are_near_and_called_copies(arrays: Path, models: Path, samples: Path) -> None:
    systems = found(arrays, models, samples).metrics["systems"]
    assert systems["adversarial"]["copied"] == 1.0
    assert systems["twin"]["copied"] == 0.0
    assert systems["adversarial"]["frechet_distance"] < systems["twin"]["frechet_distance"]
    assert systems["adversarial"]["precision"] > systems["twin"]["precision"]


def test_the_verdict_names_who_is_ahead_with_the_difference(arrays: Path, models: Path, samples: Path) -> None:
    metrics = found(arrays, models, samples).metrics
    assert metrics["gaps"]["twin"]["frechet_distance"] < 0
    assert metrics["verdict"][0].startswith("frechet_distance: adversarial is ahead of twin; the difference is -")


def test_a_twin_that_was_still_improving_or_too_few_images_give_no_verdict(
    arrays: Path, models: Path, samples: Path
) -> None:
    written = (models / "pretrained/index.json").read_text(encoding="utf-8")
    write_json(models / "pretrained/index.json", {**json.loads(written), "converged": False})
    improving = found(arrays, models, samples).metrics
    assert improving["gaps"] == {} and improving["verdict"][0].startswith("no verdict: the likelihood twin")
    (models / "pretrained/index.json").write_text(written, encoding="utf-8")
    table = pd.read_parquet(samples / "samples.parquet")
    table.groupby("model").head(99).to_parquet(samples / "samples.parquet")
    few = found(arrays, models, samples).metrics
    assert few["gaps"] == {} and few["verdict"][0].startswith("no verdict: 99 samples of a system are too few")


def test_without_an_adversarial_model_there_is_no_verdict(arrays: Path, models: Path, samples: Path) -> None:
    write_json(models / "adversarial/index.json", {"kind": "none", "reason": "likelihood only"})
    metrics = found(arrays, models, samples).metrics
    assert metrics["verdict"] == ["no verdict: the recipe trains no adversarial model"]
    assert metrics["gaps"] == {}


def test_the_same_inputs_give_the_same_numbers(arrays: Path, models: Path, samples: Path) -> None:
    assert json.dumps(found(arrays, models, samples)) == json.dumps(found(arrays, models, samples))


def test_a_model_without_samples_is_refused(arrays: Path, models: Path, samples: Path) -> None:
    table = pd.read_parquet(samples / "samples.parquet")
    table[table["model"] != "twin"].to_parquet(samples / "samples.parquet")
    with pytest.raises(NoSamples, match="twin"):
        found(arrays, models, samples)


def test_precision_and_recall_are_those_of_the_definition() -> None:
    random = np.random.default_rng(1)
    real, made, k = random.normal(size=(30, 3)), random.normal(0.7, 1, size=(25, 3)), 3

    def on_manifold(x: np.ndarray, points: np.ndarray) -> bool:
        for p in points:
            radius = sorted(np.linalg.norm(p - q) for q in points)[k]
            if np.linalg.norm(x - p) <= radius:
                return True
        return False

    expected = np.mean([on_manifold(x, real) for x in made]), np.mean([on_manifold(x, made) for x in real])
    distances = squared_distances(real, real), squared_distances(made, made), squared_distances(made, real)
    assert 0 < expected[0] < 1 and 0 < expected[1] < 1
    assert precision_and_recall(*distances, k) == pytest.approx(expected)


def test_the_nearest_is_found_across_chunks() -> None:
    random = np.random.default_rng(2)
    asked, known = random.normal(size=(7, 5)), random.normal(size=(1100, 5))
    expected = [min(np.square(a - b).sum() for b in known) for a in asked]
    assert nearest(asked, known) == pytest.approx(expected)


def test_the_bound_is_that_of_the_formula() -> None:
    from torch.distributions import Bernoulli, Normal, kl_divergence

    from promptgan.forms.tensors.elbo import negative_elbo
    from promptgan.forms.tensors.tensors import Batch

    encoder, generator = (folder.build("tensors", role, SECTIONS[role], EXAMPLE) for role in ("encoder", "generator"))
    x, noise = torch.rand(5, 1, SIZE, SIZE) * 2 - 1, torch.randn(5, 4)
    mean, log_variance = encoder(x)
    posterior = Normal(mean, (log_variance / 2).exp())
    z = mean + posterior.scale * noise
    likelihood = Bernoulli(logits=generator.logits(z), validate_args=False).log_prob((x + 1) / 2)
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1) - likelihood.flatten(1).sum(1)
    torch.testing.assert_close(negative_elbo(encoder, generator, Batch(x, None), noise), expected)
