"""What variational autoencoding takes."""

from typing import Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `pretrain` section for `method: vae`."""

    method: Literal["vae"]
    epochs: int = Field(ge=1)
    """Passes over the training examples, at most."""
    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    betas: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)]
    """Decay of AdamW's running means of the gradient and of its square."""
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    validate_every: int = Field(ge=1)
    """Steps between validations."""
    validation_count: int = Field(ge=10)
    """Validation examples whose bound is computed."""
    min_gain: float = Field(ge=0)
    """Nats per example by which a validation must beat the best one; one that does not cuts the learning rate."""
    cut: float = Field(gt=0, lt=1)
    """What the learning rate is then multiplied by."""
    patience: int = Field(ge=1)
    """Cuts after which training has converged and stops."""
    checkpoint_every: int = Field(ge=1)
    """Steps between checkpoints, for resuming after a kill."""
