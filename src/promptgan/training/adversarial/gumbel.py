"""Alternating adversarial training of a text generator with straight-through Gumbel-softmax gradients."""

import copy
import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from promptgan import base
from promptgan.compute import Compute, autocast
from promptgan.evaluation.metrics.ms_jaccard import ms_jaccard
from promptgan.models import likelihood
from promptgan.models.decoding import random_numbers, sample
from promptgan.models.discriminator import Discriminator
from promptgan.models.generator import Batch, TextGenerator
from promptgan.objectives.penalties import gradient_penalty, zero_centred_penalty
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Limit, Method, Numbers, Player, Row, Value
from promptgan.training.loop.run import Outcome, Plan, run
from promptgan.training.pairs import Pairs, batch_order, in_order, pad
from promptgan.training.relaxed import RelaxedTexts, relaxed_sample
from promptgan.vocabulary import EOS, PAD, UNK


class Guards(base.Parameters):
    """What holds training back, and what stops it. Collapse is measured from the twin, since some data is uniform."""

    accuracy_low: float = Field(ge=0, le=1)
    """Below this discriminator accuracy (a running mean), the generator's adversarial gradient waits."""
    accuracy_high: float = Field(ge=0, le=1)
    """Above it, the discriminator waits."""
    entropy_floor: float = Field(ge=0, le=1)
    """Share of the twin's entropy per token under which the generator has collapsed, and training stops."""
    duplicates_limit: float = Field(ge=0, le=1)
    """How much the share of validation answers that repeat another one may exceed the twin's before training stops."""
    kl_limit: float = Field(gt=0)
    """Nats per token between generator and twin, above which training stops."""


class Parameters(base.Parameters):
    """The `train` section for `method: gumbel`."""

    method: Literal["gumbel"]
    objective: str
    """A file in `promptgan.objectives.adversarial`."""
    penalty: Literal["none", "gradient", "zero_centred"]
    """On the slope of the discriminator; see `promptgan.objectives.penalties`."""
    penalty_weight: float = Field(ge=0)
    steps: int = Field(ge=1)
    """Generator steps, at most."""
    warmup: int = Field(ge=0)
    """Discriminator steps against the twin before the first generator step."""
    batch: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    discriminator_learning_rate: float = Field(gt=0)
    gumbel_start: float = Field(gt=0)
    """Relaxation temperature at the first step; it falls geometrically to that of the last."""
    gumbel_end: float = Field(gt=0)
    likelihood_weight: float = Field(ge=0)
    """Of a likelihood gradient added to each generator step; 0 leaves it out."""
    ema: float = Field(ge=0, lt=1)
    """Decay of the moving average of the generator's weights, which is what is validated and used."""
    validate_every: int = Field(ge=1)
    validation_prompts: int = Field(ge=10)
    patience: int = Field(ge=1)
    """Validations in a row without a better score after which training stops."""
    checkpoint_every: int = Field(ge=1)
    guards: Guards


