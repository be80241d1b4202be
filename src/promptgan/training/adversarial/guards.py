"""What stops an adversarial training of texts that collapses or runs away from its twin."""

from typing import TYPE_CHECKING

from pydantic import Field

from promptgan.core.parameters import Section

if TYPE_CHECKING:
    from promptgan.training.loop.method import Limit


class Guards(Section):
    """What stops training. Collapse is measured from the twin, since some data is uniform."""

    entropy_floor: float = Field(ge=0, le=1)
    """Share of the twin's entropy per token under which the generator has collapsed, and training stops."""
    duplicates_limit: float = Field(ge=0, le=1)
    """How much the share of validation answers that repeat another one may exceed the twin's before training stops."""
    kl_limit: float = Field(gt=0)
    """Nats per token between generator and twin, above which training stops."""


def limits(guards: Guards) -> "tuple[Limit, ...]":
    """The guards, in the order in which they are asked."""
    from promptgan.training.loop.method import Limit

    return (
        Limit("entropy", lambda row, twin: row["entropy"] < guards.entropy_floor * twin["entropy"]),
        Limit("duplicates", lambda row, twin: row["duplicates"] > twin["duplicates"] + guards.duplicates_limit),
        Limit("kl", lambda row, twin: row["kl"] > guards.kl_limit),
    )
