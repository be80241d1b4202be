"""Answers to prompts: from a loaded model folder, and for the generate stage from every model at every temperature."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError, shown
from promptgan.core.progress import Progress
from promptgan.forms.tokens.decoding import latent_vectors
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.sampler import BATCH, Sampler, sampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.networks import folder
from promptgan.tasks.text.samples.parameters import Parameters
from promptgan.terms.visible import visible

OPTIONS = frozenset({"prompt", "temperature", "top_p", "interpolate"})
"""What `promptgan generate` takes for a model of texts."""
UNPROMPTED = "(no prompt)"
"""Stands where people look for a prompt and there is none."""
READABLE = 10
"""Test prompts whose answers are written out for people."""


class UnusablePrompt(PromptganError):
    """A prompt has no word, or is not text, or is given to a model whose texts answer none."""


class NothingBetween(PromptganError):
    """There is no way from one answer to another: the model has no latent vectors, or one answer is asked for."""


@dataclass(frozen=True)
class TextModel:
    """What answers prompts."""

    sampler: Sampler
    """Draws as the model's index.json says."""
    tokenizer: Tokenizer
    index: dict[str, Any]
    """The content of index.json."""

    @property
    def generator(self) -> TextGenerator:
        """In evaluation mode."""
        return self.sampler.generator


def load(model: Path, device: torch.device | None = None) -> TextModel:
    """Load what a model folder draws with: its generator, and what chooses among its candidates where there is such.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken, or it makes no texts.
    """
    drawing = folder.read_index(model).get("drawing")
    loaded = folder.load(model, device, ["generator", *([drawing["chosen_by"]] if drawing else [])])
    if loaded.index["task"] != "text":
        raise folder.NotAModelFolder(
            f"the model in {model} makes no text: its task is {loaded.index['task']}",
            "give the folder of one that does",
        )
    return TextModel(sampler(loaded.networks, drawing), load_tokenizer(model), loaded.index)


def answer(
    model: TextModel,
    prompts: list[str],
    *,
    seed: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch: int = BATCH,
    z: torch.Tensor | None = None,
) -> list[str]:
    """Answer each prompt once; the same seed gives the same answers on the same kind of machine.

    ``batch`` is how many texts are drawn at once; an answer that is chosen among candidates takes as many. Where
    answers begin with latent vectors, these are ``z`` (N, Z), or follow from the seed too.

    Raises:
        UnusablePrompt: a prompt is blank, or was not valid UTF-8, or it is not and the model's texts answer none.
        UnusableTemperature: it is neither 0 nor within what generators can be drawn from.
    """
    for prompt in prompts:
        if not model.generator.example.prompted:
            if prompt:
                raise UnusablePrompt("texts of this model answer no prompt", "leave the prompt out")
            continue
        if not prompt.strip():
            raise UnusablePrompt("a prompt is empty", "give a prompt with at least one word")
        try:
            prompt.encode()
        except UnicodeEncodeError as error:  # Python keeps the bytes of a command line as lone surrogates
            raise UnusablePrompt(f"the prompt {shown(prompt)} is not valid UTF-8", "give it in UTF-8") from error
    limit = model.index["example"]["max_tokens"]
    rows = [e.ids[-limit:] for e in model.tokenizer.encode_batch_fast(prompts, add_special_tokens=False)]
    uniforms = model.sampler.random_numbers(seed, len(rows), limit)
    z = latent_vectors(seed, len(rows), model.generator.latent) if z is None else z
    return decode(model.tokenizer, model.sampler.answers(rows, uniforms, temperature, top_p, z, batch))


