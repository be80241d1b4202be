"""What training by likelihood takes that goes on until it has converged."""

from pydantic import Field

from promptgan.core.parameters import Section


class Converging(Section):
    """Its learning rate is cut where a validation gains too little; see `promptgan.training.loop.cooling`."""

    epochs: int | float = Field(gt=0)
    """Passes over the training pairs, at most; a fraction reads as many of them, in random order."""
    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    validate_every: int = Field(ge=1)
    """Steps between validations."""
    validation_count: int = Field(ge=10)
    """Validation pairs that are read each time; all where there are fewer."""
    min_gain: float = Field(ge=0)
    """Nats per token by which a validation must beat the best one; one that does not cuts the learning rate."""
    cut: float = Field(gt=0, lt=1)
    """What the learning rate is then multiplied by."""
    patience: int = Field(ge=1)
    """Cuts after which training has converged and stops."""
    checkpoint_every: int = Field(ge=1)
    """Steps between checkpoints, for resuming after a kill."""
