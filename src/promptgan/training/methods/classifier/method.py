"""Training of a classifier of texts: cross-entropy, of texts as they are, perturbed, or changed at random."""

import copy
import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Batches, pad
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import targets, unended
from promptgan.training.loop.cooling import STALE
from promptgan.training.loop.method import Method, Numbers, Row, Stateful, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.classifier import masked, perturbation
from promptgan.training.methods.classifier.augmentation import Augmentation, company, nearest
from promptgan.training.methods.classifier.parameters import Constant, Parameters, Virtual, Words
from promptgan.training.methods.classifier.rates import Rate
from promptgan.training.methods.classifier.validation import validated
from promptgan.training.setting import Setting

MOST = 10**6
"""Steps of a training that its budget ends."""
Indices = npt.NDArray[np.int64]


class Classification(Method):
    """A classifier learns labels, after it has guessed masked tokens where that is asked for.

    Masked-token pretraining is what the loop calls warming up: steps below 0, in which nothing is validated. The
    weights between the two are kept as `encoder_start`. A subclass that learns from other texts too overrides `texts`.

    Args:
        setting: the classifier, and pairs whose prompts are labels.
        parameters: the `pretrain` or `train` section.
        chosen: indices of the training texts whose labels are seen, (N,); all where None. Virtual perturbations are of
            the others too, or of the corpus where there is one.
        start: begins with the weights of `encoder_start` where there are such; else with those of `encoder`.

    Raises:
        ParameterError: masked-token pretraining is asked for where weights are there to begin with.
    """

    averaged = ("encoder",)

    def __init__(
        self, setting: Setting, parameters: Parameters, chosen: Indices | None = None, start: bool = True
    ) -> None:
        self.setting, self.p, p = setting, parameters, parameters
        self.score, self.better = ("val_loss", "lower") if setting.score is None else ("score", "higher")
        self.remedy = f"lower {'pretrain' if setting.score is None else 'train'}.learning_rate"
        self.encoder = cast("Encoder", setting.network("encoder"))
        if "encoder_start" in setting.start:
            self.start = cast("Encoder", setting.network("encoder_start"))
            if start:
                self.encoder.load_state_dict(self.start.state_dict())
        else:
            self.start = copy.deepcopy(self.encoder)
        self.player = player("classifier", self.encoder, p.learning_rate, weight_decay=p.weight_decay)
        self.rate = Rate(p)
        self.batches = Batches(setting.train, p.batch, setting.seed, chosen)
        self.unlabelled = self._unlabelled() if isinstance(p.perturbation, Virtual) else None
        self.augmentation = self._augmentation(p.augmentation) if isinstance(p.augmentation, Words) else None
        self.guessing: list[tuple[Batches, int]] = []
        self.read = Numbers({"corpus_tokens": 0} if setting.corpus else {})
        self.state: dict[str, Stateful] = {
            "encoder": self.encoder,
            "encoder_start": self.start,
            "optimizer": self.player.optimizer,
            "rate": self.rate,
            "read": self.read,
        }
        if p.masked and p.masked.epochs:
            if setting.start:
                raise ParameterError(["train.masked: the weights that training begins with are pretrained already"])
            self.reader = player("classifier", self.encoder, p.masked.learning_rate, weight_decay=p.weight_decay)
            self.state["reader"] = self.reader.optimizer
            read = [*([setting.corpus] if setting.corpus else []), (setting.train, p.masked.epochs)]
            for pairs, epochs in read:
                batches = Batches(pairs, p.masked.batch, setting.seed)
                self.guessing.append((batches, math.ceil(epochs * batches.per_epoch)))

    @property
    def warmup(self) -> int:
        """Steps of masked-token pretraining."""
        return sum(steps for _, steps in self.guessing)

    def texts(self, k: int) -> Batch:
        """What is learnt at step ``k``: texts, and prompts that are their labels."""
        batch = self.batches[k]
        if self.augmentation is None:
            return batch
        return batch.answered(*pad(self.augmentation(unended(batch), k), (self.setting.example.eos,)))

    def step(self, k: int) -> dict[str, Value]:
        """One batch, of masked texts where ``k`` is negative; reports the loss that was gone down."""
        if k < 0:
            return self._guess(self.warmup + k)
        if k == 0 and self.guessing:
            self.start.load_state_dict(self.encoder.state_dict())
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.rate.rate(k)
        device = self.setting.device
        batch = self.texts(k).to(device)
        others = self.unlabelled[k].to(device) if self.unlabelled else None
        with autocast(self.setting.compute):
            labels = targets(batch, self.setting.example)
            loss = perturbation.learn(self.encoder, batch, labels, self.p.perturbation, others)
        self.player.update()
        self.rate["steps"] += 1
        return {"train_loss": loss}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """The task's score where there is one, else `validated`; the learning rate, and tokens read of the corpus."""
        more = {**self.rate.row(), **self.read}
        if self.setting.score is not None:
            return {**self.setting.score(networks), **more}
        encoder, s = cast("Encoder", networks["encoder"]), self.setting
        return {**validated(encoder, s.val, self.p.validation_count, s.example, s.compute), **more}

    def hear(self, row: Row) -> str | None:
        """See `Rate.hear`."""
        return self.rate.hear(row["val_loss"] if self.better == "lower" else -row["score"])

    def _guess(self, step: int) -> dict[str, Value]:
        assert self.p.masked
        for group in self.reader.optimizer.param_groups:
            group["lr"] = self.p.masked.learning_rate * min(1.0, (step + 1) / max(1, self.p.warmup))
        (first, steps), (texts, _) = self.guessing[0], self.guessing[-1]
        batch = (first[step] if step < steps else texts[step - steps]).to(self.setting.device)
        if self.setting.corpus and step < steps:
            self.read["corpus_tokens"] += int(batch.text_lengths.sum())
        with autocast(self.setting.compute):
            nats, tokens = masked.loss(self.encoder, batch, self.p.masked.share, self._first)
        (nats / max(1, tokens)).backward()  # type: ignore[no-untyped-call]
        self.reader.update()
        return {"masked_loss": (nats.item(), tokens)}

    @property
    def _first(self) -> int:
        """Id of the first token that is a word's."""
        return 0 if self.setting.example.base else len(SPECIAL_TOKENS) + self.encoder.labels

    def _unlabelled(self) -> Batches | None:
        pairs, size, seed = self.setting.train, self.p.batch, self.setting.seed
        if self.setting.corpus:
            return Batches(self.setting.corpus[0], size, seed)
        others = np.setdiff1d(np.arange(len(pairs)), self.batches.chosen)
        return Batches(pairs, size, seed, others) if len(others) else None

    def _augmentation(self, parameters: Words) -> Augmentation:
        texts = self.setting.train.rows("text", self.batches.chosen)
        known = np.unique(np.concatenate([np.array(text, dtype=np.int64) for text in texts]))
        known = known[known >= self._first]
        table: Tensor = self.encoder.embedding.weight.detach().float().cpu()
        vectors = table.numpy() if self.setting.example.base else company(texts, len(table))
        return Augmentation(parameters, nearest(vectors, known, parameters.neighbours), self.setting.seed)


