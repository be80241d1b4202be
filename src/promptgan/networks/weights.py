"""A network's weights as a file."""

from pathlib import Path

from safetensors.torch import save
from torch import nn


def save_weights(path: Path, network: nn.Module) -> None:
    """Write the state of a network in float32 safetensors, on the CPU.

    Raises:
        OSError: the file cannot be written; safetensors would raise an error of its own.
    """
    path.write_bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}))
