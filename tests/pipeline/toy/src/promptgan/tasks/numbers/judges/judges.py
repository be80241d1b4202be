"""How often each digit stands in real lines."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from promptgan.tasks.numbers.judges.parameters import Parameters

from promptgan.core.compute import Compute
from promptgan.core.files import write_json
from promptgan.core.progress import Progress
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks.weights import save_weights
from promptgan.training.loop.checkpoint import Checkpoint


@dataclass(frozen=True)
class Fitted:
    """Shares of the digits."""

    metrics: dict[str, Any]

    def save(self, folder: Path) -> None:
        """Write them."""
        folder.mkdir(parents=True, exist_ok=True)
        layer = torch.nn.Linear(len(self.metrics["shares"]), 1, bias=False)
        layer.weight.data[0] = torch.tensor(self.metrics["shares"])
        save_weights(folder / "shares.safetensors", layer)
        write_json(folder / "index.json", {"kind": "judge", "task": "numbers", **self.metrics})

    @property
    def sentence(self) -> str:
        """What was fitted."""
        return f"shares of {len(self.metrics['shares'])} digits"


def fit(
    pairs: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Count the digits of the judge split."""
    with Progress("digits", 1) as progress:
        ids = np.array(pairs.rows("text", np.arange(len(pairs)))).ravel()
        counts = np.bincount(ids, minlength=example.vocabulary)[-parameters.digits :]
        progress.advance()
    return Fitted({"shares": [round(float(share), 4) for share in counts / counts.sum()]})
