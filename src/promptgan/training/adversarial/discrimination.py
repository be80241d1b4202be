"""How a discriminator of (prompt, text) pairs learns, beside whatever method its generator learns by."""

from types import ModuleType
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.forms.tokens.pairs import Batches, Pairs
from promptgan.training.loop.method import Numbers, Player

MEMORY = 0.05
"""How much the last batch counts in the running mean of the accuracy."""


class Discrimination:
    """Tells real pairs from drawn answers and, unless told otherwise, from real texts under the wrong prompt.

    The wrong prompt is that of Reed et al., 2016, arXiv:1605.05396, section 4.2.

    Args:
        discriminator: trained in place.
        player: its optimiser.
        objective: a file of `promptgan.objectives`.
        penalty: a file of `promptgan.penalties`, or None.
        penalty_weight: of it in the loss.
        compute: precision.
        wrong_prompts: whether it learns from real texts under the wrong prompt.
    """

    def __init__(
        self,
        discriminator: TextDiscriminator,
        player: Player,
        objective: ModuleType,
        penalty: ModuleType | None,
        penalty_weight: float,
        compute: Compute,
        wrong_prompts: bool = True,
    ) -> None:
        self.discriminator, self.player, self.compute = discriminator, player, compute
        self.wrong_prompts = wrong_prompts
        self.objective, self.penalty, self.penalty_weight = objective, penalty, penalty_weight
        self.numbers = Numbers(accuracy=0.5)
        """Part of the method's state: the running mean of `accuracy`."""

    def scores(self, batch: Batch, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N,) of embedded texts (N, T, E) of the given lengths (N,) under the prompts of a batch."""
        logits: Tensor = self.discriminator(batch.prompt, batch.prompt_lengths, embedded, lengths)
        return logits.float()

    def step(self, batch: Batch, tokens: Tensor, lengths: Tensor, acts: bool = True) -> dict[str, Tensor]:
        """One step on real pairs and answers drawn to the same prompts; learns nothing unless it ``acts``.

        Args:
            batch: N real pairs.
            tokens: drawn answers (N, T), EOS included; ``lengths`` (N,).
            acts: whether it learns.

        Returns:
            What is to be reported: losses, and accuracies, which are the shares in which the real one scores higher.
        """
        loss, noted = self.compare(batch, batch.answered(tokens, lengths))
        noted |= {"discriminator_loss": loss, "discriminator_acts": torch.tensor(float(acts))}
        self.numbers["accuracy"] += MEMORY * (noted["accuracy"].item() - self.numbers["accuracy"])
        if not acts:
            return noted
        if self.penalty:
            penalty = self._slope(self.penalty, batch, tokens, lengths)
            noted["penalty"] = penalty
            loss = loss + self.penalty_weight * penalty
        loss.backward()  # type: ignore[no-untyped-call]
        self.player.update()
        return noted

    def compare(self, batch: Batch, drawn: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of telling real pairs from drawn ones and from misplaced texts, and both accuracies."""
        wrong, differs = misplaced(batch)
        real, fake = self.judged(batch), self.judged(drawn)
        loss, right = self._told(real, batch.text_lengths, fake, drawn.text_lengths)
        noted = {"accuracy": right}
        if self.wrong_prompts and differs.any():
            other = self.judged(wrong)[differs]
            more, right = self._told(real[differs], batch.text_lengths[differs], other, wrong.text_lengths[differs])
            loss, noted["accuracy_wrong_prompt"] = (loss + more) / 2, right
        return loss, noted

    def judged(self, pairs: Batch) -> Tensor:
        """Logits of N pairs, the first dimension: here one of each, (N,)."""
        with autocast(self.compute):
            return self.scores(pairs, self.discriminator.embedding(pairs.text), pairs.text_lengths)

    def learnt(self, logits: Tensor, lengths: Tensor) -> Tensor:
        """Those of what `judged` says of N texts of ``lengths`` (N,) that the objective compares, (M,)."""
        return logits

    def by_text(self, logits: Tensor, lengths: Tensor) -> Tensor:
        """A number for each of N texts, (N,), by which accuracies rank them; arguments as of `learnt`."""
        return logits

    def _told(self, real: Tensor, real_lengths: Tensor, fake: Tensor, fake_lengths: Tensor) -> tuple[Tensor, Tensor]:
        loss: Tensor = self.objective.discriminator_loss(
            self.learnt(real, real_lengths), self.learnt(fake, fake_lengths)
        )
        # Whether the real one of a pair scores higher: has a meaning for every objective, logits or critic.
        right = self.by_text(real, real_lengths) > self.by_text(fake, fake_lengths)
        return loss, right.float().mean()

    def _slope(self, penalty: ModuleType, batch: Batch, tokens: Tensor, lengths: Tensor) -> Tensor:
        embed = self.discriminator.embedding
        if penalty.AT == "real":
            return cast(
                "Tensor", penalty.penalty(lambda x: self.scores(batch, x, batch.text_lengths), embed(batch.text))
            )
        width = max(batch.text.shape[1], tokens.shape[1])
        real, drawn = (  # zero beyond the end of each
            nn.functional.pad(embed(ids) * is_real(ends, ids.shape[1])[..., None], (0, 0, 0, width - ids.shape[1]))
            for ids, ends in ((batch.text, batch.text_lengths), (tokens, lengths))
        )
        longer = torch.maximum(batch.text_lengths, lengths)
        mixing = torch.rand(len(batch), device=batch.prompt.device)
        return cast("Tensor", penalty.penalty(lambda x: self.scores(batch, x, longer), real, drawn, mixing))


def misplaced(batch: Batch) -> tuple[Batch, Tensor]:
    """The pairs with each text under its neighbour's prompt, and where that changes anything, (N,) booleans."""
    # Neighbours in a batch have like lengths, so a text under its neighbour's prompt is not given away by its own.
    wrong = batch.answered(batch.text.roll(1, 0), batch.text_lengths.roll(1, 0))
    # A neighbour that says the very same, or was asked the very same or nothing at all, is no wrong answer.
    return wrong, (wrong.text != batch.text).any(1) & (batch.prompt.roll(1, 0) != batch.prompt).any(1)


class NothingKnown(PromptganError):
    """Every training text holds a token for what is not known, so there is none that a generator could have written."""

    def __init__(self) -> None:
        super().__init__(
            "every training text holds a word that the tokenizer does not know", "raise tokenize.vocabulary"
        )


def known(train: Pairs, size: int, unk: int | None, seed: int) -> Batches:
    """Batches of pairs whose texts a generator could have written: none draws UNK, which would give one away.

    They are as many as all pairs, and as long: texts without UNK are shorter, the more so the smaller the vocabulary,
    and a generator would learn to be short from a discriminator that read these alone.

    Args:
        train: the pairs.
        size: of a batch.
        unk: the token for what is not known; none where all is.
        seed: of the order.

    Raises:
        NothingKnown: there is no such pair.
    """
    chosen = None if unk is None else train.without(unk)
    if chosen is not None and not len(chosen):
        raise NothingKnown()
    return Batches(train, size, seed, None if chosen is None else _as_long(train, chosen), onward=True)


def _as_long(pairs: Pairs, among: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each pair one of those ``among`` them whose text is as long, or the next longer, all equally often; (N,)."""
    lengths, there = pairs.text_lengths, np.unique(pairs.text_lengths[among])
    wanted = there[np.searchsorted(there, lengths).clip(max=len(there) - 1)]
    chosen = np.empty_like(among, shape=len(pairs))
    for length in there:
        asking = wanted == length
        chosen[asking] = np.resize(among[lengths[among] == length], asking.sum())
    return chosen
