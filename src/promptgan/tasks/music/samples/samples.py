"""Pieces that answer prompts: from a loaded model folder, and for the generate stage from every model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer

from promptgan.core.compute import Compute, autocast
from promptgan.core.progress import Progress
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.sampler import BATCH, Sampler, sampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.music import prompts
from promptgan.music.midi import write_midi
from promptgan.music.piece import Piece, to_json
from promptgan.music.prompts import Prompt
from promptgan.networks import folder
from promptgan.tasks.music.samples.parameters import Parameters

OPTIONS = frozenset({"prompt", "temperature", "top_p", "out"})
"""What `promptgan generate` takes for a model of music."""
CURVE, READ = "curve", "read"
"""Purposes of samples: to be measured, over temperatures, and to be heard."""


@dataclass(frozen=True)
class MusicModel:
    """What answers prompts with music."""

    sampler: Sampler
    """Draws as the model's index.json says."""
    tokenizer: Tokenizer
    index: dict[str, Any]
    """The content of index.json."""

    @property
    def generator(self) -> TextGenerator:
        """In evaluation mode."""
        return self.sampler.generator

    @property
    def voices(self) -> int:
        """How many voices its pieces have."""
        numbers = [re.fullmatch(r"v(\d+)=_", word) for word in self.tokenizer.get_vocab()]
        return max(int(number[1]) for number in numbers if number)


@dataclass(frozen=True)
class Answer:
    """What a model answered."""

    words: str
    """As they were drawn."""
    piece: Piece
    """What they say, with what the prompt gave."""
    mended: int
    """Words that could not stand where they stood, and are not in the piece."""


def load(model: Path, device: torch.device | None = None) -> MusicModel:
    """Load what a model folder draws with: its generator, and what chooses among its candidates where there is such.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken, or it makes no music.
    """
    drawing = folder.read_index(model).get("drawing")
    loaded = folder.load(model, device, ["generator", *([drawing["chosen_by"]] if drawing else [])])
    if loaded.index["task"] != "music":
        raise folder.NotAModelFolder(
            f"the model in {model} makes no music: its task is {loaded.index['task']}",
            "give the folder of one that does",
        )
    return MusicModel(sampler(loaded.networks, drawing), load_tokenizer(model), loaded.index)


def answer(
    model: MusicModel,
    asked: list[Prompt],
    *,
    seed: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch: int = BATCH,
) -> list[Answer]:
    """Answer each prompt once; the same seed gives the same answers on the same kind of machine.

    ``batch`` is how many are drawn at once; an answer that is chosen among candidates takes as many.

    Raises:
        UnusablePrompt: a prompt holds what the model does not know, or is too long.
        UnusableTemperature: it is neither 0 nor within what generators can be drawn from.
    """
    limit, known = model.index["example"]["max_tokens"], model.tokenizer.get_vocab()
    rows = []
    for prompt in asked:
        words = str(prompt).split()
        if unknown := [word for word in words if word not in known]:
            raise prompts.UnusablePrompt(str(prompt), f"holds what the model does not know: {unknown[0]}")
        if len(words) > limit:
            raise prompts.UnusablePrompt(str(prompt), f"has {len(words)} words, and the model reads {limit}")
        rows.append([known[word] for word in words])
    uniforms = model.sampler.random_numbers(seed, len(rows), limit)
    drawn = decode(model.tokenizer, model.sampler.answers(rows, uniforms, temperature, top_p, batch=batch))
    told = [prompts.assembled(p, text.split(), model.voices) for p, text in zip(asked, drawn, strict=True)]
    return [Answer(text, piece, mended) for text, (piece, mended) in zip(drawn, told, strict=True)]


def make(
    model: Path,
    n: int,
    seed: int,
    prompt: list[str] | None = None,
    temperature: float = 0.9,
    top_p: float = 0.95,
    out: Path = Path("music"),
) -> str:
    """Write ``n`` pieces for each prompt as MIDI into the folder ``out``; say which.

    Raises:
        UnusablePrompt: see `answer`, and that there is no prompt.
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `answer` and `load`.
    """
    loaded = load(model)
    asked = [prompts.parse(each) for each in prompt or [""] for _ in range(n)]
    answers = answer(loaded, asked, seed=seed, temperature=temperature, top_p=top_p)
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, each in enumerate(answers, start=1):
        file = out / f"{number}.mid"
        file.write_bytes(write_midi(each.piece))
        lines.append(f"{file}: {described(each.piece)}")
    return "\n".join(lines)


def described(piece: Piece) -> str:
    """Key, metre, bars and notes, in words."""
    notes = sum(len(voice.notes) for voice in piece.voices)
    return f"{piece.key}, {piece.metre}, {piece.ticks // piece.bar_ticks} bars, {notes} notes"


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Answer test prompts with every model; return the samples, and a sentence on them.

    Their columns are prompt_id, prompt, text (the words as drawn), music (the whole piece as a JSON line), mended
    (words left out of it), model, purpose, temperature, top_p and seed. Of each model, first the rows of purpose
    "curve" (all ``temperatures``, top_p 1), then those of purpose "read", for people (``temperature``, ``top_p``),
    which lie as MIDI files in folders of the models' names. The test prompts are the first of a permutation that
    ``seed`` gives. All models answer with the same random numbers, but for those that choose among candidates, which
    take more.
    """
    p = parameters
    test = pd.read_parquet(validated / "test.parquet", columns=["id", "prompt"])
    test = test.iloc[np.random.default_rng(seed).permutation(len(test))]
    plan = [(CURVE, test.head(p.count), temperature, 1.0) for temperature in p.temperatures]
    plan.append((READ, test.head(p.heard), p.temperature, p.top_p))
    frames = []
    with Progress("samples", len(folders) * len(plan)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            for purpose, chosen, temperature, top_p in plan:
                asked = [prompts.parse(prompt) for prompt in chosen["prompt"]]
                with autocast(compute):
                    answers = answer(model, asked, seed=seed, temperature=temperature, top_p=top_p)
                columns = {
                    "prompt_id": chosen["id"],
                    "prompt": chosen["prompt"],
                    "text": [each.words for each in answers],
                    "music": [to_json(each.piece) for each in answers],
                    "mended": [each.mended for each in answers],
                    "model": name,
                }
                settings = {"purpose": purpose, "temperature": temperature, "top_p": top_p, "seed": seed}
                frames.append(pd.DataFrame({**columns, **settings}))
                progress.advance()
                if purpose == READ:
                    _write(answers, chosen["id"].tolist(), out / name)
    samples = pd.concat(frames, ignore_index=True)
    return samples, f"{len(samples)} pieces in {out}; hear {', '.join(f'{out / name}' for name in folders)}"


def _write(answers: list[Answer], ids: list[str], folder_: Path) -> None:
    folder_.mkdir(parents=True, exist_ok=True)
    for identifier, each in zip(ids, answers, strict=True):
        name = re.sub(r"[^\w.+-]", "_", identifier)
        (folder_ / f"{name}.mid").write_bytes(write_midi(each.piece))
