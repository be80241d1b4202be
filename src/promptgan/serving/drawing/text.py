"""A model of texts: answers prompts, many requests at once, and scores pairs by its discriminator."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import torch

from promptgan.applications.explanation import DISCRIMINATOR
from promptgan.forms.tokens.decoding import latent_vectors
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.sampler import Resampler
from promptgan.forms.tokens.tokenizer import decode
from promptgan.networks import folder
from promptgan.quality.normalise import normalise
from promptgan.serving.asks import Answer, Ask, Facts, Normalised
from promptgan.serving.drawing.overheard import overheard
from promptgan.tasks.text.samples import samples
from promptgan.tasks.text.samples.samples import UnusablePrompt

TEMPERATURE, TOP_P = 0.7, 0.9
"""Those of `promptgan generate`."""


class Drawer(Normalised):
    """Answers by a model folder.

    Args:
        model: the folder.
        device: where it draws.

    Raises:
        NotAModelFolder, NoTokenizer: see `promptgan.tasks.text.samples.samples.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.model = samples.load(model, device)
        self.device = device
        self.limit: int = self.model.index["example"]["max_tokens"]
        self.discriminator: TextDiscriminator | None = None
        if DISCRIMINATOR in self.model.index["networks"]:
            loaded = folder.load(model, device, [DISCRIMINATOR])
            self.discriminator = cast("TextDiscriminator", loaded.networks[DISCRIMINATOR])

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        return {
            "kinds": ["generate", *(["score"] if self.discriminator else [])],
            "prompted": self.model.generator.example.prompted,
            "max_tokens": self.limit,
            "media": "text/plain",
        }

    def check(self, ask: Ask) -> None:
        """Refuse what cannot be answered.

        Raises:
            UnusablePrompt: it has no word, or there is one and texts of this model answer none.
        """
        if not self.model.generator.example.prompted:
            if any(ask.prompts):
                raise UnusablePrompt("texts of this model answer no prompt", "leave the prompt out")
        elif not ask.prompts or not all(prompt.strip() for prompt in ask.prompts):
            raise UnusablePrompt("a prompt is empty", "give a prompt with at least one word")

    def generate(self, asks: Sequence[Ask], tell: Callable[[int, int, str], None]) -> list[list[Answer]]:
        """Answers to requests of equal settings; those of each follow from its own seed, whatever else is asked.

        ``tell`` is called with the number of a request that streams, that of its answer, and what is written so far;
        before each token of any of them, with -1 alone, so that it may raise to end all.
        """
        temperature, top_p = asks[0].settings
        owners = [(number, index) for number, ask in enumerate(asks) for index in range(ask.n)]
        prompts = self._ids([asks[number].prompts[0] if asks[number].prompts else "" for number, _ in owners])
        uniforms = torch.cat([self.model.sampler.random_numbers(ask.seed, ask.n, self.limit) for ask in asks])
        z = torch.cat([latent_vectors(ask.seed, ask.n, self.model.generator.latent) for ask in asks])
        order = sorted(range(len(owners)), key=lambda row: len(prompts[row]))
        written: list[list[int]] = [[] for _ in owners]

        def hear(rows: list[int], tokens: list[int]) -> None:
            tell(-1, 0, "")
            for row, token in zip(rows, tokens, strict=True):
                number, index = owners[order[row]]
                most = asks[number].max_tokens
                if asks[number].stream and (most is None or len(written[row]) < most):
                    written[row].append(token)
                    tell(number, index, decode(self.model.tokenizer, [written[row]])[0])

        drawn = overheard(self.model.sampler, hear).answers(
            [prompts[row] for row in order],
            uniforms[order],
            TEMPERATURE if temperature is None else temperature,
            TOP_P if top_p is None else top_p,
            z[order],
            batch=len(owners) * self.model.sampler.candidates,
        )
        ids = [row for _, row in sorted(zip(order, drawn, strict=True))]
        limits = [min(asks[number].max_tokens or self.limit, self.limit) for number, _ in owners]
        ended = [len(row) < most for row, most in zip(ids, limits, strict=True)]
        ids = [row[:most] for row, most in zip(ids, limits, strict=True)]
        texts = decode(self.model.tokenizer, ids)
        scores = self._scores(prompts, self._read(texts))  # as people get them, which may be read as other tokens
        answers: list[list[Answer]] = [[] for _ in asks]
        for (number, _), row, text, end, score in zip(owners, ids, texts, ended, scores, strict=True):
            answers[number].append({"text": text, "tokens": len(row) + end, "ended": end, "score": score})
        return answers

    def score(self, asks: Sequence[Ask]) -> list[list[Answer]]:
        """The discriminator's logits of texts as answers to prompts; above 0 is more like real ones than drawn ones.

        Of what is longer than the model reads the prompt's end and the text's beginning count.
        """
        prompts = self._ids([prompt for ask in asks for prompt in ask.prompts])
        scores = iter(self._scores(prompts, self._read([text for ask in asks for text in ask.texts])))
        return [[{"score": next(scores)} for _ in ask.prompts] for ask in asks]

    def _ids(self, prompts: list[str]) -> list[list[int]]:
        encoded = self.model.tokenizer.encode_batch_fast(prompts, add_special_tokens=False)
        return [encoding.ids[-self.limit :] for encoding in encoded]

    def _read(self, texts: list[str]) -> list[list[int]]:
        encoded = self.model.tokenizer.encode_batch_fast(list(map(normalise, texts)), add_special_tokens=False)
        return [encoding.ids[: self.limit] for encoding in encoded]

    def _scores(self, prompts: list[list[int]], texts: list[list[int]]) -> Sequence[float | None]:
        if self.discriminator is None:
            return [None] * len(texts)
        asked, lengths = (part.to(self.device) for part in pad(prompts))
        energies = Resampler(self.model.generator, self.discriminator, 1).energies(asked, lengths, texts)
        return [round(-energy, 4) for energy in energies[:, 0].tolist()]
