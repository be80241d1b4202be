"""What autoencoding takes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from promptgan.training.loop.converging import Converging


class Parameters(Converging):
    """The `pretrain` section for `method: vae`, which reads examples where others read pairs."""

    method: Literal["vae"]
    epochs: int = Field(ge=1)
    """Passes over the training examples, at most."""
    betas: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)]
    """Decay of AdamW's running means of the gradient and of its square."""
    likelihood: Literal["bernoulli", "binarised"]
    """Of pixels that are dark or bright: `bernoulli` reads grey ones as they are, as the probability of being bright;
    `binarised` draws them, for training anew each time they are read, for validation once and for all."""
    divergence_weight: float = Field(ge=0)
    """Of the encoder's distribution from the standard normal one, beside the reconstruction; 1 gives a bound of the
    likelihood, and 0 a plain autoencoder, whose latent vector is not drawn."""
    anneal: int = Field(ge=0)
    """Steps over which that weight rises from zero."""
    free_bits: float = Field(ge=0)
    """Nats of divergence that each entry of the latent vector may have at no cost."""
    min_gain: float = Field(ge=0)
    """Nats per example by which a validation must beat the best one; one that does not cuts the learning rate."""

    @model_validator(mode="after")
    def _only_what_costs_is_annealed_or_free(self) -> "Parameters":
        if not self.divergence_weight and (self.anneal or self.free_bits):
            raise ValueError("a divergence_weight of 0 leaves anneal and free_bits nothing to do: give 0 for each")
        return self
