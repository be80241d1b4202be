"""Cooperative training: the generator learns, by likelihood, those of its own answers that seem real."""

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
from promptgan.training.discrimination import Discrimination, Known, begins_with
from promptgan.training.guards import limits
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.cooperative.parameters import Parameters
from promptgan.training.setting import Setting


class Cooperative(Method):
    """A generator that moves towards its own distribution re-weighted by the discriminator.

    Each step draws k candidates to every prompt, weighs them by how real they seem, and maximises their weighted
    likelihood: a projection onto q(y|x), which is proportional to p(y|x) w(x, y) (Lamprier et al., 2022,
    arXiv:2201.12320, algorithm 1). No gradient passes through the discriminator or through sampling, so neither its
    slopes nor the variance of a reward matter. The paper weighs by the discriminator's probability D; here w is a
    power of the odds D / (1 - D), which for an ideal discriminator is the density ratio of real to drawn answers.
    Then the discriminator learns to tell real pairs from one of the candidates.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator",)
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.compute, self.device = parameters, setting.compute, setting.device
        self.scored, self.max_tokens, self.eos = setting.score, setting.example.max_tokens, setting.example.eos
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
            return dict(self.discrimination.step(batch, *self._answers(batch)))
        generators, discriminators = (self.p.players.generator.steps, self.p.players.discriminator.steps)
        turns = max(generators, discriminators)
        for turn in range(turns):
            batch = self.pairs.batch(self.p.warmup + k * turns + turn, self.device)
            fake = self._step_generator(batch, noted) if turn < generators else self._answers(batch)
            if turn < discriminators:
                noted.update(self.discrimination.step(batch, *fake))
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of answers to validation prompts."""
        assert self.scored
        return self.scored(networks)

    def _answers(self, batch: Batch, each: int = 1) -> tuple[Tensor, Tensor]:
        """Answers to the prompts of a batch, (N * each, T), and their lengths, ends counted."""
        self.generator.eval()
        uniforms = torch.rand(len(batch) * each, self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        self.generator.train()
        tokens, lengths = pad(texts, (self.eos,))
        return tokens.to(self.device), lengths.to(self.device)

    def _step_generator(self, batch: Batch, noted: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Learn the candidates by their weights; returns the first candidate to each prompt."""
        candidates = self.p.candidates
        prompt, lengths = (x.repeat_interleave(candidates, 0) for x in (batch.prompt, batch.prompt_lengths))
        drawn = Batch(prompt, lengths, *self._answers(batch, candidates))
        with torch.no_grad(), autocast(self.compute):
            scores = self.discrimination.scores(drawn, self.discriminator.embedding(drawn.text), drawn.text_lengths)
        weights = (self.p.sharpness * scores.view(-1, candidates)).softmax(1)
        noted["effective_candidates"] = (1 / weights.square().sum(1)).mean()
        weights = weights.flatten()
        # Of mean 1 over tokens, so that the learning rate means the same whatever the weights.
        shares = weights * drawn.text_lengths.sum() / (weights * drawn.text_lengths).sum()
        with autocast(self.compute):
            nll, tokens = likelihood.backward(self.generator, drawn, shares=shares)
            noted["candidates_nll"] = torch.tensor(nll / tokens)
            if self.p.likelihood_weight:
                nll, tokens = likelihood.backward(self.generator, batch, self.p.likelihood_weight)
                noted["train_loss"] = torch.tensor(nll / tokens)
        noted["generator_gradient"] = self.players["generator"].update()
        return drawn.text[::candidates], drawn.text_lengths[::candidates]


def build(setting: Setting, parameters: Parameters) -> tuple[Cooperative, Plan]:
    """Adversarial training that goes on from a generator trained by likelihood, against a fresh discriminator.

    Raises:
        ParameterError: there is no generator to go on from.
    """
    if "generator" not in setting.start:
        raise ParameterError(["train.method: cooperative needs a generator that pretrain.method has trained, not none"])
    p = parameters
    plan = Plan(
        title="cooperative",
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        warmup=p.warmup,
        ema=p.ema,
        patience=p.patience,
        keeps_start=False,
    )
    return Cooperative(setting, parameters), plan
