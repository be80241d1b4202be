"""What every adversarial method of texts does: two players in turn, on the same prompts."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Batches
from promptgan.training.adversarial.discriminated import Answers, DiscriminatedTexts
from promptgan.training.adversarial.guards import limits
from promptgan.training.adversarial.parameters import TextParameters
from promptgan.training.loop.method import Value
from promptgan.training.setting import Setting


class TextAdversary(DiscriminatedTexts):
    """A generator of texts and a discriminator that learn from one another.

    In each unit of work every player takes its own number of steps, in turn: the generator on a batch of prompts, then
    the discriminator on the same prompts and the answers that were drawn to them. Warming up, the discriminator learns
    alone. A method defines `learn`, one step of the generator.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator",)

    def __init__(self, setting: Setting, parameters: TextParameters) -> None:
        super().__init__(setting, parameters, parameters.players.discriminator)
        self.shared = parameters
        self.player = parameters.players.generator.player("generator", self.generator)
        self.state |= {"generator_optimizer": self.player.optimizer}
        self.limits = limits(parameters.guards)
        self.all_pairs = Batches(setting.train, parameters.batch, setting.seed, onward=True)

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step of the generator.

        Args:
            batch: pairs that the discriminator may see, with no UNK among their texts.
            real: those whose likelihood is learnt beside, all texts as by the twin; where none holds UNK, the same.
            k: number of the step.

        Returns:
            What is to be reported, and an answer to each prompt of ``batch``.
        """
        raise NotImplementedError

    def drawn(self, batch: Batch) -> Batch:
        """The answers of a batch without the ends of those that were cut, which were not drawn."""
        return batch.answered(batch.text, batch.text_lengths.clamp_max(self.max_tokens))

    @contextmanager
    def as_drawn(self) -> Iterator[None]:
        """Call the generator for its own answers, or their log-probabilities, and a gradient: dropout would make them
        another one's.

        A score function is of the distribution that is drawn from, and of no other (Williams, 1992).
        """
        # The recurrent kernels of cuDNN have no gradient where nothing is dropped out.
        with self.whole(self.generator), torch.backends.cudnn.flags(enabled=False):
            yield

    def judge(self, batch: Batch, answers: Answers) -> dict[str, Tensor]:
        """One step of the discriminator; returns what is to be reported."""
        return self.discrimination.step(batch, *answers)

    def step(self, k: int) -> dict[str, Value]:
        """Each player's steps, in turn, or one of the discriminator alone while it warms up."""
        p = self.shared
        if k < 0:
            batch = self.batches[k + p.warmup].to(self.device)
            return dict(self.discrimination.step(batch, *self.answers(batch)))
        noted: dict[str, Tensor] = {}
        generators, discriminators = p.players.generator.steps, p.players.discriminator.steps
        turns = max(generators, discriminators)
        for turn in range(turns):
            place = p.warmup + k * turns + turn
            batch = self.batches[place].to(self.device)
            if turn < generators:
                said, answers = self.learn(batch, self.all_pairs[place].to(self.device), k)
                noted |= said
            else:
                answers = self.answers(batch)
            if turn < discriminators:
                noted |= self.judge(batch, answers)
        return dict(noted)

    def update(self, real: Batch) -> dict[str, Tensor]:
        """Add the likelihood gradient of real texts, where there is one, and let the generator take its step."""
        noted = {}
        if self.shared.likelihood_weight:
            with autocast(self.compute):
                weight = self.shared.likelihood_weight
                nll, tokens = likelihood.backward(self.generator, real, weight, tokens=self.all_pairs.tokens)
            noted["train_loss"] = torch.tensor(nll / tokens)
        noted["generator_gradient"] = self.player.update()
        return noted


def shares_of(candidates: Batch, weights: Tensor) -> Tensor:
    """The shares (N * k,) of k candidates to each prompt that have weights (N, k), for `likelihood.backward`.

    Of mean 1 over tokens, so that the learning rate means the same whatever the weights.
    """
    shares = weights.flatten()
    return shares * candidates.text_lengths.sum() / (shares * candidates.text_lengths).sum()
