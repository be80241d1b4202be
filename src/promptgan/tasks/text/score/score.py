"""What training validates answers by: how far they are as varied and as frequent as real ones, and from the twin."""

import copy
import functools
from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import Pairs, in_order, pad
from promptgan.forms.tokens.sampler import Drawing, Sampler, sampler
from promptgan.tasks.text.score.ms_jaccard import ms_jaccard
from promptgan.training.loop.method import Row


class Score:
    """Answers the same validation prompts with the same random numbers each time, and measures the answers.

    Args:
        val: the validation split.
        example: gives the most tokens of an answer.
        start: holds the `generator` that training goes on from, a copy of which is kept to compare with.
        count: prompts.
        compute: precision.
        seed: of the random numbers.
    """

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.compute = compute
        twin = cast("TextGenerator", start["generator"])
        self.twin = copy.deepcopy(twin).eval()
        self.device = next(twin.parameters()).device
        self.seed, self.max_tokens = seed, example.max_tokens
        self.prompts = list(in_order(val, 256, min(count, len(val))))
        self.real = [
            row.tolist()[:n] for b in self.prompts for row, n in zip(b.text, b.text_lengths.tolist(), strict=True)
        ]

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """MS-Jaccard as score, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        for network in networks.values():
            network.eval()
        draw = sampler(networks, drawing)
        answers = self._answers(draw)
        score = ms_jaccard(answers, self.real, 4)
        counts = {
            "duplicates": 1 - len(set(map(tuple, answers))) / len(answers),
            "length": sum(map(len, answers)) / len(answers),
        }
        if drawing:
            return {"score": score, "twin_score": self.twin_score, **counts}
        entropy, kl, val_loss = self._likelihoods(draw.generator, answers)
        return {"score": score, "entropy": entropy, "kl": kl, **counts, "val_loss": val_loss}

    @functools.cached_property
    def twin_score(self) -> float:
        """MS-Jaccard of the twin's answers."""
        return ms_jaccard(self._answers(Sampler(self.twin)), self.real, 4)

    def _answers(self, draw: Sampler) -> list[list[int]]:
        """To every prompt, in the order of batches, each with its end."""
        eos = draw.generator.example.eos
        answers: list[list[int]] = []
        numbers = draw.random_numbers(self.seed, len(self.real), self.max_tokens)
        with autocast(self.compute):
            for batch in self.prompts:
                batch = batch.to(self.device)
                uniforms = numbers[len(answers) : len(answers) + len(batch)].to(self.device)
                answers += [[*text, eos] for text in draw(batch.prompt, batch.prompt_lengths, uniforms)]
        return answers

    def _likelihoods(self, generator: TextGenerator, answers: list[list[int]]) -> tuple[float, float, float]:
        totals = {"entropy": 0.0, "cross": 0.0, "real": 0.0}
        drawn = said = begin = 0
        with autocast(self.compute):
            for batch in self.prompts:
                batch = batch.to(self.device)
                ids, lengths = (t.to(self.device) for t in pad(answers[begin : begin + len(batch)]))
                begin += len(batch)
                lengths = lengths.clamp_max(self.max_tokens)  # the end of a text that was cut was not drawn
                answered = Batch(batch.prompt, batch.prompt_lengths, ids, lengths)
                own, count = likelihood.nll(generator, answered)
                totals["entropy"] += own.item()
                totals["cross"] += likelihood.nll(self.twin, answered)[0].item()
                real, real_count = likelihood.nll(generator, batch)
                totals["real"] += real.item()
                drawn, said = drawn + count, said + real_count
        return totals["entropy"] / drawn, (totals["cross"] - totals["entropy"]) / drawn, totals["real"] / said
