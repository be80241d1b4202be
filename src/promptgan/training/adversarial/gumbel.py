"""Alternating adversarial training of a text generator with straight-through Gumbel-softmax gradients."""

import copy
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from promptgan import base
from promptgan.compute import Compute, autocast
from promptgan.evaluation.metrics.ms_jaccard import ms_jaccard
from promptgan.models import likelihood
from promptgan.models.decoding import random_numbers, sample
from promptgan.models.discriminator import Discriminator
from promptgan.models.generator import Batch, TextGenerator
from promptgan.objectives.penalties import gradient_penalty, zero_centred_penalty
from promptgan.progress import Progress
from promptgan.training import live
from promptgan.training.checkpoint import Checkpoint, NonFiniteLoss, random_state, set_random_state
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


@dataclass(frozen=True)
class Outcome:
    """How an adversarial training ended; the networks hold the weights of the best validation."""

    history: list[dict[str, float]]
    """One row per validation; the row of step 0 is the twin."""
    ema: TextGenerator
    """The moving average of the generator at its best validation."""
    best: float
    """Its MS-Jaccard on validation."""
    best_step: int
    steps: int
    stopped: str
    """Why: `limit`, `patience`, or the guard that was crossed."""
    flops: float
    """Arithmetic of the phase, estimated."""


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
) -> Outcome:
    """Train ``generator`` and ``discriminator`` in place, from a likelihood-trained generator.

    Each step draws answers once: the generator learns through the discriminator's verdict on them, then the
    discriminator learns to tell real pairs from those answers and from real texts under the wrong prompt
    (Reed et al., 2016, arXiv:1605.05396, section 4.2).

    Raises:
        NonFiniteLoss: a loss is no longer finite.
    """
    p = parameters
    phase = Phase(generator, discriminator, train, p, objective, max_tokens, compute, seed)
    validation = Validation(val, p, generator, max_tokens, compute, seed)
    stopped = ""
    if saved := checkpoint.load():
        phase.load(saved["phase"])
        history, best, best_step, best_weights = (saved[k] for k in ("history", "best", "best_step", "best_weights"))
    else:
        history = [{"step": 0, **validation.measure(phase.average)}]
        live.begin(checkpoint.stage)
        live.publish(checkpoint.stage, history[0])
        best, best_step, best_weights = -math.inf, 0, {}

    with Progress("adversarial", p.warmup + p.steps, done=phase.step + p.warmup) as progress:
        while phase.step < p.steps and not stopped:
            phase.advance()
            progress.advance()
            if phase.step > 0 and (phase.step % p.validate_every == 0 or phase.step == p.steps):
                row = {**phase.means(), **validation.measure(phase.average)}
                history.append(row)
                live.publish(checkpoint.stage, row)
                stopped = _crossed(row, history[0], p.guards)
                if row["score"] > best and (
                    not stopped or not best_weights
                ):  # collapsed ones only if there is no other
                    best, best_step, best_weights = row["score"], phase.step, phase.weights()
                progress.say(f"score {row['score']:.4f} (best {best:.4f})")
                if not stopped and phase.step - best_step >= p.patience * p.validate_every:
                    stopped = "patience"
            if phase.step % p.checkpoint_every == 0 and not stopped:
                checkpoint.save(
                    {
                        "phase": phase.state(),
                        "history": history,
                        "best": best,
                        "best_step": best_step,
                        "best_weights": best_weights,
                    }
                )
    phase.load_weights(best_weights)
    return Outcome(history, phase.average, best, best_step, phase.step, stopped or "limit", phase.flops)


