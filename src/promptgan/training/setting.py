"""What a method is built from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

from promptgan.core.compute import Compute
from promptgan.networks import folder
from promptgan.training.loop.method import Row


@dataclass(frozen=True)
class Setting:
    """Networks, examples and the score, as a recipe's sections choose them."""

    form: str
    """What the examples are: a folder of `promptgan.forms`."""
    example: Any
    """What a network must know of one: the form's `Example`."""
    sections: Mapping[str, dict[str, Any]]
    """Of params.yaml, by role: generator, discriminator, encoder."""
    start: Mapping[str, nn.Module]
    """Networks to go on from, by name; none where training starts afresh."""
    train: Any
    val: Any
    """Splits, as the form reads them."""
    compute: Compute
    seed: int
    device: torch.device
    objective: ModuleType | None = None
    """A file of `promptgan.objectives`."""
    penalty: ModuleType | None = None
    """A file of `promptgan.penalties`."""
    score: Callable[..., Row] | None = None
    """The task's, of networks by name and, where it is not by the generator alone, how they draw; higher is better."""
    corpus: tuple[Any, float] | None = None
    """Texts to read before ``train``, as the form reads a split, and how many passes over them."""

    def network(self, name: str, role: str | None = None) -> nn.Module:
        """The network ``name`` to go on from, or a fresh one of ``role`` (where None, the role of that name)."""
        if name in self.start:
            return self.start[name].to(self.device)
        role = role or name
        return folder.build(self.form, role, self.sections[role], self.example).to(self.device)
