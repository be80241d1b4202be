"""Cooperative training: the generator learns, by likelihood, those of its own answers that seem real."""

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.texts import TextAdversary, shares_of
from promptgan.training.loop.run import Plan
from promptgan.training.methods.cooperative.parameters import Parameters
from promptgan.training.setting import Setting


class Cooperative(TextAdversary):
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

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters)
        self.p = parameters

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """Learn the candidates by their weights; the answers are the first candidate to each prompt."""
        candidates = self.p.candidates
        said = batch.answered(*self.answers(batch, candidates))
        weights = (self.p.sharpness * self.scores(said).view(-1, candidates)).softmax(1)
        noted = {"effective_candidates": (1 / weights.square().sum(1)).mean()}
        drawn = self.drawn(said)
        with autocast(self.compute):
            nll, tokens = likelihood.backward(self.generator, drawn, shares=shares_of(drawn, weights))
        noted["candidates_nll"] = torch.tensor(nll / tokens)
        noted |= self.update(real)
        return noted, (said.text[::candidates], said.text_lengths[::candidates])


def build(setting: Setting, parameters: Parameters) -> tuple[Cooperative, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("cooperative", setting, parameters, parameters.warmup)
    return Cooperative(setting, parameters), chosen
