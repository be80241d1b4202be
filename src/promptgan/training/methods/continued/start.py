"""What a served model leaves for its successor: the generator's weights, and which records are not new to it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from promptgan.core.errors import PromptganError

Indices = npt.NDArray[np.int64]

FILE = "model.safetensors"
WEIGHT, KNOWN = "generator.", "known"
"""What the names of weights begin with; the name of the digests of known records."""


class NoStart(PromptganError):
    """There is no model to go on from, or it is another network than the recipe's."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, "`promptgan feedback export --model FOLDER` writes the start and the sections for it")


class Start(NamedTuple):
    """Where further training begins."""

    weights: dict[str, Tensor]
    """The generator's, by name."""
    known: Indices
    """Digests of the known records' ids, sorted."""


def digests(ids: Iterable[str]) -> Indices:
    """The first eight bytes of the sha256 of each id, (N,): no list of ids, which are people's records, goes along."""
    found = b"".join(hashlib.sha256(each.encode()).digest()[:8] for each in ids)
    return np.frombuffer(found, "<i8").astype(np.int64)


def read(base: Path | None) -> Start:
    """Read the start that the stage tokenize wrote beside the arrays.

    Raises:
        NoStart: there is none.
    """
    file = (base or Path("data/base")) / FILE
    try:
        tensors = load_file(file)
        known = tensors.pop(KNOWN).numpy()
    except Exception as error:  # safetensors raises its own
        raise NoStart(f"{file} holds no served model: {type(error).__name__}") from error
    return Start({name.removeprefix(WEIGHT): tensor for name, tensor in tensors.items()}, known)


def load(start: Start, network: nn.Module) -> None:
    """Give a network the weights of the start.

    Raises:
        NoStart: the network has other weights.
    """
    there = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if there != {name: tensor.shape for name, tensor in start.weights.items()}:
        raise NoStart("the section generator describes another network than that of the served model")
    network.load_state_dict(start.weights)


def parted(ids: list[str], start: Start) -> tuple[Indices, Indices]:
    """The indices of known and of new records."""
    known = np.isin(digests(ids), start.known)
    return np.flatnonzero(known), np.flatnonzero(~known)


def tensors(network: nn.Module, known: Iterable[str]) -> dict[str, Tensor]:
    """What the file of a start holds: the weights of a network, and the digests of known ids, sorted."""
    weights = {f"{WEIGHT}{name}": tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return {**weights, KNOWN: torch.from_numpy(np.unique(digests(known)))}
