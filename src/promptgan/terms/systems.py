"""What every table sets side by side, listed once: real data, and the models that the training stages make."""

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One column of every table."""

    name: str
    """The key in metrics and samples."""
    title: str
    """What people read."""
    folder: str | None
    """Its model folder below `models/`; None for real data, which no stage makes."""
    sentence: str
    """What it is, in one sentence."""


REAL = System("real", "real data", None, "examples from the data: the line that a perfect generator would reach")
TWIN = System("twin", "likelihood twin", "pretrained", "trained by likelihood alone")
CONTROL = System(
    "control", "control twin", "control", "the twin, trained on by likelihood for the adversarial phase's cost"
)
ADVERSARIAL = System(
    "adversarial", "adversarial", "adversarial", "trained against a discriminator that spots what is not real"
)

SYSTEMS = (REAL, TWIN, CONTROL, ADVERSARIAL)
"""In the order in which they are shown."""
MODELS = {system.name: system.folder for system in SYSTEMS if system.folder}
"""The model folder of each system that has one, by name."""
RIVALS = (TWIN, CONTROL)
"""What the adversarial model is compared with."""
