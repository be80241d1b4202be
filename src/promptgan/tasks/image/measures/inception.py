"""Inception-v3 as the FID is defined by: the network of 2015-12-05, whose weights are a file of the user's.

Heusel et al., 2017, arXiv:1706.08500. No package that could be pinned carries these weights; pytorch-fid and
torch-fidelity publish the same file, `PUBLISHED`, a port of TensorFlow's graph. Unlike torchvision's network, that
graph has 1,008 classes, its average pools count no padding, and the pool of its last block takes the maximum.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import inception

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.tasks.image.measures.parameters import INCEPTION, InceptionWeights

Floats = npt.NDArray[np.float64]

FEATURES = INCEPTION
CLASSES = 1008
SIZE = 299
"""Pixels wide and high that images are brought to."""
BATCH = 16
PUBLISHED = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
"""sha256 of the weights by which numbers called FID compare."""


class UnusableWeights(PromptganError):
    """The file of the weights is not there, is another one, or holds those of another network."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, f"{remedy}, or set evaluate.inception to null")


class Inception:
    """The network, in evaluation mode, as a function of images.

    Args:
        network: of `FEATURES`, in place of classes.
        device: where it runs.
    """

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network, self._device = network.to(device).to(memory_format=torch.channels_last), device

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Floats:
        """Features (N, 2048) of images, uint8 (N, 1 or 3, H, W); grey ones in three equal channels."""
        parts = []
        for part in torch.split(images, BATCH):
            x = (resized(part.to(self._device).float()) - 128) / 128
            x = x.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
            parts.append(self._network(x))
        return torch.cat(parts).cpu().numpy().astype(np.float64)


def resized(images: Tensor) -> Tensor:
    """Images (N, C, H, W) at `SIZE` x `SIZE` pixels, bilinear as TensorFlow 1 is.

    Pixel i of n is read at i n / `SIZE`, from the corner and not from the middle of a pixel, and nothing is smoothed.
    """
    for axis in (2, 3):
        size = images.shape[axis]
        place = torch.arange(SIZE, device=images.device) * (size / SIZE)
        low = place.long()
        share = (place - low).view(-1, *[1] * (3 - axis))
        high = (low + 1).clamp_max(size - 1)
        images = torch.lerp(images.index_select(axis, low), images.index_select(axis, high), share)
    return images


def load(weights: InceptionWeights, device: torch.device) -> Inception:
    """The network with the weights of a file.

    Raises:
        UnusableWeights: see there.
    """
    path = Path(weights.path).expanduser()
    if not path.is_file():
        raise UnusableWeights(f"{path}, evaluate.inception.path, is no file", "correct the path")
    if (found := sha256(path)) != weights.sha256:
        raise UnusableWeights(
            f"{path} has the sha256 {found}, and evaluate.inception.sha256 is {weights.sha256}",
            "get the file that is meant",
        )
    network = _network()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # what torch raises on files of another kind is not said anywhere
        raise UnusableWeights(
            f"{path} does not hold the weights of the network of the FID: {str(error).strip()[:300]}",
            "get the file that pytorch-fid and torch-fidelity publish",
        ) from error
    network.fc = nn.Identity()
    for layer in network.modules():
        if isinstance(layer, inception.BasicConv2d):
            layer.conv, layer.bn = fuse_conv_bn_eval(layer.conv, layer.bn), nn.Identity()
    return Inception(network, device)


def signature(weights: InceptionWeights, compared: int) -> str:
    """What one needs to know to compute the same FID; ``compared`` test images are what others are set against."""
    known = "as published" if weights.sha256 == PUBLISHED else "not the published ones, so no other FID compares"
    return (
        f"fid: Frechet distance in the {FEATURES} pooled features of the Inception-v3 of 2015-12-05, weights sha256"
        f" {weights.sha256[:16]}, {known}; against {compared} test images; the arrays of data/tokens, brought to"
        f" {SIZE} x {SIZE} pixels as TensorFlow 1 does, grey ones in three equal channels"
    )


def _network() -> inception.Inception3:
    blocks = [inception.BasicConv2d, _A, inception.InceptionB, _C, inception.InceptionD, _E, inception.InceptionAux]
    network = inception.Inception3(CLASSES, aux_logits=False, inception_blocks=blocks, init_weights=False)
    network.Mixed_7c = _LastE(2048)
    return network.eval()


class _Pooled(nn.Module):
    """A block whose last branch pools in its own way; the block's own pool, whose result is dropped, costs little."""

    branch_pool: nn.Module

    def _forward(self, x: Tensor) -> list[Tensor]:
        branches: list[Tensor] = super()._forward(x)  # type: ignore[misc]
        return [*branches[:-1], self.branch_pool(self._pool(x))]

    def _pool(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class _A(_Pooled, inception.InceptionA):  # type: ignore[misc]
    pass


class _C(_Pooled, inception.InceptionC):  # type: ignore[misc]
    pass


class _E(_Pooled, inception.InceptionE):  # type: ignore[misc]
    pass


class _LastE(_E):
    def _pool(self, x: Tensor) -> Tensor:
        return max_pool2d(x, 3, 1, 1)
