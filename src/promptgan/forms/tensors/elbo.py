"""The evidence lower bound of arrays under an encoder and a generator (Kingma and Welling, 2014, arXiv:1312.6114)."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import Batch


def negative_elbo(encoder: TensorEncoder, generator: TensorGenerator, batch: Batch, noise: Tensor) -> Tensor:
    """The bound's negative for each array, in nats, (N,): an upper bound of its negative log-likelihood.

    Pixels are read as probabilities of being bright (a Bernoulli likelihood each); the divergence of the encoder's
    normal distribution from the standard one is in closed form (appendix B).

    Args:
        encoder, generator: of one latent size Z.
        batch: N arrays, and their conditions where they have such.
        noise: standard normal vectors (N, Z), which choose the latent vectors.
    """
    mean, log_variance = encoder(batch.x, batch.condition)
    mean, log_variance = mean.float(), log_variance.float()
    logits = generator.logits(mean + (log_variance / 2).exp() * noise, batch.condition).float()
    reconstruction = binary_cross_entropy_with_logits(logits, (batch.x + 1) / 2, reduction="none").flatten(1).sum(1)
    divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
    bound: Tensor = reconstruction + divergence
    return bound
