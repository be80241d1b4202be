"""Spectral normalisation of a discriminator (Miyato et al., 2018, arXiv:1802.05957)."""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

NORMALISED = (nn.Linear, nn.Conv2d, nn.Embedding)


def normalise(network: nn.Module) -> None:
    """Divide the weight of every linear map in a network by its largest singular value, from now on.

    That is estimated by one power iteration a forward pass in training, which the state of the network holds.
    """
    for module in list(network.modules()):
        if isinstance(module, NORMALISED):
            spectral_norm(module)
