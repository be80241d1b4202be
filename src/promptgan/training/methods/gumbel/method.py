"""Alternating adversarial training of a text generator with straight-through Gumbel-softmax gradients."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.relaxed import RelaxedTexts, relaxed_sample
from promptgan.training.discrimination import Discrimination, Known, begins_with
from promptgan.training.guards import limits
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.gumbel.parameters import Parameters
from promptgan.training.setting import Setting


class Gumbel(Method):
    """A generator and a discriminator that learn from one another.

    Each step draws answers once: the generator learns through the discriminator's verdict on them, then the
    discriminator learns to tell real pairs from those answers and from real texts under the wrong prompt
    (Reed et al., 2016, arXiv:1605.05396, section 4.2). Warming up, the discriminator learns alone.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator",)
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.compute, self.device = parameters, setting.compute, setting.device
        self.objective, self.scored = setting.objective, setting.score
        self.max_tokens, self.eos = setting.example.max_tokens, setting.example.eos
        self.generator = cast("TextGenerator", setting.network("generator"))
        self.discriminator = cast("TextDiscriminator", setting.network("discriminator"))
        begins_with(self.discriminator, setting.start, self.generator)
        self.players = {
            "generator": parameters.players.generator.player("generator", self.generator),
            "discriminator": parameters.players.discriminator.player("discriminator", self.discriminator),
        }
        assert setting.objective
        self.discrimination = Discrimination(
            self.discriminator,
            self.players["discriminator"],
            setting.objective,
            setting.penalty if parameters.penalty != "none" else None,
            parameters.penalty_weight,
            setting.compute,
        )
        self.state = {
            **{name: player.network for name, player in self.players.items()},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "numbers": self.discrimination.numbers,
        }
        self.limits = limits(parameters.guards)
        self.pairs = Known(setting.train, parameters.batch, setting.example.unk, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """Each player's steps, in turn, or one of the discriminator alone while it warms up."""
        noted: dict[str, Tensor] = {}
        if k < 0:
            batch = self.pairs.batch(k + self.p.warmup, self.device)
            return dict(self.discrimination.step(batch, *self._draw(batch)))
        generators, discriminators = (self.p.players.generator.steps, self.p.players.discriminator.steps)
        turns = max(generators, discriminators)
        for turn in range(turns):
            batch = self.pairs.batch(self.p.warmup + k * turns + turn, self.device)
            fake = self._step_generator(batch, k, noted) if turn < generators else self._draw(batch)
            if turn < discriminators:
                acts = self.discrimination.numbers["accuracy"] <= self.p.waiting.discriminator_above
                noted.update(self.discrimination.step(batch, *fake, acts))
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of answers to validation prompts."""
        assert self.scored
        return self.scored(networks)

    def _draw(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.generator.eval()
        uniforms = torch.rand(len(batch), self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        tokens, lengths = pad(texts, (self.eos,))
        return tokens.to(self.device), lengths.to(self.device)

    def _draw_relaxed(self, batch: Batch, k: int) -> RelaxedTexts:
        share = k / max(1, self.p.steps - 1)
        temperature = self.p.gumbel_start * (self.p.gumbel_end / self.p.gumbel_start) ** share
        return relaxed_sample(
            self.generator,
            batch.prompt,
            batch.prompt_lengths,
            self.discriminator.embedding,
            temperature,
            self.max_tokens + 1,
        )

    def _step_generator(self, batch: Batch, k: int, noted: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        assert self.objective
        p = self.p
        self.discriminator.requires_grad_(False)
        with autocast(self.compute):
            fake = self._draw_relaxed(batch, k)
        acting = self.discrimination.numbers["accuracy"] >= p.waiting.generator_below
        noted["generator_acts"] = torch.tensor(float(acting))
        if acting:
            with autocast(self.compute):
                fake_logits = self.discrimination.scores(batch, fake.embedded, fake.lengths)
                with torch.no_grad():
                    real = self.discriminator.embedding(batch.text)
                    real_logits = self.discrimination.scores(batch, real, batch.text_lengths)
            loss = self.objective.generator_loss(real_logits, fake_logits)
            noted["generator_loss"] = loss
            loss.backward()
        if p.likelihood_weight:
            with autocast(self.compute):
                nll, tokens = likelihood.backward(self.generator, batch, p.likelihood_weight)
            noted["train_loss"] = torch.tensor(nll / tokens)
        noted["generator_gradient"] = self.players["generator"].update()
        self.discriminator.requires_grad_(True)
        return fake.tokens, fake.lengths


def build(setting: Setting, parameters: Parameters) -> tuple[Gumbel, Plan]:
    """Adversarial training that goes on from a generator trained by likelihood, against a fresh discriminator.

    Raises:
        ParameterError: there is no generator to go on from.
    """
    if "generator" not in setting.start:
        raise ParameterError(["train.method: gumbel needs a generator that pretrain.method has trained, not none"])
    p = parameters
    plan = Plan(
        title="adversarial",
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        warmup=p.warmup,
        ema=p.ema,
        patience=p.patience,
        keeps_start=False,
    )
    return Gumbel(setting, parameters), plan
