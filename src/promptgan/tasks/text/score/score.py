"""What training validates answers by: how far they are as varied and as frequent as real ones, and from the twin."""

import copy
from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import Pairs, in_order, pad
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
        self.uniforms = random_numbers(seed, min(count, len(val)), example.max_tokens)
        self.prompts = list(in_order(val, 256, min(count, len(val))))
        self.real = [
            row.tolist()[:n] for b in self.prompts for row, n in zip(b.text, b.text_lengths.tolist(), strict=True)
        ]

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """MS-Jaccard as score; entropy, KL to the twin, NLL of real answers (nats per token); duplicates; length."""
        generator = cast("TextGenerator", networks["generator"]).eval()
        eos = generator.example.eos
        answers: list[list[int]] = []
        totals = {"entropy": 0.0, "cross": 0.0, "real": 0.0}
        drawn = said = 0
        with autocast(self.compute):
            for batch in self.prompts:
                batch = batch.to(self.device)
                uniforms = self.uniforms[len(answers) : len(answers) + len(batch)].to(self.device)
                texts = sample(generator, batch.prompt, batch.prompt_lengths, uniforms)
                answers += [[*text, eos] for text in texts]
                ids, lengths = (t.to(self.device) for t in pad(texts, (eos,)))
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
            "val_loss": totals["real"] / said,
        }
