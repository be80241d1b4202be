"""Alternating adversarial training of a text generator with straight-through Gumbel-softmax gradients."""

import math
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
from promptgan.forms.tokens.pairs import batch_order, pad
from promptgan.forms.tokens.relaxed import RelaxedTexts, relaxed_sample
from promptgan.forms.tokens.vocabulary import EOS, PAD, UNK
from promptgan.training.loop.method import Limit, Method, Numbers, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.gumbel.parameters import Guards, Parameters
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
        self.p, self.compute, self.seed, self.device = parameters, setting.compute, setting.seed, setting.device
        self.objective, self.penalty, self.scored = setting.objective, setting.penalty, setting.score
        self.train, self.max_tokens = setting.train, setting.example.max_tokens
        self.generator = cast("TextGenerator", setting.network("generator"))
        self.discriminator = cast("TextDiscriminator", setting.network("discriminator"))
        known, table = self.generator.embedding.weight, self.discriminator.embedding.weight
        if known.shape == table.shape and "discriminator" not in setting.start:
            table.data.copy_(known.detach())
        self.players = {
            "generator": parameters.players.generator.player("generator", self.generator),
            "discriminator": parameters.players.discriminator.player("discriminator", self.discriminator),
        }
        self.numbers = Numbers(accuracy=0.5)
        self.state = {
            **{name: player.network for name, player in self.players.items()},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "numbers": self.numbers,
        }
        self.limits = limits(parameters.guards)
        # No generator draws UNK, so a real text that holds one would give itself away.
        self._known = self.train.without(UNK)
        self._order: tuple[int, list[Any]] = (-1, [])

    def step(self, k: int) -> dict[str, Value]:
        """Each player's steps, in turn, or one of the discriminator alone while it warms up."""
        noted: dict[str, Tensor] = {}
        if k < 0:
            batch = self._next_batch(k + self.p.warmup)
            self._step_discriminator(batch, *self._draw(batch), True, noted)
            return dict(noted)
        generators, discriminators = (self.p.players.generator.steps, self.p.players.discriminator.steps)
        turns = max(generators, discriminators)
        for turn in range(turns):
            batch = self._next_batch(self.p.warmup + k * turns + turn)
            fake = self._step_generator(batch, k, noted) if turn < generators else self._draw(batch)
            if turn < discriminators:
                acts = self.numbers["accuracy"] <= self.p.waiting.discriminator_above
                self._step_discriminator(batch, *fake, acts, noted)
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
        tokens, lengths = pad(texts, (EOS,))
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
        acting = self.numbers["accuracy"] >= p.waiting.generator_below
        noted["generator_acts"] = torch.tensor(float(acting))
        if acting:
            with autocast(self.compute):
                fake_logits = self._scores(batch, fake.embedded, fake.lengths)
                with torch.no_grad():
                    real_logits = self._scores(batch, self.discriminator.embedding(batch.text), batch.text_lengths)
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

    def _step_discriminator(
        self, batch: Batch, tokens: Tensor, lengths: Tensor, acts: bool, noted: dict[str, Tensor]
    ) -> None:
        assert self.objective
        # Neighbours in a batch have like lengths, so a text under its neighbour's prompt is not given away by its own.
        wrong = Batch(batch.prompt, batch.prompt_lengths, batch.text.roll(1, 0), batch.text_lengths.roll(1, 0))
        embed = self.discriminator.embedding
        with autocast(self.compute):
            real_logits = self._scores(batch, embed(batch.text), batch.text_lengths)
            fake_logits = self._scores(batch, embed(tokens), lengths)
            wrong_logits = self._scores(wrong, embed(wrong.text), wrong.text_lengths)
        loss = self.objective.discriminator_loss(real_logits, fake_logits)
        # A neighbour that says the very same is no wrong answer.
        differs = (wrong.text != batch.text).any(1)
        if differs.any():
            loss = (loss + self.objective.discriminator_loss(real_logits[differs], wrong_logits[differs])) / 2
            noted["accuracy_wrong_prompt"] = (real_logits > wrong_logits)[differs].float().mean()
        noted["discriminator_loss"] = loss
        # Whether the real one of a pair scores higher: has a meaning for every objective, logits or critic.
        accuracy = (real_logits > fake_logits).float().mean()
        noted["accuracy"] = accuracy
        noted["discriminator_acts"] = torch.tensor(float(acts))
        self.numbers["accuracy"] += 0.05 * (accuracy.item() - self.numbers["accuracy"])
        if not acts:
            return
        if self.p.penalty != "none":
            penalty = self._penalty(batch, tokens, lengths)
            noted["penalty"] = penalty
            loss = loss + self.p.penalty_weight * penalty
        loss.backward()
        self.players["discriminator"].update()

    def _penalty(self, batch: Batch, tokens: Tensor, lengths: Tensor) -> Tensor:
        assert self.penalty
        embed = self.discriminator.embedding
        if self.penalty.AT == "real":
            return cast(
                "Tensor",
                self.penalty.penalty(lambda x: self._scores(batch, x, batch.text_lengths), embed(batch.text)),
            )
        width = max(batch.text.shape[1], tokens.shape[1])
        real, drawn = (  # zero beyond the end of each
            nn.functional.pad(embed(ids) * (ids != PAD)[..., None], (0, 0, 0, width - ids.shape[1]))
            for ids in (batch.text, tokens)
        )
        longer = torch.maximum(batch.text_lengths, lengths)
        mixing = torch.rand(len(batch), device=self.device)
        return cast("Tensor", self.penalty.penalty(lambda x: self._scores(batch, x, longer), real, drawn, mixing))

    def _scores(self, batch: Batch, embedded: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(batch.prompt, batch.prompt_lengths, embedded, lengths)
        return logits.float()

    def _next_batch(self, number: int) -> Batch:
        per_epoch = math.ceil(len(self._known) / self.p.batch)
        epoch, index = divmod(number, per_epoch)
        if epoch != self._order[0]:
            self._order = (epoch, batch_order(self.train.lengths[self._known], self.p.batch, self.seed, epoch))
        batch: Batch = self.train.batch(self._known[self._order[1][index]])
        return batch.to(self.device)


def limits(guards: Guards) -> tuple[Limit, ...]:
    """What stops training, in the order in which it is asked."""
    return (
        Limit("entropy", lambda row, twin: row["entropy"] < guards.entropy_floor * twin["entropy"]),
        Limit("duplicates", lambda row, twin: row["duplicates"] > twin["duplicates"] + guards.duplicates_limit),
        Limit("kl", lambda row, twin: row["kl"] > guards.kl_limit),
    )


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