def make(
    model: Path,
    n: int,
    seed: int,
    prompt: list[str] | None = None,
    temperature: float = 0.7,
    top_p: float = 0.9,
    interpolate: bool = False,
) -> str:
    """``n`` answers to each prompt, below it, as a person may safely see them; ``n`` texts where there are no prompts.

    With ``interpolate`` they begin with latent vectors at equal distances on the straight line between two that
    ``seed`` gives (Bowman et al., 2016, arXiv:1511.06349, section 4.3), and take the likeliest token every time.

    Raises:
        UnusablePrompt: there is none, or one has no word, or there is one and the model's texts answer none.
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `answer` and `load`.
        NothingBetween: there is nothing to interpolate.
    """
    loaded = load(model)
    if not prompt and loaded.generator.example.prompted:
        raise UnusablePrompt("this model answers prompts", "give one, as in --prompt 'how are you?'")
    prompt = prompt or [""]
    asked = [each for each in prompt for _ in range(n)]
    if interpolate:
        z = between(loaded, n, seed).repeat(len(prompt), 1)
        answers = answer(loaded, asked, seed=seed, temperature=0, z=z)
    else:
        answers = answer(loaded, asked, seed=seed, temperature=temperature, top_p=top_p)
    lines = []
    for number, each in enumerate(prompt):
        told = answers[number * n : (number + 1) * n]
        lines += [f"> {visible(each) or UNPROMPTED}", *(f"  {visible(text)}" for text in told)]
    return "\n".join(lines)


def between(model: TextModel, n: int, seed: int) -> torch.Tensor:
    """Latent vectors (n, Z) at equal distances on the line between two that ``seed`` gives, these included.

    Raises:
        NothingBetween: the model has none, or ``n`` is below 2.
    """
    if not model.generator.latent:
        raise NothingBetween(
            "this model's answers begin with no latent vector, so there is nothing to interpolate",
            "train one with `make use RECIPE=text-vae`",
        )
    if n < 2:
        raise NothingBetween("one answer is no way from one to another", "ask for more, as in --n 7")
    first, last = latent_vectors(seed, 2, model.generator.latent)
    return torch.lerp(first, last, torch.linspace(0, 1, n)[:, None])


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

    Their columns are prompt_id, prompt, text, model, purpose, temperature, top_p and seed. Of each model, first the
    rows of purpose "curve" (all ``temperatures``, top_p 1), then those of purpose "read", for people (``temperature``,
    ``top_p``; also to ``prompts``), which ``samples.txt`` shows on a line each, what would break it escaped, below a
    line with these settings. The test prompts are the first of a permutation that ``seed`` gives. All models answer
    with the same random numbers, but for those that choose among candidates, which take more.
    """
    p = parameters
    pairs = pd.read_parquet(validated / "test.parquet", columns=["id", "prompt"])
    pairs = pairs.iloc[np.random.default_rng(seed).permutation(len(pairs))]
    asked = pairs.head(p.count)
    own = pd.DataFrame({"id": [f"user-{i}" for i in range(len(p.prompts))], "prompt": p.prompts})
    read = pd.concat([own, pairs.head(READABLE)]).drop_duplicates("id")
    plan = [("curve", asked, temperature, 1.0) for temperature in p.temperatures]
    plan.append(("read", read, p.temperature, p.top_p))
    frames = []
    with Progress("samples", len(folders) * len(plan)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            for purpose, prompts, temperature, top_p in plan:
                with autocast(compute):
                    texts = answer(model, prompts["prompt"].tolist(), seed=seed, temperature=temperature, top_p=top_p)
                columns = {"prompt_id": prompts["id"], "prompt": prompts["prompt"], "text": texts, "model": name}
                settings = {"purpose": purpose, "temperature": temperature, "top_p": top_p, "seed": seed}
                frames.append(pd.DataFrame({**columns, **settings}))
                progress.advance()
    samples = pd.concat(frames, ignore_index=True)
    (out / "samples.txt").write_text(readable(samples), encoding="utf-8")
    return samples, f"{len(samples)} samples in {out}; read {out / 'samples.txt'}"


def readable(samples: pd.DataFrame) -> str:
    """What samples.txt shows of the samples: how they were drawn, then under each prompt a line of each model."""
    read = samples[samples["purpose"] == "read"]
    first = read.iloc[0]
    settings = f"temperature {first['temperature']:g}, top_p {first['top_p']:g}, seed {first['seed']}"
    blocks = [f"Answers of every model, drawn with {settings}"]
    models = [part for _, part in read.groupby("model", sort=False)]
    for rows in zip(*(part.itertuples() for part in models), strict=True):
        answers = [f"  {row.model:<12} {visible(row.text)}" for row in rows]
        blocks.append("\n".join([visible(rows[0].prompt) or UNPROMPTED, *answers]))
    return "\n\n".join(blocks) + "\n"
