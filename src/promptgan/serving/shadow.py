"""A shadow beside the model that serves, by what the log holds of both."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, variance
from typing import NamedTuple

from promptgan.serving.log import Asked

FEWEST = 40
"""Scored answers of each side that a word on them needs."""
CLEAR = 2.0
"""Standard errors that a difference must exceed."""


class Comparison(NamedTuple):
    """Mean scores of the answers that nobody saw, and of those that people got meanwhile."""

    answers: int
    """That nobody saw."""
    serving: float
    successor: float
    error: float
    """Standard error of the difference of the mean scores."""

    @property
    def gap(self) -> float:
        """Of the means, the shadow's less the other."""
        return self.successor - self.serving

    @property
    def worse(self) -> bool:
        """Whether the shadow is behind, beyond chance."""
        return self.gap < -CLEAR * self.error

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        return (
            f"shadow: {self.answers} answers that nobody saw, scored {self.gap:+.4f} beside those that people got"
            f" by the serving model's discriminator (standard error {self.error:.4f}),"
            f" {'worse by more than' if self.worse else 'not worse by more than'} {CLEAR:g} standard errors"
        )


class Shadowed(NamedTuple):
    """Requests to one revision of a model that one revision of another answered too."""

    pairs: list[tuple[Asked, Asked]]
    """Each request, and what nobody saw of it; the oldest first."""
    seen: list[Asked]
    """All texts that people got of the model between the first and the last of these."""

    @property
    def comparison(self) -> Comparison | None:
        """The mean scores of both, by the discriminator of the model that serves; None where too few have one.

        What a shadow answers is drawn at random from the requests, so it is compared with all that were answered
        meanwhile (Welch's standard error of two means).
        """
        sides = (self.seen, [unseen for _, unseen in self.pairs])
        seen, unseen = ([row.score for row in side if row.score is not None] for side in sides)
        if min(len(seen), len(unseen)) < FEWEST:
            return None
        error = sqrt(variance(seen) / len(seen) + variance(unseen) / len(unseen))
        return Comparison(len(unseen), fmean(seen), fmean(unseen), error)


def shadowed(rows: Sequence[Asked]) -> dict[tuple[str, str], Shadowed]:
    """What shadows answered, by the revision that served and the shadow's.

    Args:
        rows: of the log, the oldest first; an answer whose request is not among them is left out.
    """
    requests = {row.id: row for row in rows if not row.shadow}
    pairs: dict[tuple[str, str], list[tuple[Asked, Asked]]] = {}
    for row in rows:
        if row.shadow and (request := requests.get(row.request)):
            pairs.setdefault((request.revision, row.revision), []).append((request, row))
    found = {}
    for (serving, successor), both in pairs.items():
        times = [request.at for request, _ in both]
        found[serving, successor] = Shadowed(both, [
            row for row in requests.values()
            if row.revision == serving and row.answered and row.tokens and min(times) <= row.at <= max(times)
        ])  # fmt: skip
    return found
