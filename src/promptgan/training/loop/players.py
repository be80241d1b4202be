"""A player of a training: a network's optimiser, as parameters."""

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
        import torch

        from promptgan.training.loop.method import Player

        first, second = self.betas
        optimizer = torch.optim.AdamW(
            network.parameters(),
            self.learning_rate,
            betas=(first, second),
            weight_decay=self.weight_decay,
            fused=True,
        )
        return Player(name, network, optimizer, self.clip)
