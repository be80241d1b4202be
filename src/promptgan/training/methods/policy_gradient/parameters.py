"""What training by policy gradient takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import TextParameters


class Parameters(TextParameters):
    """The `train` section for `method: policy_gradient`."""

    method: Literal["policy_gradient"]
    roll_outs: int = Field(ge=1)
    """Completions drawn of every beginning of an answer, whose mean reward is that of its last token."""
    baseline_learning_rate: float = Field(gt=0)
    """Of what foretells the reward, which is subtracted from it."""