class Phase:
    """The networks, optimisers and counters of one adversarial training; ``step`` is negative while warming up."""

    def __init__(
        self,
        generator: TextGenerator,
        discriminator: Discriminator,
        train: Pairs,
        parameters: Parameters,
        objective: ModuleType,
        max_tokens: int,
        compute: Compute,
        seed: int,
    ) -> None:
        p = parameters
        self.p, self.objective, self.compute, self.seed = p, objective, compute, seed
        self.generator, self.discriminator, self.train, self.max_tokens = generator, discriminator, train, max_tokens
        self.ema = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(p.ema))  # type: ignore[no-untyped-call]
        self.generator_optimizer = torch.optim.AdamW(
            generator.parameters(), p.learning_rate, betas=(0.5, 0.98), weight_decay=0.0, fused=True
        )
        self.discriminator_optimizer = torch.optim.AdamW(
            discriminator.parameters(), p.discriminator_learning_rate, betas=(0.5, 0.98), weight_decay=0.01, fused=True
        )
        self.device = next(generator.parameters()).device
        self.step = -p.warmup
        self.accuracy = 0.5
        # 2 operations a weight and token forwards, 4 backwards (Kaplan et al., 2020, arXiv:2001.08361, section 2.1);
        # a penalty, which goes twice through the network, counts as 12.
        self.flops = 0.0
        self._weights = sum(w.numel() for w in generator.parameters())
        judges = discriminator.named_parameters()
        self._judge_weights = sum(w.numel() for name, w in judges if "embedding" not in name)
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        # No generator draws UNK, so a real text that holds one would give itself away.
        self._known = train.without(UNK)
        self._order: tuple[int, list[Any]] = (-1, [])

    def advance(self) -> int:
        """One step of both players, or of the discriminator alone while it warms up; returns the tokens drawn."""
        batch = self._next_batch()
        self.generator.train()
        self.discriminator.train()
        warming = self.step < 0
        if warming:
            tokens, lengths = self._draw(batch)
        else:
            tokens, lengths = self._step_generator(batch)
        self._step_discriminator(batch, tokens, lengths)
        self.step += 1
        return int(lengths.sum())

    def _draw(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.generator.eval()
        uniforms = torch.rand(len(batch), self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        tokens, lengths = (t.to(self.device) for t in pad(texts, (EOS,)))
        self.flops += 2 * self._weights * int(batch.prompt_lengths.sum() + lengths.sum())
        return tokens, lengths

    def _draw_relaxed(self, batch: Batch) -> RelaxedTexts:
        share = max(0, self.step) / max(1, self.p.steps - 1)
        temperature = self.p.gumbel_start * (self.p.gumbel_end / self.p.gumbel_start) ** share
        return relaxed_sample(
            self.generator,
            batch.prompt,
            batch.prompt_lengths,
            self.discriminator.embedding,
            temperature,
            self.max_tokens + 1,
        )

    def _step_generator(self, batch: Batch) -> tuple[Tensor, Tensor]:
        p = self.p
        asked, said = int(batch.prompt_lengths.sum()), int(batch.text_lengths.sum())
        self.discriminator.requires_grad_(False)
        with autocast(self.compute):
            fake = self._draw_relaxed(batch)
        drawn = int(fake.lengths.sum())
        self.flops += 2 * self._weights * (asked + drawn)
        acting = self.accuracy >= p.guards.accuracy_low
        self._note("generator_acts", torch.tensor(float(acting)))
        if acting:
            with autocast(self.compute):
                fake_logits = self._judge(batch, fake.embedded, fake.lengths)
                with torch.no_grad():
                    real_logits = self._judge(batch, self.discriminator.embedding(batch.text), batch.text_lengths)
            loss = self.objective.generator_loss(real_logits, fake_logits)
            self._note("generator_loss", loss)
            loss.backward()
            self.flops += 4 * self._weights * (asked + drawn) + 2 * self._judge_weights * (4 * asked + 3 * drawn + said)
        if p.likelihood_weight:
            with autocast(self.compute):
                nll, tokens = likelihood.backward(self.generator, batch, p.likelihood_weight)
            self._note("train_nll", torch.tensor(nll / tokens))
            self.flops += 6 * self._weights * (asked + said)
        norm = nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        self._note("generator_gradient", norm)
        self.generator_optimizer.step()
        self.generator_optimizer.zero_grad()
        self.ema.update_parameters(self.generator)
        self.discriminator.requires_grad_(True)
        return fake.tokens, fake.lengths

    def _step_discriminator(self, batch: Batch, tokens: Tensor, lengths: Tensor) -> None:
        # Neighbours in a batch have like lengths, so a text under its neighbour's prompt is not given away by its own.
        wrong = Batch(batch.prompt, batch.prompt_lengths, batch.text.roll(1, 0), batch.text_lengths.roll(1, 0))
        embed = self.discriminator.embedding
        with autocast(self.compute):
            real_logits = self._judge(batch, embed(batch.text), batch.text_lengths)
            fake_logits = self._judge(batch, embed(tokens), lengths)
            wrong_logits = self._judge(wrong, embed(wrong.text), wrong.text_lengths)
        asked, said, drawn = (int(n.sum()) for n in (batch.prompt_lengths, batch.text_lengths, lengths))
        self.flops += 2 * self._judge_weights * (3 * asked + 2 * said + drawn)
        loss = self.objective.discriminator_loss(real_logits, fake_logits)
        # A neighbour that says the very same is no wrong answer.
        differs = (wrong.text != batch.text).any(1)
        if differs.any():
            loss = (loss + self.objective.discriminator_loss(real_logits[differs], wrong_logits[differs])) / 2
            self._note("accuracy_wrong_prompt", (real_logits > wrong_logits)[differs].float().mean())
        self._note("discriminator_loss", loss)
        # Whether the real one of a pair scores higher: has a meaning for every objective, logits or critic.
        accuracy = (real_logits > fake_logits).float().mean()
        self._note("accuracy", accuracy)
        acting = self.step < 0 or self.accuracy <= self.p.guards.accuracy_high
        self._note("discriminator_acts", torch.tensor(float(acting)))
        self.accuracy += 0.05 * (accuracy.item() - self.accuracy)
        if not acting:
            return
        if self.p.penalty != "none":
            penalty = self._penalty(batch, tokens, lengths)
            self._note("penalty", penalty)
            loss = loss + self.p.penalty_weight * penalty
            self.flops += 12 * self._judge_weights * (asked + max(said, drawn))
        loss.backward()
        self.flops += 4 * self._judge_weights * (3 * asked + 2 * said + drawn)
        nn.utils.clip_grad_norm_(self.discriminator.parameters(), 1.0)
        self.discriminator_optimizer.step()
        self.discriminator_optimizer.zero_grad()

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

    def _next_batch(self) -> Batch:
        per_epoch = math.ceil(len(self._known) / self.p.batch)
        epoch, index = divmod(self.step + self.p.warmup, per_epoch)
        if epoch != self._order[0]:
            self._order = (epoch, batch_order(self.train.lengths[self._known], self.p.batch, self.seed, epoch))
        return self.train.batch(self._known[self._order[1][index]]).to(self.device)

    def _note(self, name: str, value: Tensor) -> None:
        number = float(value.detach())
        if not math.isfinite(number):
            raise NonFiniteLoss(
                f"{name} is {number} at adversarial step {self.step}; the checkpoint before it is kept",
                "lower train.learning_rate or train.discriminator_learning_rate, or set compute.precision to float32",
            )
        self.sums[name] = self.sums.get(name, 0.0) + number
        self.counts[name] = self.counts.get(name, 0) + 1

    @property
    def average(self) -> TextGenerator:
        """The moving average of the generator."""
        return cast("TextGenerator", self.ema.module)

    def means(self) -> dict[str, float]:
        """The step, and the means of what was noted since the last call."""
        means = {"step": self.step, **{name: self.sums[name] / self.counts[name] for name in sorted(self.sums)}}
        self.sums, self.counts = {}, {}
        return means

    def weights(self) -> dict[str, dict[str, Tensor]]:
        """Copies of the three networks' weights."""
        networks = {"generator": self.generator, "ema": self.ema.module, "discriminator": self.discriminator}
        return {name: copy.deepcopy(network.state_dict()) for name, network in networks.items()}

    def load_weights(self, weights: dict[str, dict[str, Tensor]]) -> None:
        """Put back what `weights` returned."""
        self.generator.load_state_dict(weights["generator"])
        self.ema.module.load_state_dict(weights["ema"])
        self.discriminator.load_state_dict(weights["discriminator"])

    _COUNTERS = ("step", "accuracy", "flops", "sums", "counts")
    _OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "ema": self.ema.state_dict(),
            "random": random_state(),
            **{name: getattr(self, name).state_dict() for name in self._OPTIMIZERS},
            **{name: getattr(self, name) for name in self._COUNTERS},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Put back what `state` returned."""
        for name in ("generator", "discriminator", "ema", *self._OPTIMIZERS):
            getattr(self, name).load_state_dict(state[name])
        for name in self._COUNTERS:
            setattr(self, name, state[name])
        set_random_state(state["random"])


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


def _crossed(row: dict[str, float], twin: dict[str, float], guards: Guards) -> str:
    if row["entropy"] < guards.entropy_floor * twin["entropy"]:
        return "entropy"
    if row["duplicates"] > twin["duplicates"] + guards.duplicates_limit:
        return "duplicates"
    if row["kl"] > guards.kl_limit:
        return "kl"
    return ""
