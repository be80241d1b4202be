"""What further likelihood training of a served model takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `pretrain` section for `method: continued`."""

    method: Literal["continued"]
    epochs: int | float = Field(gt=0)
    """Passes over the new training pairs, at most; as many known ones are replayed as `new_share` says."""
    batch: int = Field(ge=2)
    new_share: float = Field(gt=0, lt=1)
    """Of a batch that is new; the rest is replayed. Also the weight of new pairs in validation."""
    learning_rate: float = Field(gt=0)
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    validate_every: int = Field(ge=1)
    """Steps between validations."""
    validation_count: int = Field(ge=10)
    """Validation pairs that are read each time, of known and of new ones each; all where there are fewer."""
    min_gain: float = Field(ge=0)
    """Nats per token by which a validation must beat the best one; one that does not cuts the learning rate."""
    cut: float = Field(gt=0, lt=1)
    """What the learning rate is then multiplied by."""
    patience: int = Field(ge=1)
    """Cuts after which training has converged and stops."""
    checkpoint_every: int = Field(ge=1)
    """Steps between checkpoints, for resuming after a kill."""
