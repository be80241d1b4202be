"""Policy gradient: a token is rewarded by how real the answers seem that begin as far as it."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator, is_real
from promptgan.forms.tokens.pairs import pad
from promptgan.training.discrimination import Discrimination, Known, begins_with
from promptgan.training.guards import limits
from promptgan.training.loop.method import Method, Player, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.policy_gradient.parameters import Parameters
from promptgan.training.methods.policy_gradient.roll_outs import roll_outs
from promptgan.training.setting import Setting


class PolicyGradient(Method):
    """REINFORCE with roll-outs and a learned baseline.

    The reward of a token is the mean probability, as the discriminator says, that completions of the answer up to it
    are real (Yu et al., 2017, arXiv:1609.05473, equations 4 and 7); that of the last token is the whole answer's. A
    linear map of the generator's features foretells it and is subtracted, which changes no gradient on average and
    makes it less noisy.

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
        self.baseline = nn.Linear(self.generator.embedding.embedding_dim, 1).to(setting.device)
        nn.init.zeros_(self.baseline.weight)
        nn.init.zeros_(self.baseline.bias)
        self.players = {
            "generator": parameters.players.generator.player("generator", self.generator),
            "discriminator": parameters.players.discriminator.player("discriminator", self.discriminator),
            "baseline": Player(
                "baseline",
                self.baseline,
                torch.optim.AdamW(self.baseline.parameters(), parameters.baseline_learning_rate, weight_decay=0.0),
                clip=1.0,
            ),
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
            **{name: self.players[name].network for name in ("generator", "discriminator")},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "baseline_weights": _Weights(self.baseline),
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
            fake = self._answers(batch)
            if turn < generators:
                self._step_generator(batch, *fake, noted)
            if turn < discriminators:
                noted.update(self.discrimination.step(batch, *fake))
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of answers to validation prompts."""
        assert self.scored
        return self.scored(networks)

    def rewards(self, batch: Batch) -> Tensor:
        """The reward of every token of the answers in ``batch.text``, (N, T); zero behind their ends."""
        self.generator.eval()
        with autocast(self.compute):
            drawn = roll_outs(
                self.generator,
                batch.prompt,
                batch.prompt_lengths,
                batch.text,
                batch.text_lengths,
                self.p.roll_outs,
                self.max_tokens + 1,
            )
        self.generator.train()
        summed = torch.zeros(batch.text.shape, device=self.device)
        whole = torch.arange(len(batch), device=self.device)
        summed[whole, batch.text_lengths - 1] = self.reality(batch)
        completed = Batch(batch.prompt[drawn.text], batch.prompt_lengths[drawn.text], drawn.tokens, drawn.lengths)
        if len(completed):
            means = self.reality(completed) / self.p.roll_outs
            summed.index_put_((drawn.text, drawn.last), means, accumulate=True)
        return summed

    @torch.no_grad()
    def reality(self, batch: Batch) -> Tensor:
        """How probably real the discriminator takes each of N texts to be, (N,)."""
        with autocast(self.compute):
            scores = self.discrimination.scores(batch, self.discriminator.embedding(batch.text), batch.text_lengths)
        return scores.sigmoid()

    def _answers(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.generator.eval()
        uniforms = torch.rand(len(batch), self.max_tokens, device=self.device)
        with autocast(self.compute):
            texts = sample(self.generator, batch.prompt, batch.prompt_lengths, uniforms)
        self.generator.train()
        tokens, lengths = pad(texts, (self.eos,))
        return tokens.to(self.device), lengths.to(self.device)

    def _step_generator(self, batch: Batch, tokens: Tensor, lengths: Tensor, noted: dict[str, Tensor]) -> None:
        drawn = Batch(batch.prompt, batch.prompt_lengths, tokens, lengths)
        rewards = self.rewards(drawn)[is_real(lengths, tokens.shape[1])]
        with autocast(self.compute):
            features, targets = likelihood.real_positions(self.generator, drawn)
            nll = cross_entropy(self.generator.logits(features).float(), targets, reduction="none")
        foretold = self.baseline(features.detach().float())[:, 0]
        baseline_loss = mse_loss(foretold, rewards)
        baseline_loss.backward()  # type: ignore[no-untyped-call]
        self.players["baseline"].update()
        ((rewards - foretold.detach()) * nll).mean().backward()
        noted["reward"], noted["baseline_loss"] = rewards.mean(), baseline_loss
        if self.p.likelihood_weight:
            with autocast(self.compute):
                total, count = likelihood.backward(self.generator, batch, self.p.likelihood_weight)
            noted["train_loss"] = torch.tensor(total / count)
        noted["generator_gradient"] = self.players["generator"].update()


class _Weights:
    """A network's weights as a part of a method's state that no model folder needs."""

    def __init__(self, network: nn.Module) -> None:
        self.state_dict, self.load_state_dict = network.state_dict, network.load_state_dict


def build(setting: Setting, parameters: Parameters) -> tuple[PolicyGradient, Plan]:
    """Adversarial training that goes on from a generator trained by likelihood, against a fresh discriminator.

    Raises:
        ParameterError: there is no generator to go on from.
    """
    if "generator" not in setting.start:
        raise ParameterError(
            ["train.method: policy_gradient needs a generator that pretrain.method has trained, not none"]
        )
    p = parameters
    plan = Plan(
        title="policy gradient",
        steps=p.steps,
        validate_every=p.validate_every,
        checkpoint_every=p.checkpoint_every,
        warmup=p.warmup,
        ema=p.ema,
        patience=p.patience,
        keeps_start=False,
    )
    return PolicyGradient(setting, parameters), plan
