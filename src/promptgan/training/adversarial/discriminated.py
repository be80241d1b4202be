"""What every method of texts with a discriminator has: who draws answers, and who tells them from real ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import pad
from promptgan.training.adversarial.discrimination import Discrimination, known
from promptgan.training.adversarial.parameters import AdversarialParameters
from promptgan.training.adversarial.plan import planned
from promptgan.training.loop.method import Method, Row
from promptgan.training.loop.players import PlayerParameters
from promptgan.training.loop.run import Plan
from promptgan.training.setting import Setting

Answers = tuple[Tensor, Tensor]
"""Token ids (N, T), ends counted, and their lengths (N,)."""


class DiscriminatedTexts(Method):
    """A generator of texts, and a discriminator that learns to tell its answers from real ones.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
        player: how the discriminator learns.
        wrong_prompts: whether it learns from real texts under the wrong prompt too.
    """

    discriminates: type[Discrimination] = Discrimination
    """How the discriminator learns."""
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(
        self,
        setting: Setting,
        parameters: AdversarialParameters,
        player: PlayerParameters,
        wrong_prompts: bool = True,
    ) -> None:
        assert setting.objective
        self.compute, self.device = setting.compute, setting.device
        self.objective, self.scored = setting.objective, setting.score
        self.max_tokens, self.eos = setting.example.max_tokens, setting.example.eos
        self.generator = cast("TextGenerator", setting.network("generator"))
        self.discriminator = cast("TextDiscriminator", setting.network("discriminator"))
        if "discriminator" not in setting.start:
            _begin_as(self.generator.embedding, self.discriminator.embedding)
        self.discrimination = self.discriminates(
            self.discriminator,
            player.player("discriminator", self.discriminator),
            setting.objective,
            setting.penalty if parameters.penalty != "none" else None,
            parameters.penalty_weight,
            setting.compute,
            wrong_prompts,
        )
        self.state: dict[str, Any] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "discriminator_optimizer": self.discrimination.player.optimizer,
            "numbers": self.discrimination.numbers,
        }
        self.batches = known(setting.train, parameters.batch, setting.example.unk, setting.seed)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of answers to validation prompts."""
        assert self.scored
        return self.scored(networks)

    def answers(self, batch: Batch, each: int = 1) -> Answers:
        """Draw ``each`` answers to every prompt of a batch, those of a prompt one after the other."""
        uniforms = torch.rand(len(batch) * each, self.max_tokens, device=self.device)
        with self.whole(self.generator):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        tokens, lengths = pad(texts, (self.eos,))
        return tokens.to(self.device), lengths.to(self.device)

    @torch.no_grad()
    def scores(self, batch: Batch) -> Tensor:
        """What the discriminator thinks of the texts of a batch, logits (N * k,), with nothing dropped out."""
        with self.whole(self.discriminator):
            batch = batch.paired()
            return self.discrimination.scores(batch, self.discriminator.embedding(batch.text), batch.text_lengths)

    @contextmanager
    def whole(self, network: nn.Module) -> Iterator[None]:
        """Call a network at the precision of the run with nothing dropped out, as it is when it is used."""
        network.eval()
        with autocast(self.compute):
            yield
        network.train()


def plan(title: str, setting: Setting, parameters: AdversarialParameters, warmup: int = 0) -> Plan:
    """Training that begins with a generator trained by likelihood, and with a fresh discriminator.

    Raises:
        ParameterError: there is no such generator.
    """
    if "generator" not in setting.start:
        raise ParameterError(
            [f"train.method: {parameters.method} needs a generator that pretrain.method has trained, not none"]
        )
    return planned(title, parameters, warmup=warmup, keeps_start=False)


def _begin_as(known: nn.Embedding, fresh: nn.Embedding) -> None:
    """Where they are of one size, and the fresh one is not that of a pretrained model, which is a constant."""
    if known.weight.shape == fresh.weight.shape and fresh.weight.requires_grad:
        fresh.weight.data.copy_(known.weight.detach())
