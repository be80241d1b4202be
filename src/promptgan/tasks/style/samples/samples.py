"""Sentences in the other style: of a loaded model folder, and for the generate stage of every model."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError, shown
from promptgan.core.progress import Progress
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.markers import Markers, asked, load_markers
from promptgan.forms.tokens.sampler import Sampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.networks import folder
from promptgan.tasks.style.samples.parameters import Parameters
from promptgan.terms.visible import visible

OPTIONS = frozenset({"prompt", "style", "temperature", "top_p"})
"""What `promptgan generate` takes for a model of styles."""


class UnusableSentence(PromptganError):
    """A sentence is not there, has no word, or is not text."""


class UnknownStyle(PromptganError):
    """The model has not learnt such a style."""

    def __init__(self, style: str | None, styles: list[str]) -> None:
        said = f"the model knows no style {shown(style)}" if style else "a model of styles is told which one is wanted"
        super().__init__(said, f"give one, as in --style {styles[-1]}; it has learnt {' and '.join(styles)}")


@dataclass(frozen=True)
class StyleModel:
    """What puts sentences into a style."""

    generator: TextGenerator
    """In evaluation mode."""
    tokenizer: Tokenizer
    markers: Markers

    @property
    def styles(self) -> list[str]:
        """Their names, sorted."""
        first = len(SPECIAL_TOKENS)
        return [str(self.tokenizer.id_to_token(style))[1:-1] for style in (first, first + 1)]


def load(model: Path, device: torch.device | None = None) -> StyleModel:
    """Load the generator of a model folder.

    Raises:
        NotAModelFolder, NoTokenizer, NoMarkers: a file is missing or broken, or its task is another.
    """
    loaded = folder.load(model, device, ["generator"])
    if loaded.index["task"] != "style":
        raise folder.NotAModelFolder(
            f"the model in {model} knows no styles: its task is {loaded.index['task']}",
            "give the folder of one that does",
        )
    generator = cast("TextGenerator", loaded.networks["generator"])
    return StyleModel(generator, load_tokenizer(model), load_markers(model))


def transfer(
    model: StyleModel,
    sentences: list[str],
    styles: list[str],
    *,
    seed: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
) -> list[str]:
    """Put each sentence into its style; the same seed gives the same answers on the same kind of machine.

    Raises:
        UnusableSentence: one is blank, or was not valid UTF-8.
        UnknownStyle: the model has not learnt one of the styles.
        UnusableTemperature: it is neither 0 nor within what generators can be drawn from.
    """
    for sentence in sentences:
        if not sentence.strip():
            raise UnusableSentence("a sentence is empty", "give one with at least one word")
        try:
            sentence.encode()
        except UnicodeEncodeError as error:  # Python keeps the bytes of a command line as lone surrogates
            raise UnusableSentence(f"{shown(sentence)} is not valid UTF-8", "give it in UTF-8") from error
    for style in styles:
        if style not in model.styles:
            raise UnknownStyle(style, model.styles)
    limit = model.generator.example.max_tokens
    known = {style: len(SPECIAL_TOKENS) + place for place, style in enumerate(model.styles)}
    encodings = model.tokenizer.encode_batch(sentences, add_special_tokens=False)
    rows = [asked(known[s], model.markers.content(e), limit) for s, e in zip(styles, encodings, strict=True)]
    uniforms = random_numbers(seed, len(rows), limit)
    return decode(model.tokenizer, Sampler(model.generator).answers(rows, uniforms, temperature, top_p))


def make(
    model: Path,
    n: int,
    seed: int,
    prompt: list[str] | None = None,
    style: str | None = None,
    temperature: float = 0.1,
    top_p: float = 1.0,
) -> str:
    """``n`` versions of each sentence in the style, below it, as a person may safely see them.

    Raises:
        UnusableSentence, UnknownStyle: there is none, or it is of no use.
        UnusableTemperature, NotAModelFolder, NoTokenizer, NoMarkers: see `transfer` and `load`.
    """
    if not prompt:
        raise UnusableSentence("there is no sentence to transfer", "give one, as in --prompt 'the plot is dull'")
    loaded = load(model)
    if style is None:
        raise UnknownStyle(style, loaded.styles)
    asked = [each for each in prompt for _ in range(n)]
    made = transfer(loaded, asked, [style] * len(asked), seed=seed, temperature=temperature, top_p=top_p)
    lines = []
    for number, each in enumerate(prompt):
        lines += [f"> {visible(each)}", *(f"  {visible(text)}" for text in made[number * n : (number + 1) * n])]
    return "\n".join(lines)


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Put test sentences into their other style with every model, at every temperature.

    Returns the samples, and a sentence on them. Columns are prompt_id, prompt (the sentence), style (the one that is
    wanted), text, model, temperature, seed and headline, which is whether the temperature is that of the headline;
    ``samples.txt`` shows the first ``shown`` of those. The sentences are the first of a permutation that ``seed``
    gives. All models draw with the same random numbers.
    """
    p = parameters
    test = pd.read_parquet(validated / "test.parquet", columns=["id", "text", "label"])
    test = test.iloc[np.random.default_rng(seed).permutation(len(test))].head(p.count)
    frames = []
    with Progress("samples", len(folders) * len(p.temperatures)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            wanted = [next(other for other in model.styles if other != own) for own in test["label"]]
            for temperature in p.temperatures:
                with autocast(compute):
                    texts = transfer(model, test["text"].tolist(), wanted, seed=seed, temperature=temperature)
                columns = {"prompt_id": test["id"], "prompt": test["text"], "style": wanted, "text": texts}
                settings = {"temperature": temperature, "seed": seed, "headline": temperature == p.temperature}
                frames.append(pd.DataFrame({**columns, "model": name, **settings}))
                progress.advance()
    samples = pd.concat(frames, ignore_index=True)
    (out / "samples.txt").write_text(readable(samples, p.shown), encoding="utf-8")
    return samples, f"{len(samples)} transfers in {out}; read {out / 'samples.txt'}"


def readable(samples: pd.DataFrame, count: int) -> str:
    """What samples.txt shows: under each of the first ``count`` sentences and its style a line of each model."""
    read = samples[samples["headline"]]
    blocks = [f"Sentences in the other style, drawn with temperature {read['temperature'].iloc[0]:g}"]
    models = [part.head(count) for _, part in read.groupby("model", sort=False)]
    for rows in zip(*(part.itertuples() for part in models), strict=True):
        made = [f"  {row.model:<12} {visible(row.text)}" for row in rows]
        blocks.append("\n".join([f"{visible(rows[0].prompt)} -> {rows[0].style}", *made]))
    return "\n\n".join(blocks) + "\n"
