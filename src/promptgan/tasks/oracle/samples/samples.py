"""Sequences: of a loaded model folder, and for the generate stage of every model at every temperature."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pandas as pd
import torch
from tokenizers import Tokenizer

from promptgan.core.compute import Compute, autocast
from promptgan.core.progress import Progress
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.sampler import Sampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.networks import folder
from promptgan.tasks.oracle.samples.parameters import Parameters

OPTIONS = frozenset({"temperature", "top_p"})
"""What `promptgan generate` takes for a model of sequences."""


@dataclass(frozen=True)
class SequenceModel:
    """What draws sequences."""

    generator: TextGenerator
    """In evaluation mode."""
    tokenizer: Tokenizer


def load(model: Path, device: torch.device | None = None) -> SequenceModel:
    """Load the generator of a model folder.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken, or it makes no sequences of an oracle's tokens.
    """
    loaded = folder.load(model, device, ["generator"])
    if loaded.index["task"] != "oracle":
        raise folder.NotAModelFolder(
            f"the model in {model} draws no sequences of an oracle's tokens: its task is {loaded.index['task']}",
            "give the folder of one that does",
        )
    return SequenceModel(cast("TextGenerator", loaded.networks["generator"]), load_tokenizer(model))


def sequences(
    model: SequenceModel, count: int, seed: int, temperature: float = 1.0, top_p: float = 1.0
) -> list[list[int]]:
    """``count`` sequences as ids of the form; the first are the same however many there are.

    Raises:
        UnusableTemperature: it is neither 0 nor within what generators can be drawn from.
    """
    uniforms = random_numbers(seed, count, model.generator.example.max_tokens)
    return Sampler(model.generator).answers([[]] * count, uniforms, temperature, top_p)


def make(model: Path, n: int, seed: int, temperature: float = 1.0, top_p: float = 1.0) -> str:
    """``n`` sequences, a line each.

    Raises:
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `sequences` and `load`.
    """
    loaded = load(model)
    return "\n".join(decode(loaded.tokenizer, sequences(loaded, n, seed, temperature, top_p)))


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Draw sequences of every model; return the samples, and a sentence on them.

    Their columns are model, temperature, number, seed and text; ``samples.txt`` shows some. All models draw with the
    same random numbers.
    """
    frames = []
    with Progress("samples", len(folders) * len(parameters.temperatures)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            for temperature in parameters.temperatures:
                with autocast(compute):
                    texts = decode(model.tokenizer, sequences(model, parameters.count, seed, temperature))
                columns = {"model": name, "temperature": temperature, "number": range(len(texts)), "seed": seed}
                frames.append(pd.DataFrame({**columns, "text": texts}))
                progress.advance()
    samples = pd.concat(frames, ignore_index=True)
    (out / "samples.txt").write_text(readable(samples, parameters.shown), encoding="utf-8")
    return samples, f"{len(samples)} sequences in {out}"


def readable(samples: pd.DataFrame, count: int) -> str:
    """What samples.txt shows: the first ``count`` sequences of every model at temperature 1, a line each."""
    read = samples[(samples["temperature"] == 1.0) & (samples["number"] < count)]
    blocks = [f"Sequences of every model, drawn with temperature 1, seed {read['seed'].iloc[0]}"]
    for name, part in read.groupby("model", sort=False):
        blocks.append("\n".join([str(name), *(f"  {text}" for text in part["text"])]))
    return "\n\n".join(blocks) + "\n"
