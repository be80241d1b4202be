"""What fitting the judge takes."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `judges` section for sentences with a style."""

    kind: Literal["naive_bayes"]
    """What tells styles apart; it is fitted by counting and takes nothing else."""
