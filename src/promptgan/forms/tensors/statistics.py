"""Running statistics of batch normalisation for weights that no training step had, such as averages."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from promptgan.forms.tensors.drawing import noise
from promptgan.forms.tensors.tensors import Batch, Batches, Tensors

BATCHES, SIZE = 8, 256
"""How many batches statistics are of, and how many examples at most are in each."""


def recompute(
    networks: Iterable[nn.Module], train: Tensors, seed: int, latent: int, call: Callable[[Batch, Tensor], object]
) -> None:
    """Replace running means and variances by the means over batches that follow from the seed (Izmailov et al., 2018,
    arXiv:1803.05407, section 3.2); without batch normalisation nothing is done.

    Args:
        networks: in evaluation mode, as all but the normalisation stays.
        train: the training split.
        seed: of which examples, and of random vectors that are none of a validation's.
        latent: Z, the size of these.
        call: puts training examples and as many standard normal vectors (N, Z), on the CPU, through the networks.
    """
    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, _BatchNorm)]
    if not layers:
        return
    batches, momenta = Batches(train, SIZE, seed), [layer.momentum for layer in layers]
    vectors = torch.split(noise(seed + 1, BATCHES * batches.size, latent), batches.size)
    for layer in layers:
        layer.reset_running_stats()
        layer.train().momentum = None  # of all batches alike
    with torch.no_grad():
        for k, z in enumerate(vectors):
            call(batches[k], z)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.eval().momentum = momentum
