"""What measuring classifiers takes."""

from typing import Annotated

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.methods.classifier.parameters import Words


class FewLabels(Section):
    """Every arm trained again on some of the labels: what a label is worth."""

    labels: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
    """How many of the training labels are known, one number for each point of the curves."""
    draws: int = Field(ge=2)
    """Times that as many labels are drawn, the same ones for every arm."""
    steps: int = Field(ge=1)
    """Of each training; nothing is validated, for which there would be no labels."""
    each: int = Field(ge=1)
    """Texts that a generator draws of every label for a training, where the recipe has one."""
    augmentation: Words
    """Of the arm that changes texts at random."""


class Parameters(Section):
    """The `evaluate` section for labelled texts."""

    resamples: int = Field(ge=100)
    """Samples of the bootstrap over test texts."""
    few_labels: FewLabels | None
    """Null leaves these curves out."""
