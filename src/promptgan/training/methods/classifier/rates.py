"""The learning rate of each step, by one of four rules, after a warm-up; and when it has come to its end."""

import math
import sys
from dataclasses import dataclass

from promptgan.training.loop.cooling import Cooling
from promptgan.training.methods.classifier.parameters import (
    Constant,
    Cosine,
    InverseSqrt,
    Parameters,
    Plateau,
)


@dataclass
class Terms:
    """What `Cooling` takes; as they stand they never cut."""

    learning_rate: float
    warmup: int
    min_gain: float = -math.inf
    cut: float = 1.0
    patience: int = sys.maxsize


class Rate(Cooling):
    """The learning rate by a rule, cuts and the best validation so far, as a part of a method's state.

    Args:
        parameters: the section.
    """

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        on = (p.rate.min_gain, p.rate.cut, p.rate.cuts) if isinstance(p.rate, Plateau) else ()
        super().__init__(Terms(p.learning_rate, p.warmup, *on))
        self.rule, self.last = p.rate, p.steps
        self.update(waited=0)
        self.waits = p.patience

    def rate(self, k: int) -> float:
        """Of step ``k``, from 0."""
        return super().rate(k) * factor(self.rule, k + 1, self.parameters.warmup, self.last)

    def row(self) -> dict[str, float]:
        """After the first step, the rate of the last one, as `rate`."""
        return {"rate": self.rate(int(self["steps"]) - 1)} if self["steps"] else {}

    def hear(self, loss: float) -> str | None:
        """Take note of a validation; `converged` after the last cut, at a cosine's end, or where patience is over."""
        self["waited"] = self["waited"] + 1 if loss >= self["best"] else 0
        ended = isinstance(self.rule, Cosine) and self["steps"] >= self.last
        waited = self.waits is not None and self["waited"] >= self.waits
        return super().hear(loss) or ("converged" if ended or waited else None)


def factor(rule: Constant | InverseSqrt | Cosine | Plateau, step: int, warmup: int, last: int) -> float:
    """What the learning rate is multiplied by at a step, from 1, beyond what warm-up and cuts do."""
    match rule:
        case InverseSqrt():
            return min(1.0, math.sqrt(max(1, warmup) / step))
        case Cosine():
            done = min(1.0, max(0, step - warmup) / max(1, last - warmup))
            return rule.floor + (1 - rule.floor) * (1 + math.cos(math.pi * done)) / 2
        case _:
            return 1.0
