"""No judge is fitted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from promptgan.core.compute import Compute
from promptgan.core.files import write_json
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.tasks.music.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint

REASON = "nothing is fitted yet"


@dataclass(frozen=True)
class Fitted:
    """That there is no judge."""

    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write an index that says so."""
        write_json(folder / "index.json", {"task": "music", **self.metrics})

    @property
    def sentence(self) -> str:
        """Why."""
        return f"no judge: {REASON}"


def fit(
    judge: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Nothing to fit; evaluation counts."""
    return Fitted({"kind": parameters.kind, "reason": REASON})
