"""The network of the FID: the same features and distance as torch-fidelity's, from one file, and only from that."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from promptgan.core.record import sha256
from promptgan.tasks.image.measures import inception
from promptgan.tasks.image.measures.inception import UnusableWeights
from promptgan.tasks.image.measures.moments import FrechetTo, Moments
from promptgan.tasks.image.measures.parameters import InceptionWeights
from tests.tasks.image.conftest import CPU

COUNT = 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> InceptionWeights:
    """A file of weights under the names that both publishers give them, drawn so that no layer dies out."""
    from torchvision.models import Inception3

    network = Inception3(1008, aux_logits=False, init_weights=False)  # whose names theirs are
    random = torch.Generator().manual_seed(1)
    for name, value in (state := network.state_dict()).items():
        if value.ndim == 4:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=random)
        elif name.endswith(("bn.weight", "running_var")):
            value.uniform_(0.5, 1.5, generator=random)
        elif name.endswith(("bn.bias", "running_mean")):
            value.normal_(0, 0.2, generator=random)
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(state, path)
    return InceptionWeights(path=str(path), sha256=sha256(path))


@pytest.fixture(scope="module")
def extract(weights: InceptionWeights) -> inception.Inception:
    return inception.load(weights, CPU)


@pytest.fixture(scope="module")
def theirs(weights: InceptionWeights) -> Any:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    return FeatureExtractorInceptionV3("theirs", ["2048"], feature_extractor_weights_path=weights.path)


def images(seed: int, size: tuple[int, int]) -> Tensor:
    """Coloured gradients with noise, uint8 (N, 3, H, W)."""
    random = torch.Generator().manual_seed(seed)
    ends = torch.rand(2, COUNT, 3, 1, 1, generator=random)
    slopes = ends[0] * torch.linspace(0, 1, size[0])[:, None] + ends[1] * torch.linspace(0, 1, size[1])
    return (slopes * 110 + 30 * torch.rand(COUNT, 3, *size, generator=random)).to(torch.uint8)


@pytest.mark.parametrize("size", [(32, 32), (20, 45), (299, 299), (310, 330)])
def test_images_are_resized_as_tensorflow_1_does(size: tuple[int, int]) -> None:
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

    drawn = images(1, size).float()
    expected = interpolate_bilinear_2d_like_tensorflow1x(drawn, (299, 299), align_corners=False)
    torch.testing.assert_close(inception.resized(drawn), expected, rtol=1e-5, atol=1e-3)


def test_features_and_fid_are_those_of_torch_fidelity(extract: inception.Inception, theirs: Any) -> None:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    real, made = images(1, (32, 32)), images(2, (32, 32)).flip(3)
    expected = [theirs(x)[0].double() for x in (real, made)]
    found = [extract(x) for x in (real, made)]
    assert all((x.std(0) > 1e-3).double().mean() > 0.7 for x in expected)  # few of them are dead
    for ours, other in zip(found, expected, strict=True):
        assert ours.shape == (COUNT, 2048)
        np.testing.assert_allclose(ours, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))
    statistics = [fid_features_to_statistics(x) for x in expected]
    fid = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert FrechetTo(Moments().add(found[0]))(found[1])[0] == pytest.approx(fid, rel=1e-4)


def test_a_grey_image_is_a_coloured_one_of_equal_channels(extract: inception.Inception) -> None:
    grey = images(3, (28, 28))[:1, :1]
    np.testing.assert_allclose(extract(grey), extract(grey.expand(-1, 3, -1, -1)), rtol=1e-5)


def test_a_file_that_is_not_there_or_is_another_one_is_refused(weights: InceptionWeights) -> None:
    with pytest.raises(UnusableWeights, match=r"gone\.pth, evaluate\.inception\.path, is no file") as caught:
        inception.load(weights.model_copy(update={"path": "/gone.pth"}), CPU)
    assert "set evaluate.inception to null" in caught.value.remedy
    with pytest.raises(UnusableWeights, match=f"has the sha256 {weights.sha256}, and evaluate.inception.sha256 is 000"):
        inception.load(weights.model_copy(update={"sha256": "0" * 64}), CPU)


@pytest.mark.parametrize("kind", ["classes", "layers", "no weights", "no torch"])
def test_weights_of_another_network_are_refused(kind: str, weights: InceptionWeights, tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    state = torch.load(weights.path)
    if kind == "no torch":
        path.write_bytes(b"a page that says Not Found")
    else:
        contents = {
            "classes": {**state, "fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.zeros(1000)},
            "layers": {name: value for name, value in state.items() if not name.startswith("Mixed_7c")},
            "no weights": [1, 2],
        }
        torch.save(contents[kind], path)
    with pytest.raises(UnusableWeights, match="does not hold the weights of the network of the FID"):
        inception.load(InceptionWeights(path=str(path), sha256=sha256(path)), CPU)
