"""A learning rate that is cut where a validation gains too little, until training has converged."""

import math
import sys
from typing import Any, Protocol

from promptgan.training.loop.method import Numbers

STALE = 10
"""Validations in a row without a better one, after which training onward gives up."""


def steady(learning_rate: float) -> dict[str, Any]:
    """What a section is to hold for training onward, to the end of a budget: one rate, from the first step to the last.

    Where training has converged every further gain is small, so that each validation would cut the rate, and training
    would end long before the budget.
    """
    return {"learning_rate": learning_rate, "warmup": 0, "cut": 1.0, "patience": sys.maxsize}


class CoolingParameters(Protocol):
    """What a section must hold for it."""

    learning_rate: float
    warmup: int
    """Steps over which the learning rate rises from zero."""
    min_gain: float
    """By which a validation must beat the best one; one that does not cuts the learning rate."""
    cut: float
    """What the learning rate is then multiplied by."""
    patience: int
    """Cuts after which training has converged and stops."""


class Cooling(Numbers):
    """The rate, the cuts and the best validation so far, as a part of a method's state."""

    def __init__(self, parameters: CoolingParameters) -> None:
        super().__init__(rate=parameters.learning_rate, cuts=0, best=math.inf, steps=0)
        self.parameters = parameters

    def rate(self, k: int) -> float:
        """Of step ``k``."""
        return self["rate"] * min(1.0, (k + 1) / max(1, self.parameters.warmup))

    def row(self) -> dict[str, float]:
        """After the first step, the rate that led to a validation, as `rate`."""
        return {"rate": self["rate"]} if self["steps"] else {}

    def hear(self, loss: float) -> str | None:
        """Take note of a validation; `converged` after as many cuts as the parameters' `patience`."""
        if loss > self["best"] - self.parameters.min_gain:
            self["rate"] *= self.parameters.cut
            self["cuts"] += 1
        self["best"] = min(self["best"], loss)
        return "converged" if self["cuts"] >= self.parameters.patience else None
