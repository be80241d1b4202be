"""Autoencoding beyond pixels: a VAE whose reconstructions are measured, and judged, by a discriminator."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.elbo import guessed, prior
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import Batches
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.vaegan.parameters import Parameters
from promptgan.training.setting import Setting


class VAEGAN(Method):
    """An encoder, a generator and a discriminator (Larsen et al., 2016, arXiv:1512.09300, algorithm 1).

    A reconstruction is as good as its features in the discriminator are near those of the image: a normal likelihood of
    unit variance. The encoder learns from that and from the divergence, the generator from that and from the
    discriminator, which tells real images from reconstructions and from what is made of random vectors.

    In each unit of work the discriminator takes its steps, each on a batch of its own, then the other two theirs.

    Args:
        setting: networks, examples, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator", "encoder")
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("TensorGenerator", setting.network("generator"))
        self.encoder = cast("TensorEncoder", setting.network("encoder"))
        self.discriminator = cast("TensorDiscriminator", setting.network("discriminator"))
        both = nn.ModuleList([self.encoder, self.generator])
        self.autoencoder = parameters.players.generator.player("autoencoder", both)
        self.critic = parameters.players.discriminator.player("discriminator", self.discriminator)
        self.state = {
            "generator": self.generator,
            "encoder": self.encoder,
            "discriminator": self.discriminator,
            "autoencoder_optimizer": self.autoencoder.optimizer,
            "discriminator_optimizer": self.critic.optimizer,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """The discriminator's steps, then those of encoder and generator."""
        noted: dict[str, Value] = {}
        turns = self.p.players.discriminator.steps
        for turn in range(turns):
            real = self.batches[k * turns + turn].to(self.setting.device)
            noted |= self._step_discriminator(real)
        self.discriminator.requires_grad_(False)
        for _ in range(self.p.players.generator.steps):
            noted |= self._step_autoencoder(real)
        self.discriminator.requires_grad_(True)
        return noted

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of what is drawn."""
        assert self.setting.score
        return self.setting.score(networks)

    def _made(self, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstructions of images, images of random vectors, and the divergence in nats, a scalar."""
        with autocast(self.setting.compute):
            guess = guessed(self.encoder, real)
            reconstructed = self.generator(guess.rsample()).float()
            drawn = self.generator(torch.randn_like(guess.mean)).float()
        return reconstructed, drawn, kl_divergence(guess, prior(guess)).sum(1).mean()

    def _logits(self, x: Tensor) -> Tensor:
        with autocast(self.setting.compute):
            logits: Tensor = self.discriminator(x)
        return logits.float()

    def _features(self, x: Tensor) -> Tensor:
        with autocast(self.setting.compute):
            features = self.discriminator.features(x)
        return features.float()

    def _step_discriminator(self, real: Tensor) -> dict[str, Value]:
        assert self.setting.objective
        with torch.no_grad():
            reconstructed, drawn, _ = self._made(real)
        real_logits, drawn_logits = self._logits(real), self._logits(drawn)
        told = self.setting.objective.discriminator_loss
        # Halves, so that real images weigh as much as all others together.
        loss: Tensor = (told(real_logits, self._logits(reconstructed)) + told(real_logits, drawn_logits)) / 2
        noted: dict[str, Value] = {
            "discriminator_loss": loss,
            "accuracy": (real_logits > drawn_logits).float().mean(),
        }
        if self.p.penalty != "none":
            noted["penalty"] = penalty = self._penalty(real, drawn)
            loss = loss + self.p.penalty_weight * penalty
        loss.backward()  # type: ignore[no-untyped-call]
        self.critic.update()
        return noted

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        assert self.setting.penalty
        penalty = self.setting.penalty
        if penalty.AT == "real":
            return cast("Tensor", penalty.penalty(self.discriminator, real))
        mixing = torch.rand(len(real), device=real.device)
        return cast("Tensor", penalty.penalty(self.discriminator, real, fake, mixing))

    def _step_autoencoder(self, real: Tensor) -> dict[str, Value]:
        assert self.setting.objective
        reconstructed, drawn, divergence = self._made(real)
        with torch.no_grad():
            features = self._features(real)
            real_logits = self._logits(real) if self.setting.objective.RELATIVE else None
        reconstruction = (self._features(reconstructed) - features).square().sum(1).mean() / 2
        fooled = self.setting.objective.generator_loss
        adversarial = sum(fooled(real_logits, self._logits(x)) for x in (reconstructed, drawn)) / 2
        self._learn(self.encoder, divergence + reconstruction, goes_on=True)
        self._learn(self.generator, self.p.reconstruction_weight * reconstruction + adversarial)
        self.autoencoder.update()
        return {"generator_loss": adversarial, "reconstruction": reconstruction, "kl": divergence}

    @staticmethod
    def _learn(network: nn.Module, loss: Tensor, goes_on: bool = False) -> None:
        """Add the gradient of ``loss`` for one network alone; the graph is kept where it ``goes_on`` for another."""
        loss.backward(inputs=list(network.parameters()), retain_graph=goes_on)  # type: ignore[no-untyped-call]


def build(setting: Setting, parameters: Parameters) -> tuple[VAEGAN, Plan]:
    """Training of fresh networks, or of the twin's encoder and generator.

    Raises:
        ParameterError: it shall go on from a variational autoencoder, and there is none.
    """
    p = parameters
    if p.start == "twin" and not {"generator", "encoder"} <= setting.start.keys():
        raise ParameterError(
            ["train.start: twin needs what pretrain.method vae has trained, with a divergence_weight above 0"]
        )
    plan = Plan(
        title="adversarial",
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        ema=p.ema,
        patience=p.patience,
        keeps_start=p.start == "fresh",
        fresh=p.start == "fresh",
    )
    return VAEGAN(setting if p.start == "twin" else replace(setting, start={}), parameters), plan
