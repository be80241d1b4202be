"""What shadows answered in a period, beside what people got meanwhile."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from promptgan.serving.log import Asked
from promptgan.serving.shadow import Comparison, shadowed
from promptgan.watching.period import Period

PERCENTS = (10, 25, 50, 75, 90)
"""Quantiles of lengths."""
EXAMPLES = 5
"""Prompts that are shown with both answers, the latest."""


class Beside(NamedTuple):
    """One revision of a shadow beside the revision that served."""

    serving: str
    """Its name and the first digits of its revision."""
    shadow: str
    seen: int
    """Answers that people got of the one, while the other answered unseen."""
    unseen: int
    scores: Comparison | None
    """None where too few have one."""
    lengths: dict[int, tuple[float, float]]
    """By percent, the characters that as many of the answers stay below, of what people got and of the shadow's."""
    examples: list[tuple[str, str, str]]
    """Prompt and both answers, where the log has texts."""

    def document(self) -> dict[str, Any]:
        """All of it, for a program."""
        return self._asdict() | {"scores": self.scores and self.scores._asdict()}


def shadows(period: Period) -> list[Beside]:
    """Each shadow of a period beside the model whose requests it answered too; by their names."""
    found = []
    for both in shadowed([*period.asked, *period.unseen]).values():
        unseen = [row for _, row in both.pairs]
        told = [
            (request.prompt, request.answer, row.answer)
            for request, row in both.pairs
            if request.prompt and request.prompt == row.prompt and request.answered and request.answer and row.answer
        ]
        served = both.pairs[0][0]
        of = (_lengths(both.seen), _lengths(unseen))
        found.append(
            Beside(
                served.name,
                unseen[0].name,
                len(both.seen),
                len(unseen),
                both.comparison,
                dict(zip(PERCENTS, zip(*of, strict=True), strict=True)) if both.seen else {},
                told[-EXAMPLES:],
            )
        )
    return sorted(found, key=lambda each: each[:2])


def _lengths(answers: Sequence[Asked]) -> list[float]:
    lengths = [row.answer_length for row in answers]
    return [float(each) for each in np.percentile(lengths, PERCENTS)] if lengths else []
