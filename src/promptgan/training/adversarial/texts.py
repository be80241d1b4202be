"""What every adversarial method of texts does: two players in turn, on the same prompts."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import pad
from promptgan.training.adversarial.discrimination import Discrimination, Known
from promptgan.training.adversarial.guards import limits
from promptgan.training.adversarial.parameters import TextParameters
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.setting import Setting

Answers = tuple[Tensor, Tensor]
"""Token ids (N, T), ends counted, and their lengths (N,)."""


class TextAdversary(Method):
    """A generator of texts and a discriminator that learn from one another.

    In each unit of work every player takes its own number of steps, in turn: the generator on a batch of prompts, then
    the discriminator on the same prompts and the answers that were drawn to them. Warming up, the discriminator learns
    alone. A method defines `learn`, one step of the generator.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    discriminates: type[Discrimination] = Discrimination
    """How the discriminator learns."""
    averaged = ("generator",)
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: TextParameters) -> None:
        assert setting.objective
        self.shared, self.compute, self.device = parameters, setting.compute, setting.device
        self.objective, self.scored = setting.objective, setting.score
        self.max_tokens, self.eos = setting.example.max_tokens, setting.example.eos
        self.generator = cast("TextGenerator", setting.network("generator"))
        self.discriminator = cast("TextDiscriminator", setting.network("discriminator"))
        if "discriminator" not in setting.start:
            _begin_as(self.generator.embedding, self.discriminator.embedding)
        self.players = {
            "generator": parameters.players.generator.player("generator", self.generator),
            "discriminator": parameters.players.discriminator.player("discriminator", self.discriminator),
        }
        self.discrimination = self.discriminates(
            self.discriminator,
            self.players["discriminator"],
            setting.objective,
            setting.penalty if parameters.penalty != "none" else None,
            parameters.penalty_weight,
            setting.compute,
        )
        self.state: dict[str, Any] = {
            **{name: player.network for name, player in self.players.items()},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "numbers": self.discrimination.numbers,
        }
        self.limits = limits(parameters.guards)
        self.pairs = Known(setting.train, parameters.batch, setting.example.unk, setting.seed)

    def learn(self, batch: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step of the generator; returns what is to be reported, and an answer to each prompt of the batch."""
        raise NotImplementedError

    def judge(self, batch: Batch, answers: Answers) -> dict[str, Tensor]:
        """One step of the discriminator; returns what is to be reported."""
        return self.discrimination.step(batch, *answers)

    def step(self, k: int) -> dict[str, Value]:
        """Each player's steps, in turn, or one of the discriminator alone while it warms up."""
        p = self.shared
        if k < 0:
            batch = self.pairs.batch(k + p.warmup, self.device)
            return dict(self.discrimination.step(batch, *self.answers(batch)))
        noted: dict[str, Tensor] = {}
        generators, discriminators = p.players.generator.steps, p.players.discriminator.steps
        turns = max(generators, discriminators)
        for turn in range(turns):
            batch = self.pairs.batch(p.warmup + k * turns + turn, self.device)
            if turn < generators:
                said, answers = self.learn(batch, k)
                noted |= said
            else:
                answers = self.answers(batch)
            if turn < discriminators:
                noted |= self.judge(batch, answers)
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of answers to validation prompts."""
        assert self.scored
        return self.scored(networks)

    def answers(self, batch: Batch, each: int = 1) -> Answers:
        """Draw ``each`` answers to every prompt of a batch, those of a prompt one after the other."""
        self.generator.eval()
        uniforms = torch.rand(len(batch) * each, self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        self.generator.train()
        tokens, lengths = pad(texts, (self.eos,))
        return tokens.to(self.device), lengths.to(self.device)

    @torch.no_grad()
    def scores(self, batch: Batch) -> Tensor:
        """The discriminator's logits (N * k,) of the texts of a batch, without a gradient."""
        batch = batch.paired()
        with autocast(self.compute):
            return self.discrimination.scores(batch, self.discriminator.embedding(batch.text), batch.text_lengths)

    def update(self, batch: Batch) -> dict[str, Tensor]:
        """Add the likelihood gradient of the real texts, where there is one, and let the generator take its step."""
        noted = {}
        if self.shared.likelihood_weight:
            with autocast(self.compute):
                nll, tokens = likelihood.backward(self.generator, batch, self.shared.likelihood_weight)
            noted["train_loss"] = torch.tensor(nll / tokens)
        noted["generator_gradient"] = self.players["generator"].update()
        return noted


def plan(title: str, setting: Setting, parameters: TextParameters) -> Plan:
    """Adversarial training that goes on from a generator trained by likelihood, against a fresh discriminator.

    Raises:
        ParameterError: there is no generator to go on from.
    """
    p = parameters
    if "generator" not in setting.start:
        raise ParameterError([f"train.method: {p.method} needs a generator that pretrain.method has trained, not none"])
    return Plan(
        title=title,
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        warmup=p.warmup,
        ema=p.ema,
        patience=p.patience,
        keeps_start=False,
    )


def _begin_as(known: nn.Embedding, fresh: nn.Embedding) -> None:
    """Where they are of one size."""
    if known.weight.shape == fresh.weight.shape:
        fresh.weight.data.copy_(known.weight.detach())