class Gumbel(Method):
    """A generator and a discriminator that learn from one another.

    Each step draws answers once: the generator learns through the discriminator's verdict on them, then the
    discriminator learns to tell real pairs from those answers and from real texts under the wrong prompt
    (Reed et al., 2016, arXiv:1605.05396, section 4.2). Warming up, the discriminator learns alone.

    Args:
        generator, discriminator: trained in place; the generator is trained by likelihood already.
        train, val: pairs.
        parameters: the `train` section.
        objective: a module of `promptgan.objectives.adversarial`.
        max_tokens: of an answer.
        compute: precision.
        seed: of the order of the pairs and of the answers to validation prompts.
    """

    averaged = ("generator",)
    remedy = "lower train.learning_rate or train.discriminator_learning_rate, or set compute.precision to float32"

    def __init__(
        self,
        generator: TextGenerator,
        discriminator: Discriminator,
        train: Pairs,
        val: Pairs,
        parameters: Parameters,
        objective: ModuleType,
        max_tokens: int,
        compute: Compute,
        seed: int,
    ) -> None:
        p = parameters
        self.p, self.objective, self.compute, self.seed = p, objective, compute, seed
        self.generator, self.discriminator, self.train, self.max_tokens = generator, discriminator, train, max_tokens
        self.device = next(generator.parameters()).device
        self.validation = Validation(val, p, generator, max_tokens, compute, seed)
        betas = (0.5, 0.98)
        self.players = {
            name: Player(
                name,
                network,
                torch.optim.AdamW(network.parameters(), rate, betas=betas, weight_decay=decay, fused=True),
                clip=1.0,
            )
            for name, network, rate, decay in (
                ("generator", generator, p.learning_rate, 0.0),
                ("discriminator", discriminator, p.discriminator_learning_rate, 0.01),
            )
        }
        # 2 operations a weight and token forwards, 4 backwards (Kaplan et al., 2020, arXiv:2001.08361, section 2.1);
        # a penalty, which goes twice through the network, counts as 12.
        self.numbers = Numbers(accuracy=0.5, flops=0.0)
        self._weights = sum(w.numel() for w in generator.parameters())
        judges = discriminator.named_parameters()
        self._judge_weights = sum(w.numel() for name, w in judges if "embedding" not in name)
        self.state = {
            **{name: player.network for name, player in self.players.items()},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "numbers": self.numbers,
        }
        self.limits = limits(p.guards)
        # No generator draws UNK, so a real text that holds one would give itself away.
        self._known = train.without(UNK)
        self._order: tuple[int, list[Any]] = (-1, [])

    def step(self, k: int) -> dict[str, Value]:
        """One step of both players, or of the discriminator alone while it warms up."""
        batch = self._next_batch(k)
        noted: dict[str, Tensor] = {}
        if k < 0:
            tokens, lengths = self._draw(batch)
        else:
            tokens, lengths = self._step_generator(batch, k, noted)
        self._step_discriminator(batch, tokens, lengths, k, noted)
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """Answers to validation prompts, measured."""
        return self.validation.measure(cast("TextGenerator", networks["generator"]))

    def _draw(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.generator.eval()
        uniforms = torch.rand(len(batch), self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        tokens, lengths = (t.to(self.device) for t in pad(texts, (EOS,)))
        self.numbers["flops"] += 2 * self._weights * int(batch.prompt_lengths.sum() + lengths.sum())
        return tokens, lengths

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
        p = self.p
        asked, said = int(batch.prompt_lengths.sum()), int(batch.text_lengths.sum())
        self.discriminator.requires_grad_(False)
        with autocast(self.compute):
            fake = self._draw_relaxed(batch, k)
        drawn = int(fake.lengths.sum())
        self.numbers["flops"] += 2 * self._weights * (asked + drawn)
        acting = self.numbers["accuracy"] >= p.guards.accuracy_low
        noted["generator_acts"] = torch.tensor(float(acting))
        if acting:
            with autocast(self.compute):
                fake_logits = self._judge(batch, fake.embedded, fake.lengths)
                with torch.no_grad():
                    real_logits = self._judge(batch, self.discriminator.embedding(batch.text), batch.text_lengths)
            loss = self.objective.generator_loss(real_logits, fake_logits)
            noted["generator_loss"] = loss
            loss.backward()
            read = 4 * asked + 3 * drawn + said
            self.numbers["flops"] += 4 * self._weights * (asked + drawn) + 2 * self._judge_weights * read
        if p.likelihood_weight:
            with autocast(self.compute):
                nll, tokens = likelihood.backward(self.generator, batch, p.likelihood_weight)
            noted["train_nll"] = torch.tensor(nll / tokens)
            self.numbers["flops"] += 6 * self._weights * (asked + said)
        noted["generator_gradient"] = self.players["generator"].update()
        self.discriminator.requires_grad_(True)
        return fake.tokens, fake.lengths

    def _step_discriminator(
        self, batch: Batch, tokens: Tensor, lengths: Tensor, k: int, noted: dict[str, Tensor]
    ) -> None:
        # Neighbours in a batch have like lengths, so a text under its neighbour's prompt is not given away by its own.
        wrong = Batch(batch.prompt, batch.prompt_lengths, batch.text.roll(1, 0), batch.text_lengths.roll(1, 0))
        embed = self.discriminator.embedding
        with autocast(self.compute):
            real_logits = self._judge(batch, embed(batch.text), batch.text_lengths)
            fake_logits = self._judge(batch, embed(tokens), lengths)
            wrong_logits = self._judge(wrong, embed(wrong.text), wrong.text_lengths)
        asked, said, drawn = (int(n.sum()) for n in (batch.prompt_lengths, batch.text_lengths, lengths))
        self.numbers["flops"] += 2 * self._judge_weights * (3 * asked + 2 * said + drawn)
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
        acting = k < 0 or self.numbers["accuracy"] <= self.p.guards.accuracy_high
        noted["discriminator_acts"] = torch.tensor(float(acting))
        self.numbers["accuracy"] += 0.05 * (accuracy.item() - self.numbers["accuracy"])
        if not acting:
            return
        if self.p.penalty != "none":
            penalty = self._penalty(batch, tokens, lengths)
            noted["penalty"] = penalty
            loss = loss + self.p.penalty_weight * penalty
            self.numbers["flops"] += 12 * self._judge_weights * (asked + max(said, drawn))
        loss.backward()
        self.numbers["flops"] += 4 * self._judge_weights * (3 * asked + 2 * said + drawn)
        self.players["discriminator"].update()

    def _penalty(self, batch: Batch, tokens: Tensor, lengths: Tensor) -> Tensor:
        embed = self.discriminator.embedding
        if self.p.penalty == "zero_centred":
            return zero_centred_penalty(lambda x: self._judge(batch, x, batch.text_lengths), embed(batch.text))
        width = max(batch.text.shape[1], tokens.shape[1])
        real, drawn = (  # zero beyond the end of each
            nn.functional.pad(embed(ids) * (ids != PAD)[..., None], (0, 0, 0, width - ids.shape[1]))
            for ids in (batch.text, tokens)
        )
        longer = torch.maximum(batch.text_lengths, lengths)
        mixing = torch.rand(len(batch), device=self.device)
        return gradient_penalty(lambda x: self._judge(batch, x, longer), real, drawn, mixing)

    def _judge(self, batch: Batch, embedded: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(batch.prompt, batch.prompt_lengths, embedded, lengths)
        return logits.float()

    def _next_batch(self, k: int) -> Batch:
        per_epoch = math.ceil(len(self._known) / self.p.batch)
        epoch, index = divmod(k + self.p.warmup, per_epoch)
        if epoch != self._order[0]:
            self._order = (epoch, batch_order(self.train.lengths[self._known], self.p.batch, self.seed, epoch))
        return self.train.batch(self._known[self._order[1][index]]).to(self.device)


class Validation:
    """Answers the same validation prompts with the same random numbers each time, and measures the answers."""

    def __init__(
        self, val: Pairs, parameters: Parameters, twin: TextGenerator, max_tokens: int, compute: Compute, seed: int
    ) -> None:
        self.val, self.compute = val, compute
        self.twin = copy.deepcopy(twin).eval()
        self.count = min(parameters.validation_prompts, len(val))
        self.device = next(twin.parameters()).device
        self.uniforms = random_numbers(seed, self.count, max_tokens)
        self.prompts = list(in_order(val, 256, self.count))
        self.real = [
            row.tolist()[:n] for b in self.prompts for row, n in zip(b.text, b.text_lengths.tolist(), strict=True)
        ]

    @torch.no_grad()
    def measure(self, generator: TextGenerator) -> dict[str, float]:
        """Score, entropy and KL to the twin in nats per token, share of duplicates, mean length, NLL of real ones."""
        generator.eval()
        answers: list[list[int]] = []
        totals = {"entropy": 0.0, "cross": 0.0, "real": 0.0}
        drawn = said = 0
        with autocast(self.compute):
            for batch in self.prompts:
                batch = batch.to(self.device)
                uniforms = self.uniforms[len(answers) : len(answers) + len(batch)].to(self.device)
                texts = sample(generator, batch.prompt, batch.prompt_lengths, uniforms)
                answers += [[*text, EOS] for text in texts]
                ids, lengths = (t.to(self.device) for t in pad(texts, (EOS,)))
                lengths = lengths.clamp_max(uniforms.shape[1])  # the end of a text that was cut was not drawn
                answered = Batch(batch.prompt, batch.prompt_lengths, ids, lengths)
                own, count = likelihood.nll(generator, answered)
                totals["entropy"] += own.item()
                totals["cross"] += likelihood.nll(self.twin, answered)[0].item()
                real, real_count = likelihood.nll(generator, batch)
                totals["real"] += real.item()
                drawn, said = drawn + count, said + real_count
        return {
            "score": ms_jaccard(answers, self.real, 4),
            "entropy": totals["entropy"] / drawn,
            "kl": (totals["cross"] - totals["entropy"]) / drawn,
            "duplicates": 1 - len(set(map(tuple, answers))) / len(answers),
            "length": sum(map(len, answers)) / len(answers),
            "val_nll": totals["real"] / said,
        }


def limits(guards: Guards) -> tuple[Limit, ...]:
    """What stops training, in the order in which it is asked."""
    return (
        Limit("entropy", lambda row, twin: row["entropy"] < guards.entropy_floor * twin["entropy"]),
        Limit("duplicates", lambda row, twin: row["duplicates"] > twin["duplicates"] + guards.duplicates_limit),
        Limit("kl", lambda row, twin: row["kl"] > guards.kl_limit),
    )


def fit(
    generator: TextGenerator,
    discriminator: Discriminator,
    train: Pairs,
    val: Pairs,
    parameters: Parameters,
    objective: ModuleType,
    max_tokens: int,
    compute: Compute,
    seed: int,
    checkpoint: Checkpoint,
) -> tuple[Outcome, float]:
    """Train ``generator`` and ``discriminator`` in place, as `Gumbel` does; returns the outcome and the operations.

    Raises:
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    p = parameters
    method = Gumbel(generator, discriminator, train, val, p, objective, max_tokens, compute, seed)
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
    outcome = run(method, plan, checkpoint)
    return outcome, method.numbers["flops"]
