"""The oracle as a network: what the sequences that a generator makes cost under it."""

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from promptgan.core.errors import PromptganError

FILE = "oracle.npz"
"""The weights, in the folder of the arrays."""
START = 0
"""The token that is read before the first one."""
GATES = (0, 1, 3, 2)
"""Where torch's gates (input, forget, candidate, output) stand in the file (input, forget, output, candidate)."""
BATCH = 64


class NoOracle(PromptganError):
    """A folder of arrays does not hold the oracle's weights."""


class Oracle(nn.Module):
    """An LSTM with a linear map to the logits, which begins from zeros (Yu et al., 2017, arXiv:1609.05473, section 4).

    Args:
        arrays: of the file of weights, in its order: embeddings (V, E); of each gate (E, H), (H, H) and (H,); of the
            logits (H, V) and (V,).
    """

    def __init__(self, arrays: list[Tensor]) -> None:
        super().__init__()
        embeddings, *gates, to_logits, bias = arrays
        width, vocabulary = to_logits.shape
        self.embedding = nn.Embedding(*embeddings.shape)
        self.cell = nn.LSTM(embeddings.shape[1], width, batch_first=True)
        self.output = nn.Linear(width, vocabulary)
        entering, recurrent, biases = (torch.cat([gates[3 * g + part].t() for g in GATES]) for part in range(3))
        self.load_state_dict(
            {
                "embedding.weight": embeddings,
                "cell.weight_ih_l0": entering,
                "cell.weight_hh_l0": recurrent,
                "cell.bias_ih_l0": biases,
                "cell.bias_hh_l0": torch.zeros_like(biases),
                "output.weight": to_logits.T,
                "output.bias": bias,
            }
        )

    @torch.no_grad()
    def nll(self, sequences: Tensor) -> Tensor:
        """Nats of every token of sequences (N, T) of ids from 0 to V - 1, (N, T)."""
        inputs = torch.cat([torch.full_like(sequences[:, :1], START), sequences[:, :-1]], 1)
        states, _ = self.cell(self.embedding(inputs))
        return cross_entropy(self.output(states).transpose(1, 2), sequences, reduction="none")


def load(path: Path, device: torch.device | None = None) -> Oracle:
    """The oracle of a file of weights.

    Raises:
        NoOracle: the file is missing or broken.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [torch.from_numpy(file[f"arr_{number}"].astype(np.float32)) for number in range(len(file.files))]
        oracle = Oracle(arrays)
    except (OSError, ValueError, KeyError, RuntimeError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise NoOracle(f"{path} holds no oracle: {error}", "run `dvc repro tokenize`, or `dvc checkout`") from error
    return oracle.to(device or torch.device("cpu")).eval()
