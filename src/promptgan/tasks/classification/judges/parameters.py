"""What fitting the judge takes."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `judges` section for labelled texts."""

    kind: Literal["naive_bayes"]
    """What tells labels: of another kind than the classifiers that are measured; it counts, and takes nothing else."""
