"""What stops an adversarial training of texts that collapses or runs away from its twin."""

from typing import TYPE_CHECKING

from pydantic import Field

from promptgan.core.parameters import Section

if TYPE_CHECKING:
    from promptgan.training.loop.method import Limit


class Guards(Section):
    """What stops training. Collapse is measured from where training starts, since some data is uniform.

    That is the twin, unless the generator begins with fresh weights.
    """

    entropy_floor: float = Field(ge=0, le=1)
    """Share of the first entropy per token under which the generator has collapsed, and training stops."""
    duplicates_limit: float = Field(ge=0, le=1)
    """How much the share of validation answers that repeat another one may exceed the first before training stops."""
    kl_limit: float = Field(gt=0)
    """Nats per token between generator and twin, above which training stops."""


def limits(guards: Guards) -> "tuple[Limit, ...]":
    """The guards, in the order in which they are asked."""
    from promptgan.training.loop.method import Limit

    return (
        Limit("entropy", lambda row, start: row["entropy"] < guards.entropy_floor * start["entropy"]),
        Limit("duplicates", lambda row, start: row["duplicates"] > start["duplicates"] + guards.duplicates_limit),
        Limit("kl", lambda row, start: row["kl"] > guards.kl_limit),
    )
