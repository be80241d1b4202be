"""Models that write music as words."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.sampler import BATCH, Sampler, sampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.media.music.prompts import TASKS, Prompt, UnusablePrompt
from promptgan.networks import folder


@dataclass(frozen=True)
class WordModel:
    """What answers prompts with words of music; see `promptgan.tasks.music.samples.samples.MusicModel`."""

    sampler: Sampler
    """Draws as the model's index.json says."""
    tokenizer: Tokenizer
    index: dict[str, Any]

    @property
    def generator(self) -> TextGenerator:
        """In evaluation mode."""
        return self.sampler.generator

    @property
    def grid(self) -> int:
        """The first position in a bar that it has a word for."""
        positions = [re.fullmatch(r"@(\d+)", word) for word in self.tokenizer.get_vocab()]
        return min(int(position[1]) for position in positions if position)

    @property
    def voices(self) -> int:
        """Those that it has words for."""
        numbers = [re.fullmatch(r"v(\d+)=_", word) for word in self.tokenizer.get_vocab()]
        return max(int(number[1]) for number in numbers if number)

    def knows(self, key: str) -> bool:
        """Whether it has a word for the tonic of a key."""
        return key.split()[0] in self.tokenizer.get_vocab()

    def words(
        self, asked: list[Prompt], seed: int, temperature: float, top_p: float, batch: int | None
    ) -> list[tuple[list[str], int]]:
        """As they were drawn, with nothing mended.

        Raises:
            UnusablePrompt: a prompt holds what the model does not know, or is too long.
            UnusableTemperature: it is neither 0 nor within what generators can be drawn from.
        """
        limit, known = self.index["example"]["max_tokens"], self.tokenizer.get_vocab()
        learnt = next((task for task in TASKS.values() if task in known), "")
        rows = []
        for prompt in asked:
            words = str(prompt).split()
            if prompt.kind == "key" and learnt:
                raise UnusablePrompt(
                    str(prompt),
                    f"gives nothing to {learnt}, which is what the model learnt",
                    "give what it needs too, or a file to `promptgan harmonise` or `promptgan continue`",
                )
            if unknown := [word for word in words if word not in known]:
                raise UnusablePrompt(str(prompt), f"holds what the model does not know: {unknown[0]}")
            if len(words) > limit:
                problem = f"has {len(words)} words, and the model reads {limit}"
                raise UnusablePrompt(str(prompt), problem, "give fewer bars")
            rows.append([known[word] for word in words])
        uniforms = self.sampler.random_numbers(seed, len(rows), limit)
        drawn = self.sampler.answers(rows, uniforms, temperature, top_p, batch=batch or BATCH)
        return [(text.split(), 0) for text in decode(self.tokenizer, drawn)]


def load(model: Path, device: torch.device | None = None) -> WordModel:
    """Load a generator, and what chooses among its candidates where there is such.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken.
    """
    drawing = folder.read_index(model).get("drawing")
    loaded = folder.load(model, device, ["generator", *([drawing["chosen_by"]] if drawing else [])])
    return WordModel(sampler(loaded.networks, drawing), load_tokenizer(model), loaded.index)
