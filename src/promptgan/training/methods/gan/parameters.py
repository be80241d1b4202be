"""What adversarial training of arrays takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import AdversarialParameters, Players


class Parameters(AdversarialParameters):
    """The `train` section for `method: gan`."""

    method: Literal["gan"]
    players: Players
    start: Literal["fresh", "twin"]
    """Whether the generator begins with fresh weights or with those that `pretrain` has left."""
    clip_weights: float | None = Field(gt=0)
    """The largest size of a weight of the discriminator, to which it is cut after each of its steps (Arjovsky et al.,
    2017, arXiv:1701.07875); null for none."""
    auxiliary_weight: float = Field(ge=0)
    """Of the cross-entropy of an auxiliary classifier in the losses of both players; without one it is 0."""
    augment: list[Literal["colour", "translation", "cutout"]]
    """What is done to every image before the discriminator sees it."""
