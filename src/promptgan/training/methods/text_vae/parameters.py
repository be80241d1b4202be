"""What variational autoencoding of texts takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.loop.converging import Converging


class Parameters(Converging):
    """The `pretrain` section for `method: text_vae`."""

    method: Literal["text_vae"]
    anneal: int = Field(ge=0)
    """Steps over which the weight of the divergence rises to one (Bowman et al., section 3.1)."""
    free_bits: float = Field(ge=0)
    """Nats of divergence that each entry of the latent vector may have at no cost (Kingma et al., appendix C.8)."""
