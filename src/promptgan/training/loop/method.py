"""What a training method is to the loop: its state, one unit of work, and how it is validated."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

Row = dict[str, float]
"""One validation: numbers by name."""
Value = Tensor | tuple[float, int]
"""What a unit of work reports: a scalar, whose mean is taken over units, or a sum and how much it is over."""


class Stateful(Protocol):
    """What can be saved and put back: networks and optimisers are."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that it holds."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Put back what `state_dict` returned."""
        ...


class Numbers(dict[str, float]):
    """Counters and running means of a method, as a part of its state."""

    def state_dict(self) -> dict[str, Any]:
        """A copy of the numbers."""
        return dict(self)

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Put back what `state_dict` returned."""
        self.update(state_dict)


class NotFinite(ArithmeticError):
    """A value or a gradient, named, is infinite or no number; the loop says where and what to do."""


class Player:
    """A network that learns: its optimiser and the clipping of its gradient.

    Args:
        name: of the network, for errors.
        network: whose parameters the optimiser holds.
        optimizer: steps where the gradient is finite.
        clip: largest norm of the gradient.
    """

    def __init__(self, name: str, network: nn.Module, optimizer: torch.optim.Optimizer, clip: float | None) -> None:
        self.name, self.network, self.optimizer, self.clip = name, network, optimizer, clip

    def update(self) -> Tensor:
        """Clip the gradient that is there, take a step, and clear it; returns its norm before clipping, a scalar.

        Raises:
            NotFinite: the gradient is not finite; no weight has changed.
        """
        norm = clip_grad_norm_(self.network.parameters(), torch.inf if self.clip is None else self.clip)
        if not torch.isfinite(norm):
            raise NotFinite(f"the gradient of the {self.name}")
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm


@dataclass(frozen=True)
class Limit:
    """A guard that stops a training; measured from the row of step 0, since some data is uniform from the start."""

    name: str
    crossed: Callable[[Row, Row], bool]
    """Of a row and the row of step 0."""


class Method:
    """A way of training. It knows no loop, no path and no clock.

    A subclass sets ``state`` (all that the next step depends on, random numbers apart) and ``remedy``, and defines
    `step` and `validate`.
    """

    state: Mapping[str, Stateful]
    """Networks, optimisers, counters, pools. The networks' weights of the best validation are what training leaves."""
    averaged: tuple[str, ...] = ()
    """The networks that a moving average follows."""
    limits: tuple[Limit, ...] = ()
    score: str = "score"
    """The column of a row that chooses the best one."""
    better: Literal["higher", "lower"] = "higher"
    remedy: str
    """What to change where a number is not finite."""
    drawing: Mapping[str, Any] | None = None
    """What index.json says of how samples are drawn, where it is not from the generator as it is."""

    def step(self, k: int) -> Mapping[str, Value]:
        """One unit of work, all players' updates in it; ``k`` counts from 0 and is negative while warming up."""
        raise NotImplementedError

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """Measure the networks, moving averages in place of those that have one; all are in evaluation mode."""
        raise NotImplementedError

    def settle(self, averaged: Mapping[str, nn.Module]) -> None:
        """Compute anew what moving averages, in evaluation mode, have of the raw networks, before they are measured.

        Called with those that have one. It must follow from their weights and the seed. For most there is nothing.
        """

    def hear(self, row: Row) -> str | None:
        """Take note of a validation, that of step 0 too; returns why to stop, if so."""
        return None

    @property
    def files(self) -> Mapping[str, bytes]:
        """What it leaves in the model folder beside the networks, by file name: for most nothing."""
        return {}

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks among the state."""
        return {name: part for name, part in self.state.items() if isinstance(part, nn.Module)}


def totals(values: Mapping[str, Value]) -> Iterator[tuple[str, float, int]]:
    """Name, sum and count of each value; all scalars are read from their device at once.

    Raises:
        NotFinite: names the first that is not.
    """
    scalars = {name: value.detach().double() for name, value in values.items() if isinstance(value, Tensor)}
    read = dict(zip(scalars, torch.stack([*scalars.values()]).tolist(), strict=True)) if scalars else {}
    for name, value in values.items():
        total, count = (read[name], 1) if isinstance(value, Tensor) else value
        if not math.isfinite(total):
            raise NotFinite(name)
        yield name, total, count