def build(setting: Setting, parameters: Parameters) -> tuple[Classification, Plan]:
    """Training of a classifier from the weights before any label: fresh ones, or those of ``setting.start``."""
    method = Classification(setting, parameters)
    return method, plan_of(method)


def plan_of(method: Classification) -> Plan:
    """How a training from the weights before any label goes."""
    return _plan(method, method.p.steps, warmup=method.warmup, fresh=True, ema=method.p.ema)


def onward(
    setting: Setting, parameters: Parameters, learning_rate: float, budget: float, ema: float | None
) -> tuple[Classification, Plan]:
    """Further training of ``setting.start``'s classifier, until it has cost ``budget``, or nothing is better any more.

    Args:
        setting: as of `build`.
        parameters: of the training before.
        learning_rate: at which that ended.
        budget: floating-point operations.
        ema: decay of the moving average of the weights, which is what is validated and kept.
    """
    rest = {"learning_rate": learning_rate, "rate": Constant(kind="constant"), "warmup": 0}
    rest |= {"masked": None, "patience": None}
    method = Classification(setting, parameters.model_copy(update=rest), start=False)
    return method, _plan(method, MOST, budget=budget, ema=ema, patience=STALE)


def _plan(method: Classification, steps: int, **more: Any) -> Plan:
    return Plan(
        title="classification",
        steps=steps,
        validate_every=method.p.validate_every,
        checkpoint_every=method.p.checkpoint_every,
        per_epoch=method.batches.per_epoch,
        **more,
    )
