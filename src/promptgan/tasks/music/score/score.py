"""What training validates music by, as the recipe's form has it."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from promptgan.core.choices import choose
from promptgan.core.compute import Compute
from promptgan.training.loop.method import Row


class Score:
    """That of `promptgan.tasks.music.score.tokens` or of `promptgan.tasks.music.score.tensors`.

    Args:
        val: the validation split.
        example: of a class of the form.
        start: networks that training goes on from.
        count: how much is drawn each time.
        compute: precision.
        seed: of the random numbers.
    """

    def __init__(
        self, val: Any, example: Any, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        form = type(example).__module__.split(".")[2]  # promptgan.forms.FORM
        chosen = choose("promptgan.tasks.music.score", form, "form")
        self._score = chosen.Score(val, example, start, count, compute, seed)

    def __call__(self, networks: Mapping[str, nn.Module], *drawing: Any) -> Row:
        """A row with ``score``; ``drawing`` is a method's way of drawing, where it has one."""
        row: Row = self._score(networks, *drawing)
        return row
