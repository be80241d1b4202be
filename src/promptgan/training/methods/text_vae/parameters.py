"""What variational autoencoding of texts takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `pretrain` section for `method: text_vae`."""

    method: Literal["text_vae"]
    epochs: int | float = Field(gt=0)
    """Passes over the training pairs, at most; a fraction reads as many of them, in random order."""
    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    anneal: int = Field(ge=0)
    """Steps over which the weight of the divergence rises to one (Bowman et al., section 3.1)."""
    free_bits: float = Field(ge=0)
    """Nats of divergence that each entry of the latent vector may have at no cost (Kingma et al., appendix C.8)."""
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
