"""How a model draws its answers: by its generator alone, or one of several candidates by a discriminator's odds."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.decoding import inverse_cdf, random_numbers, sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import pad

Drawing = Mapping[str, Any]
"""What index.json says under `drawing`: `candidates`, of which the network `chosen_by` takes one."""
BATCH = 256
"""Texts drawn at once."""


class Sampler:
    """Draws from a generator as it is.

    Args:
        generator: in evaluation mode.
    """

    candidates = 1
    """Texts that are drawn for an answer."""

    def __init__(self, generator: TextGenerator) -> None:
        self.generator = generator

    def random_numbers(self, seed: int, rows: int, limit: int) -> Tensor:
        """What ``rows`` answers of at most ``limit`` tokens read; a row is the same however many rows there are."""
        return random_numbers(seed, rows, limit)

    def __call__(
        self,
        prompt: Tensor,
        prompt_lengths: Tensor,
        uniforms: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        z: Tensor | None = None,
    ) -> list[list[int]]:
        """An answer to each of N prompts, as `promptgan.forms.tokens.decoding.sample` draws them.

        Args:
            prompt: ids (N, P), padded on the right; ``prompt_lengths`` (N,).
            uniforms: rows of `random_numbers`, of which answer i reads row i alone.
            temperature: divides the generator's logits; 0 takes the most likely token.
            top_p: keep the smallest set of tokens with at least this probability.
            z: latent vectors (N, Z) of a generator whose answers begin with them.

        Returns:
            N lists of token ids, without special tokens.
        """
        return sample(self.generator, prompt, prompt_lengths, uniforms, temperature, top_p, z)

    def answers(
        self,
        prompts: Sequence[list[int]],
        uniforms: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        z: Tensor | None = None,
        batch: int = BATCH,
    ) -> list[list[int]]:
        """An answer to each of N prompts, an empty one of a generator that answers none, drawn some at a time.

        Prompts of like length are read together. Answer i depends on its own prompt and row i of ``uniforms`` and ``z``
        alone, which may lie on any device.

        Args:
            prompts: N lists of token ids.
            uniforms, temperature, top_p, z: see `__call__`.
            batch: texts drawn at once; an answer that is chosen among candidates takes as many.

        Returns:
            N lists of token ids, without special tokens.
        """
        device = next(self.generator.parameters()).device
        size = max(1, batch // self.candidates)
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers: list[list[int]] = [[] for _ in prompts]
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            asked, lengths = (part.to(device) for part in pad([prompts[i] for i in chosen]))
            latent = None if z is None else z[chosen].to(device)
            drawn = self(asked, lengths, uniforms[chosen].to(device), temperature, top_p, latent)
            for i, text in zip(chosen, drawn, strict=True):
                answers[i] = text
        return answers


class Resampler(Sampler):
    """Draws k candidates to each prompt, and one of them with probability proportional to exp(-E).

    Self-normalised importance sampling from P(y|x), which is proportional to p(y|x) exp(-E(x, y)) (Deng et al., 2020,
    arXiv:2004.11714, algorithm 1): exact as k grows. The generator is p, which temperature and nucleus shape, as they
    do the paper's proposals; the energy E is minus the discriminator's logit, and they leave it alone.

    Args:
        generator: in evaluation mode; proposes.
        discriminator: in evaluation mode; chooses.
        candidates: k.
    """

    def __init__(self, generator: TextGenerator, discriminator: TextDiscriminator, candidates: int) -> None:
        super().__init__(generator)
        self.discriminator, self.candidates = discriminator, candidates

    def random_numbers(self, seed: int, rows: int, limit: int) -> Tensor:
        """Those of every candidate, one candidate after the other, and at the end the one that chooses."""
        return random_numbers(seed, rows, self.candidates * limit + 1)

    def __call__(
        self,
        prompt: Tensor,
        prompt_lengths: Tensor,
        uniforms: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        z: Tensor | None = None,
    ) -> list[list[int]]:
        """An answer to each of N prompts; see `Sampler`."""
        k = self.candidates
        proposing = uniforms[:, :-1].reshape(len(uniforms) * k, -1)
        z = None if z is None else z.repeat_interleave(k, 0)
        texts = sample(self.generator, prompt, prompt_lengths, proposing, temperature, top_p, z)
        odds = (-self.energies(prompt, prompt_lengths, texts)).softmax(1)
        chosen = inverse_cdf(odds, uniforms[:, -1]).tolist()
        return [texts[row * k + one] for row, one in enumerate(chosen)]

    @torch.no_grad()
    def energies(self, prompt: Tensor, prompt_lengths: Tensor, texts: list[list[int]]) -> Tensor:
        """E(x, y) of N prompts and k texts to each, which come one after the other, without ends; (N, k) float32."""
        padded, lengths = (part.to(prompt.device) for part in pad(texts, (self.generator.example.eos,)))
        pairs = Batch(prompt, prompt_lengths, padded, lengths).paired()
        embedded = self.discriminator.embedding(pairs.text)
        logits: Tensor = self.discriminator(pairs.prompt, pairs.prompt_lengths, embedded, pairs.text_lengths)
        return -logits.float().view(len(prompt), -1)


def sampler(networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Sampler:
    """How a model draws whose networks are these, and whose index.json says this of it."""
    generator = cast("TextGenerator", networks["generator"])
    if not drawing:
        return Sampler(generator)
    return Resampler(generator, cast("TextDiscriminator", networks[drawing["chosen_by"]]), drawing["candidates"])
