import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.files import write_json
from promptgan.forms.tensors import form
from promptgan.networks import folder
from promptgan.tasks.image.judges import classifier
from promptgan.tasks.image.measures import efficientnet, inception, measures
from promptgan.tasks.image.measures.measures import NoSamples, evaluate
from promptgan.tasks.image.measures.parameters import InceptionWeights, Parameters
from promptgan.tasks.image.measures.yardstick import TooFewImages
from promptgan.terms.metrics import Evaluation, declared
from tests.tasks.image.conftest import CPU, EXAMPLE, SECTIONS, SIZE, png

PARAMETERS = Parameters(extractor="none", inception=None, importance_samples=3, neighbours=2, jackknife_groups=4)
WEIGHTS = InceptionWeights(path="/weights.pth", sha256=inception.PUBLISHED)
NOT_HERE = {"label_agreement", "cas", "pair_distance"}
"""Of images that are asked for, and of translations."""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """An autoencoder as twin, an adversarial generator, no control, and a classifier with fresh weights."""
    root, index = tmp_path / "models", folder.described("image", "tensors", EXAMPLE)
    network = {role: folder.build("tensors", role, section, EXAMPLE) for role, section in SECTIONS.items()}
    twin = {role: network[role] for role in ("generator", "encoder")}
    folder.save(root / "pretrained", twin, SECTIONS, index)
    folder.save(root / "adversarial", {"generator": network["generator"]}, SECTIONS, index)
    folder.save_none(root / "control", "this recipe has no control")
    training = {"dropout": 0.1, "batch": 16, "learning_rate": 0.01, "epochs": 4}
    shape = {"shape": [1, SIZE, SIZE], "classes": 2, "width": 4, "features": 8, "training": training}
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


def found(arrays: Path, models: Path, samples: Path, **changes: Any) -> Evaluation:
    return evaluate(arrays, models, samples, PARAMETERS.model_copy(update=changes), 1, CPU)


def change(samples: Path, **columns: Any) -> None:
    """Put columns beside the samples, of both systems the same."""
    table = pd.read_parquet(samples / "samples.parquet")
    table.assign(**{name: [*values, *values] for name, values in columns.items()}).to_parquet(
        samples / "samples.parquet"
    )


class FewFeatures:
    """Stands for the extractors that learnt elsewhere: ten pixels."""

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        return images.flatten(1)[:, 20:30].double().numpy()


@pytest.fixture
def few_features(monkeypatch: pytest.MonkeyPatch) -> None:
    for extractor in (efficientnet, inception):
        monkeypatch.setattr(extractor, "FEATURES", 10)
        monkeypatch.setattr(extractor, "load", lambda *arguments: FewFeatures())


def test_every_system_is_measured_by_what_the_task_declares(
    arrays: Path, models: Path, samples: Path, few_features: None
) -> None:
    metrics, curves = found(arrays, models, samples, extractor="efficientnet_lite0", inception=WEIGHTS)
    declarations = declared("image")
    names = set(declarations.names) - NOT_HERE
    assert [row["model"] for row in curves] == ["real", "twin", "adversarial"]
    assert set(metrics["systems"]["twin"]) == names
    assert set(metrics["systems"]["real"]) == names - {"elbo"}
    further = {metric.name for metric in declarations.further}
    assert set(curves[1]) == names | further | {"model"}
    assert metrics["systems"]["control"] == "not applicable: this recipe has no control"
    assert [row.pop("system") for row in metrics["standard_errors"]] == ["real", "twin", "adversarial"]
    assert all(set(row) == names - {"elbo"} for row in metrics["standard_errors"])


def test_without_further_extractors_nothing_is_said_of_their_features(
    arrays: Path, models: Path, samples: Path
) -> None:
    metrics, curves = found(arrays, models, samples)
    assert not [key for row in curves for key in row if "efficientnet" in key or key == "fid"]
    assert not [line for line in metrics["signature"] if line.startswith(("efficientnet", "fid"))]


def test_the_fid_is_of_whole_samples_and_says_by_which_weights(
    arrays: Path, models: Path, samples: Path, few_features: None
) -> None:
    table = pd.read_parquet(samples / "samples.parquet")
    both = pd.concat([table.assign(truncation=1.0), table.assign(truncation=0.5)])
    both.to_parquet(samples / "samples.parquet")
    metrics, curves = found(arrays, models, samples, extractor="efficientnet_lite0", inception=WEIGHTS)
    assert all(row["fid"] == row["frechet_efficientnet"] for row in curves if row["truncation"] == 1)
    assert not [row for row in curves if row["truncation"] != 1 and "fid" in row]
    (line,) = (line for line in metrics["signature"] if line.startswith("fid: "))
    assert "weights sha256 6726825d0af5f729, as published; against 60 test images" in line
    other = WEIGHTS.model_copy(update={"sha256": "0" * 64})
    metrics = found(arrays, models, samples, inception=other).metrics
    assert "so no other FID compares" in " ".join(metrics["signature"])


def test_no_more_images_than_features_are_refused_with_the_parameter_to_raise(
    arrays: Path, models: Path, samples: Path
) -> None:
    with pytest.raises(TooFewImages, match="1280 features takes more images than that: there are 100") as caught:
        found(arrays, models, samples, extractor="efficientnet_lite0")
    assert "raise generate.count above 1280" in str(caught.value.remedy)
    assert "set evaluate.extractor to none" in str(caught.value.remedy)
    with pytest.raises(TooFewImages, match="2048 features takes more images than that: there are 100") as caught:
        found(arrays, models, samples, inception=WEIGHTS)
    assert "set evaluate.inception to null" in str(caught.value.remedy)
    table = pd.read_parquet(samples / "samples.parquet")
    table.groupby("model").head(8).to_parquet(samples / "samples.parquet")
    with pytest.raises(TooFewImages, match="8 features") as caught:
        found(arrays, models, samples)
    assert "lower judges.features" in str(caught.value.remedy)


