"""Noise-contrastive estimation of an energy, by which the generator's own answers are then resampled."""

import functools
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.sampler import Sampler
from promptgan.training.adversarial.discriminated import DiscriminatedTexts, plan
from promptgan.training.adversarial.discrimination import known
from promptgan.training.loop.method import Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.residual.parameters import Parameters
from promptgan.training.setting import Setting


class Residual(DiscriminatedTexts):
    """A generator p that stays as it is, and an energy E that learns what it lacks.

    The model is P(y|x), proportional to p(y|x) exp(-E(x, y)), a residual energy-based model (Deng et al., 2020,
    arXiv:2004.11714, equation 1). E is minus the discriminator's logit and learns by conditional noise-contrastive
    estimation (equation 2; Ma and Collins, 2018, arXiv:1809.01812): to tell real answers from the generator's own to
    the same prompts, of which there are as many. At the optimum the logit is the log ratio of the real to the
    generator's density, so that P is real. Real texts under the wrong prompt would be a second kind of noise, and the
    optimum the ratio to a mixture that nobody draws from; so there are none.

    What chooses the step is the same loss on validation pairs, with answers that were drawn to them once. Beside it
    stands what the score says of answers that are resampled as the model folder says.

    Args:
        setting: the generator, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("discriminator",)
    score, better = "nce_loss", "lower"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters, parameters.players.discriminator, wrong_prompts=False)
        self.setting, self.parameters = setting, parameters
        self.turns = parameters.players.discriminator.steps
        self.drawing = {"candidates": parameters.candidates, "chosen_by": "discriminator"}

    def step(self, k: int) -> dict[str, Value]:
        """The discriminator's steps, each on real pairs and an answer drawn to each of their prompts."""
        noted: dict[str, Tensor] = {}
        for turn in range(self.turns):
            batch = self.batches[k * self.turns + turn].to(self.device)
            noted |= self.discrimination.step(batch, *self.answers(batch))
        return dict(noted)

    @torch.no_grad()
    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """The loss of telling validation pairs from the generator's answers, and the score of resampled answers."""
        assert self.scored
        judge, total, right, count = cast("TextDiscriminator", networks["discriminator"]), 0.0, 0.0, 0
        for pairs in self.held_out:
            with autocast(self.compute):
                real, fake = (
                    judge(each.prompt, each.prompt_lengths, judge.embedding(each.text), each.text_lengths).float()
                    for each in pairs
                )
            total += self.objective.discriminator_loss(real, fake).item() * len(real)
            right += (real > fake).sum().item()
            count += len(real)
        return {"nce_loss": total / count, "accuracy_val": right / count, **self.scored(networks, self.drawing)}

    @functools.cached_property
    def held_out(self) -> list[tuple[Batch, Batch]]:
        """Batches of validation pairs, and the same prompts with an answer that the generator draws."""
        p, here = self.parameters, self.setting
        batches = known(here.val, p.batch, here.example.unk, here.seed)
        draw, found = Sampler(self.generator), []
        for k in range(min(batches.per_epoch, -(-p.validation_count // p.batch))):
            batch = batches[k].to(self.device)
            numbers = draw.random_numbers(here.seed + k, len(batch.prompt), self.max_tokens)
            with self.whole(self.generator):
                tokens, lengths = pad(draw(batch.prompt, batch.prompt_lengths, numbers), (self.eos,))
            found.append((batch, batch.answered(tokens.to(self.device), lengths.to(self.device))))
        return found


def build(setting: Setting, parameters: Parameters) -> tuple[Residual, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("residual energy", setting, parameters)
    return Residual(setting, parameters), chosen
