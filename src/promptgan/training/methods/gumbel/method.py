"""Alternating adversarial training of a text generator with straight-through Gumbel-softmax gradients."""

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.relaxed import RelaxedTexts, relaxed_sample
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.texts import TextAdversary
from promptgan.training.loop.run import Plan
from promptgan.training.methods.gumbel.parameters import Parameters
from promptgan.training.setting import Setting


class Gumbel(TextAdversary):
    """The generator learns through the discriminator's verdict on relaxed answers, which are then told from real ones.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters)
        self.p = parameters

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step through the discriminator, unless it is too weak to learn from."""
        self.discriminator.requires_grad_(False)
        with self.as_drawn():
            fake = self._draw_relaxed(batch, k)
        acting = self.discrimination.numbers["accuracy"] >= self.p.waiting.generator_below
        noted = {"generator_acts": torch.tensor(float(acting))}
        if acting:
            with autocast(self.compute):
                fake_logits = self.discrimination.scores(batch, fake.embedded, fake.lengths)
            with torch.no_grad():
                real_logits = self.discrimination.judged(batch) if self.objective.RELATIVE else None
            loss = self.objective.generator_loss(real_logits, fake_logits)
            noted["generator_loss"] = loss
            loss.backward()
        noted |= self.update(real)
        self.discriminator.requires_grad_(True)
        return noted, (fake.tokens, fake.lengths)

    def judge(self, batch: Batch, answers: Answers) -> dict[str, Tensor]:
        """One step of the discriminator, unless it is too strong to be learnt from."""
        acts = self.discrimination.numbers["accuracy"] <= self.p.waiting.discriminator_above
        return self.discrimination.step(batch, *answers, acts)

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


def build(setting: Setting, parameters: Parameters) -> tuple[Gumbel, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("adversarial", setting, parameters, parameters.warmup)
    return Gumbel(setting, parameters), chosen
