"""What adversarial training of arrays takes."""

from typing import Literal

from promptgan.training.adversarial.parameters import AdversarialParameters, Players


class Parameters(AdversarialParameters):
    """The `train` section for `method: gan`."""

    method: Literal["gan"]
    players: Players
    start: Literal["fresh", "twin"]
    """Whether the generator begins with fresh weights or with those that `pretrain` has left."""
