"""Fitting the extractor on pieces that no generator sees.

It learns to tell what was done to music: that asks for no labels, goes for chorales and for anybody's MIDI files, has
as much to learn from a few hundred passages as there are ways to spoil them, and makes features of what people hear
as wrong: notes out of the harmony, voices out of step, lines that do not belong together, ends that do not follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from promptgan.core.errors import PromptganError
from promptgan.media.music.piece import Piece
from promptgan.tasks.music.judges import extractor as networks
from promptgan.tasks.music.judges.extractor import Extractor, heard, rolls
from promptgan.tasks.music.judges.parameters import FEWEST, Parameters
from promptgan.tasks.music.judges.tampering import CLASSES, Window, tampered, windows
from promptgan.training.loop import fitting
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.fitting import Fitting
from promptgan.training.loop.method import Row

Indices = npt.NDArray[np.int64]


class TooFewPassages(PromptganError):
    """The judge split is too small to fit and to test on."""


@dataclass(frozen=True)
class Fitted:
    """An extractor and what became of its training."""

    extractor: Extractor
    index: dict[str, Any]
    """What it is built from."""
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write the extractor, which `promptgan.tasks.music.judges.extractor.load` reads."""
        networks.save(folder, self.extractor, {**self.index, **self.metrics})

    @property
    def sentence(self) -> str:
        """How well it tells what was done to held-out music, beside the nearest mean roll."""
        return (
            f"extractor: tells {CLASSES} classes with accuracy {self.metrics['extractor']['accuracy']:.3f};"
            f" nearest mean roll: {self.metrics['nearest_mean']['accuracy']:.3f}"
        )


class Hearing(Fitting):
    """Fits the extractor by cross-entropy on windows to which something else was done in every epoch.

    Args:
        extractor: fitted in place.
        train: windows that are learnt from.
        stop: those that decide when to stop, as `every_class` makes of them.
        parameters: the `judges` section.
        seed: of the order of the windows and of what is done to them.
        device: where it runs.
    """

    def __init__(
        self,
        extractor: Extractor,
        train: Sequence[Window],
        stop: tuple[list[Window], Indices],
        parameters: Parameters,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__("extractor", extractor, parameters.learning_rate)
        self.extractor, self.train, self.stop = extractor, train, stop
        self.size, self.seed, self.device = parameters.batch, seed, device
        self.per_epoch = max(1, CLASSES * len(train) // self.size)  # each window once in every class, on average

    def loss(self, k: int) -> Tensor:
        """One batch, in which classes are equally probable."""
        random = np.random.default_rng([self.seed, k])
        kinds = random.integers(CLASSES, size=self.size)
        chosen = random.integers(len(self.train), size=(self.size, 2))
        notes = [
            tampered(kind, self.train[one], self.train[other], random)
            for kind, (one, other) in zip(kinds.tolist(), chosen.tolist(), strict=True)
        ]
        return cross_entropy(self.extractor(rolls(notes).to(self.device)), torch.from_numpy(kinds).to(self.device))

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """Of the windows that decide when to stop, the share whose class it tells."""
        return {"accuracy": self.accuracy(*self.stop)}

    def accuracy(self, notes: Sequence[Window], kinds: Indices) -> float:
        """The share of windows whose class it tells."""
        return float((heard(self.extractor, notes)[1].argmax(1) == kinds).mean())


def fit_pieces(
    pieces: Sequence[Piece], parameters: Parameters, seed: int, device: torch.device, checkpoint: Checkpoint
) -> Fitted:
    """Fit the extractor on all passages but those for stopping and reporting.

    The last tenth is for the accuracy reported, beside that of the class with the nearest mean roll, and the tenth
    before it for stopping; as passages lie in the order of their pieces, pieces are not mixed. All of it is computed in
    float32.

    Raises:
        TooFewPassages: there are fewer than 20.
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    if len(pieces) < FEWEST:
        raise TooFewPassages(
            f"the judge split holds {len(pieces)} passages; the extractor needs {FEWEST}",
            "give the pipeline more music, or a larger judge share in the section validate",
        )
    tenth = len(pieces) // 10
    parts = pieces[: -2 * tenth], pieces[-2 * tenth : -tenth], pieces[-tenth:]
    train, *held_out = ([window for piece in part for window in windows(piece)] for part in parts)
    stop, report = (every_class(part, [seed, place]) for place, part in enumerate(held_out))
    torch.manual_seed(seed)
    extractor = Extractor(parameters.width, parameters.features, parameters.dropout).to(device)
    method = Hearing(extractor, train, stop, parameters, seed, device)
    outcome = fitting.fit(method, parameters.epochs, parameters.patience, checkpoint)
    metrics = {
        "extractor": {"accuracy": round(method.accuracy(*report), 4)},
        "nearest_mean": {"accuracy": round(_nearest_mean(every_class(train, [seed, 2]), report), 4)},
        "best_epoch": outcome.best_step // method.per_epoch,
        "windows": {"train": len(train), "stop": len(held_out[0]), "report": len(held_out[1])},
    }
    return Fitted(extractor.eval(), {"width": parameters.width, "features": parameters.features}, metrics)


def every_class(notes: Sequence[Window], seed: Sequence[int]) -> tuple[list[Window], Indices]:
    """Each window once in every class, others drawn from the same ones, and the classes."""
    random = np.random.default_rng(seed)
    kinds = np.tile(np.arange(CLASSES), len(notes))
    others = random.integers(len(notes), size=len(kinds)).tolist()
    asked = zip(kinds.tolist(), np.repeat(np.arange(len(notes)), CLASSES).tolist(), others, strict=True)
    return [tampered(kind, notes[one], notes[other], random) for kind, one, other in asked], kinds


def _nearest_mean(train: tuple[list[Window], Indices], report: tuple[list[Window], Indices]) -> float:
    known, asked = (rolls(notes).flatten(1) for notes, _ in (train, report))
    means = torch.stack([known[torch.from_numpy(train[1] == kind)].mean(0) for kind in range(CLASSES)])
    nearest: Tensor = torch.cdist(asked, means).argmin(1)
    return float((nearest.numpy() == report[1]).mean())