def test_no_classifier_learns_from_translations_of_the_images_that_it_is_tested_on(
    arrays: Path, models: Path, samples: Path
) -> None:
    change(samples, label=["ab"[label] for label in form.split(arrays, "train").labels[:100]])
    index = json.loads((models / "adversarial/index.json").read_text(encoding="utf-8"))
    index["networks"]["generator_back"] = index["networks"]["generator"]
    write_json(models / "adversarial/index.json", index)
    metrics = found(arrays, models, samples).metrics
    for name in ("real", "twin", "adversarial"):
        assert "label_agreement" in metrics["systems"][name] and "cas" not in metrics["systems"][name]
    assert not any(line.startswith("cas") for line in metrics["signature"])


def test_labelled_images_are_measured_by_their_labels_and_real_ones_too(
    arrays: Path, models: Path, samples: Path
) -> None:
    train = form.split(arrays, "train").labels[:100]
    change(samples, label=["ab"[label] for label in train])
    metrics = found(arrays, models, samples).metrics
    systems = metrics["systems"]
    for name in ("real", "twin", "adversarial"):
        assert set(systems[name]) >= NOT_HERE - {"pair_distance"}
    assert systems["adversarial"]["cas"] > 0.95  # its images are training images
    assert systems["real"]["cas"] > 0.95
    judge = classifier.load(models / "judges")
    seen = classifier.seen(judge, form.split(arrays, "train").stored(np.arange(100)))[1]
    assert systems["adversarial"]["label_agreement"] == pytest.approx((seen == train).mean())
    assert "label_agreement" in " ".join(metrics["signature"])


def test_an_unknown_label_agrees_with_nothing(arrays: Path, models: Path, samples: Path) -> None:
    change(samples, label=["a", *["no such class"] * 98, "b"])
    systems = found(arrays, models, samples).metrics["systems"]
    assert systems["adversarial"]["label_agreement"] <= 0.02


def test_every_truncation_has_a_row_and_the_headline_is_that_of_none(arrays: Path, models: Path, samples: Path) -> None:
    whole = found(arrays, models, samples)
    table = pd.read_parquet(samples / "samples.parquet")
    others = [table.iloc[::-1].assign(truncation=value) for value in (0.5, 0.7)]
    pd.concat([others[0], table.assign(truncation=1.0), others[1]]).to_parquet(samples / "samples.parquet")
    metrics, curves = found(arrays, models, samples)
    assert [(row["model"], row["truncation"]) for row in curves] == [
        ("real", 1.0),
        *[(name, truncation) for name in ("twin", "adversarial") for truncation in (1.0, 0.7, 0.5)],
    ]
    assert metrics["systems"] == whole.metrics["systems"]
    assert metrics["verdict"] == whole.metrics["verdict"]
    assert [row["precision"] for row in curves[1:4]] == pytest.approx([curves[1]["precision"]] * 3)
    table.assign(truncation=0.5).to_parquet(samples / "samples.parquet")
    with pytest.raises(NoSamples, match="twin, adversarial"):
        found(arrays, models, samples)


def test_images_made_twice_are_duplicates(arrays: Path, models: Path, samples: Path) -> None:
    table = pd.read_parquet(samples / "samples.parquet")
    rows = table.groupby("model").head(50)
    pd.concat([rows, rows]).to_parquet(samples / "samples.parquet")
    _, curves = found(arrays, models, samples)
    assert [row["duplicates"] for row in curves[1:]] == [1.0, 1.0]
    assert curves[0]["duplicates"] < 0.1


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


def test_extractors_that_contradict_each_other_call_nobody_better() -> None:
    systems = {
        "adversarial": {"frechet_distance": 1.0, "frechet_efficientnet": 9.0},
        "twin": {"frechet_distance": 2.0, "frechet_efficientnet": 5.0},
        "control": {"frechet_distance": 2.0, "frechet_efficientnet": 9.1},
    }
    spreads = {name: dict.fromkeys(numbers, 0.1) for name, numbers in systems.items()}
    gaps, verdict = measures._verdict(systems, spreads)
    assert gaps["twin"] == {"frechet_distance": -1.0, "frechet_efficientnet": 4.0}
    assert [line for line in verdict if "contradict" in line] == [
        "twin: the extractors contradict each other, so neither model is called better"
    ]


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


def test_the_bound_is_that_of_the_formula() -> None:
    from torch.distributions import Bernoulli, Normal, kl_divergence

    from promptgan.forms.tensors.elbo import terms
    from promptgan.forms.tensors.tensors import Batch

    encoder, generator = (folder.build("tensors", role, SECTIONS[role], EXAMPLE) for role in ("encoder", "generator"))
    x, noise = torch.rand(5, 1, SIZE, SIZE) * 2 - 1, torch.randn(5, 4)
    mean, log_variance = encoder(x)
    posterior = Normal(mean, (log_variance / 2).exp())
    z = mean + posterior.scale * noise
    likelihood = Bernoulli(logits=generator.logits(z), validate_args=False).log_prob((x + 1) / 2)
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1) - likelihood.flatten(1).sum(1)
    torch.testing.assert_close(terms(encoder, generator, Batch(x, None), noise).total(), expected)
