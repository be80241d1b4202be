"""The plan of an adversarial training."""

from typing import Any

from promptgan.training.adversarial.parameters import AdversarialParameters
from promptgan.training.loop.run import Plan


def planned(title: str, parameters: AdversarialParameters, **more: Any) -> Plan:
    """What the section `train` says of it, and ``more`` fields of a plan that follow from the method."""
    p = parameters
    return Plan(
        title=title,
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        ema=p.ema,
        patience=p.patience,
        **more,
    )
