"""A player of a training: a network's optimiser, as parameters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from promptgan.core.parameters import Section

if TYPE_CHECKING:
    from torch import nn

    from promptgan.training.loop.method import Player


class PlayerParameters(Section):
    """How a network learns: AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101), and how often."""

    learning_rate: float = Field(gt=0)
    betas: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)]
    """Decay of the running means of the gradient and of its square."""
    weight_decay: float = Field(ge=0)
    clip: float | None = Field(gt=0)
    """Largest norm of the gradient; null for none."""
    steps: int = Field(ge=1)
    """In a unit of work."""

    def player(self, name: str, network: "nn.Module") -> "Player":
        """The network ``name`` with its optimiser."""
        return player(name, network, self.learning_rate, self.betas, self.weight_decay, self.clip)


def player(
    name: str,
    network: "nn.Module",
    learning_rate: float,
    betas: Sequence[float] = (0.9, 0.98),
    weight_decay: float = 0.0,
    clip: float | None = 1.0,
) -> "Player":
    """The network ``name`` with AdamW, as `PlayerParameters` say it.

    The default means suit sequences (Vaswani et al., 2017, arXiv:1706.03762, section 5.3).
    """
    import torch

    from promptgan.training.loop.method import Player

    first, second = betas
    optimizer = torch.optim.AdamW(
        network.parameters(), learning_rate, betas=(first, second), weight_decay=weight_decay, fused=True
    )
    return Player(name, network, optimizer, clip)
