"""A convolutional network that hears what was done to music, and whose features distances are measured in."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import dropout, leaky_relu

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.media.music.piece import Piece
from promptgan.networks.weights import save_weights
from promptgan.tasks.music.judges.tampering import CLASSES, ONSET, PITCH, QUARTERS, SIXTEENTH, Window, windows

Floats = npt.NDArray[np.float64]

INDEX, WEIGHTS = "index.json", "extractor.safetensors"
FRAMES, LOWEST, PITCHES = 4 * QUARTERS, 21, 88
"""Sixteenths of a window, and the keys of a piano: what lies beside them moves by octaves."""
SLOPE = 0.2
"""Of what a feature is below 0, so that none falls silent for good."""
BATCH = 256
"""Windows that are heard at once."""


class NoExtractor(PromptganError):
    """A folder does not hold the extractor that the stage judges writes."""


class Extractor(nn.Module):
    """A convolution over each quarter and two octaves, another over three quarters and one, features, and classes.

    What each filter hears best at any pitch goes on, so that features are nearly the same in every key and register.
    Batch normalisation (Ioffe and Szegedy, 2015, arXiv:1502.03167) stands behind each step, as rolls are nearly empty.

    Args:
        width: channels of the first layer.
        features: F.
        dropout: of the features, while training.
    """

    def __init__(self, width: int, features: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.layers = nn.Sequential(
            nn.Conv2d(2, width, (FRAMES // QUARTERS, 25), (FRAMES // QUARTERS, 1), (0, 12)),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, (3, 13), (1, 2), (1, 6)),
            nn.BatchNorm2d(2 * width),
        )
        self.heard = nn.BatchNorm1d(2 * width * QUARTERS)
        self.last = nn.Linear(2 * width * QUARTERS, features)
        self.classes = nn.Linear(features, CLASSES)

    def features(self, rolls: Tensor) -> Tensor:
        """Features (N, F) of `rolls` (N, 2, `FRAMES`, `PITCHES`)."""
        return leaky_relu(self.last(self.heard(self.layers(rolls).amax(3).flatten(1))), SLOPE)

    def forward(self, rolls: Tensor) -> Tensor:
        """Logits (N, `CLASSES`) of `rolls` (N, 2, `FRAMES`, `PITCHES`)."""
        logits: Tensor = self.classes(dropout(self.features(rolls), self.dropout, self.training))
        return logits


def rolls(notes: Sequence[Window]) -> Tensor:
    """Windows as the extractor hears them, (N, 2, `FRAMES`, `PITCHES`): what sounds, and what begins, voices together.

    A note takes every sixteenth in which it sounds.
    """
    found = np.zeros((len(notes), 2, FRAMES, PITCHES), dtype=np.float32)
    for roll, window in zip(found, notes, strict=True):
        for onset, end, pitch in window[:, ONSET : PITCH + 1].tolist():
            key = pitch - LOWEST
            while not 0 <= key < PITCHES:
                key += 12 if key < 0 else -12
            first = onset // SIXTEENTH
            roll[0, first : -(-end // SIXTEENTH), key] = 1
            roll[1, first, key] = 1
    return torch.from_numpy(found)


@torch.no_grad()
def heard(extractor: Extractor, notes: Sequence[Window]) -> tuple[Floats, Floats]:
    """Features (N, F) of windows and the probability of each class, (N, `CLASSES`)."""
    device = next(extractor.parameters()).device
    parts = [rolls(notes[start : start + BATCH]).to(device) for start in range(0, len(notes), BATCH)]
    features = torch.cat([extractor.features(part) for part in parts])
    return features.double().cpu().numpy(), extractor.classes(features).double().softmax(1).cpu().numpy()


def pieces_heard(extractor: Extractor, pieces: Sequence[Piece]) -> list[tuple[Floats, float]]:
    """Of each piece the features of its windows, (windows, F), and how sure it is that they are as they were written.

    The latter is the mean probability of the first class; not a number where nothing sounds.
    """
    each = [windows(piece) for piece in pieces]
    flat = [window for found in each for window in found]
    if not flat:
        return [(np.zeros((0, extractor.last.out_features)), np.nan) for _ in pieces]
    ends = np.cumsum([len(found) for found in each])[:-1]
    features, classes = (np.split(values, ends) for values in heard(extractor, flat))
    return [
        (own, float(sure[:, 0].mean()) if len(sure) else np.nan) for own, sure in zip(features, classes, strict=True)
    ]


def save(folder: Path, extractor: Extractor, index: dict[str, Any]) -> None:
    """Write ``index.json`` and the weights; ``index`` holds ``width`` and ``features``, and more."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, extractor)
    write_json(folder / INDEX, {"kind": "judge", "task": "music", **index})


def load(folder: Path, device: torch.device | None = None) -> Extractor:
    """Load the extractor of a folder, in evaluation mode.

    Raises:
        NoExtractor: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        extractor = Extractor(index["width"], index["features"])
        extractor.load_state_dict(load_file(folder / WEIGHTS))
    except Exception as error:  # safetensors raises its own
        raise NoExtractor(
            f"{folder} holds no extractor: {error}", "run `dvc repro judges`, or `dvc checkout`"
        ) from error
    return extractor.to(device or torch.device("cpu")).eval()
