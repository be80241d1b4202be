"""What a classifier takes that learns from generated texts too."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.adversarial.parameters import Players
from promptgan.training.loop.players import PlayerParameters
from promptgan.training.methods.classifier import parameters as classifier


class Autoencoding(Section):
    """How generator and posterior learn by the evidence lower bound, first."""

    steps: int = Field(ge=1)
    player: PlayerParameters
    divergence_weight: float = Field(gt=0)
    """In the bound; below 1 prompts say more of their texts (Higgins et al., 2017, beta-VAE)."""
    anneal: int = Field(ge=0)
    """Steps over which that weight rises from zero."""


class Competing(Section):
    """How generator and discriminator learn from one another, after that."""

    steps: int = Field(ge=0)
    """0 leaves the generator as it is."""
    warmup: int = Field(ge=0)
    """Steps of the discriminator alone before the first of them."""
    players: Players
    temperature: float = Field(gt=0)
    """Of the relaxed tokens that the generator's gradient passes through."""
    likelihood_weight: float = Field(gt=0)
    """Of the bound beside what the discriminator says, lest texts forget their prompts."""


class Drawing(Section):
    """What is drawn of the generator, and which of it is learnt from."""

    each: int = Field(ge=1)
    """Texts of every label."""
    spread: float = Field(ge=0)
    """Of a prompt around the mean of its source, in standard deviations of the posterior."""
    temperature: float = Field(ge=0.01, le=10)
    """Of the softmax over tokens."""
    agreement: float = Field(ge=0, le=1)
    """Probability of its label that a text must have, by the classifier that learnt from real texts alone."""
    near: float = Field(gt=0, le=1)
    """Jaccard similarity of neighbouring tokens to its source from which on a text is a near copy."""


class Parameters(classifier.Parameters):
    """The `train` section for `method: prompt_gan`."""

    method: Literal["prompt_gan"]  # type: ignore[assignment]
    objective: str  # type: ignore[assignment]
    """A file in `promptgan.objectives`."""
    penalty: str  # type: ignore[assignment]
    """A file in `promptgan.penalties`: on the slope of the discriminator."""
    penalty_weight: float = Field(ge=0)
    generator_batch: int = Field(ge=2)
    """Texts of a step of the autoencoder, and of an adversarial one."""
    autoencoding: Autoencoding
    competing: Competing
    drawing: Drawing
    share: float = Field(ge=0, lt=1)
    """Of a batch of the classifier that is generated, at the first step."""
    share_end: float = Field(ge=0, lt=1)
    """At the last; straight in between."""
