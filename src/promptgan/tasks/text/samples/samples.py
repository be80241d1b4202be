"""Answers to prompts: from a loaded model folder, and for the generate stage from every model at every temperature."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from promptgan import base
from promptgan.compute import Compute, autocast
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.pairs import pad
from promptgan.networks import folder
from promptgan.progress import Progress
from promptgan.tasks.text.arrays.arrays import decode
from promptgan.tasks.text.samples.parameters import Parameters


class UnusablePrompt(base.PromptganError):
    """A prompt has no word, or is not text."""


READABLE = 10
"""Test prompts whose answers are written out for people."""


def answer(
    loaded: folder.LoadedGenerator,
    prompts: list[str],
    *,
    seed: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch: int = 256,
) -> list[str]:
    """Answer each prompt once; the same seed gives the same answers on the same kind of machine.

    Raises:
        UnusablePrompt: a prompt is blank, or was not valid UTF-8.
    """
    for prompt in prompts:
        if not prompt.strip():
            raise UnusablePrompt("a prompt is empty", "give a prompt with at least one word")
        try:
            prompt.encode()
        except UnicodeEncodeError as error:  # Python keeps the bytes of a command line as lone surrogates
            raise UnusablePrompt(f"the prompt {base.shown(prompt)} is not valid UTF-8", "give it in UTF-8") from error
    limit = loaded.config["max_tokens"]
    device = next(loaded.model.parameters()).device
    rows = [e.ids[-limit:] for e in loaded.tokenizer.encode_batch_fast(prompts, add_special_tokens=False)]
    uniforms = random_numbers(seed, len(rows), limit)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    answers: dict[int, str] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        padded, lengths = pad([rows[i] for i in chosen])
        texts = sample(
            loaded.model, padded.to(device), lengths.to(device), uniforms[chosen].to(device), temperature, top_p
        )
        answers.update(zip(chosen, decode(loaded.tokenizer, texts), strict=True))
    return [answers[i] for i in range(len(rows))]


def generate(
    folders: dict[str, Path],
    test: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> int:
    """Answer test prompts with every model into ``samples.parquet`` and ``samples.txt``; return the number of samples.

    The Parquet file holds prompt_id, prompt, text, model, purpose, temperature, top_p and seed. Of each model, first
    the rows of purpose "curve" (all ``temperatures``, top_p 1), then those of purpose "read", for people
    (``temperature``, ``top_p``; also to ``prompts``), which the text file shows below a line with these settings. The
    test prompts are the first of a permutation that ``seed`` gives. All models answer with the same random numbers. A
    folder whose stage the recipe does not use is left out.
    """
    p = parameters
    pairs = pd.read_parquet(test, columns=["id", "prompt"])
    pairs = pairs.iloc[np.random.default_rng(seed).permutation(len(pairs))]
    asked = pairs.head(p.count)
    own = pd.DataFrame({"id": [f"user-{i}" for i in range(len(p.prompts))], "prompt": p.prompts})
    read = pd.concat([own, pairs.head(READABLE)]).drop_duplicates("id")
    plan = [("curve", asked, temperature, 1.0) for temperature in p.temperatures]
    plan.append(("read", read, p.temperature, p.top_p))
    frames = []
    used = {name: path for name, path in folders.items() if folder.read_config(path)["kind"] != "none"}
    with Progress("samples", len(used) * len(plan)) as progress:
        for name, path in used.items():
            loaded = folder.load(path, device)
            for purpose, prompts, temperature, top_p in plan:
                with autocast(compute):
                    texts = answer(loaded, prompts["prompt"].tolist(), seed=seed, temperature=temperature, top_p=top_p)
                columns = {"prompt_id": prompts["id"], "prompt": prompts["prompt"], "text": texts, "model": name}
                settings = {"purpose": purpose, "temperature": temperature, "top_p": top_p, "seed": seed}
                frames.append(pd.DataFrame({**columns, **settings}))
                progress.advance()
    out.mkdir(parents=True, exist_ok=True)
    samples = pd.concat(frames, ignore_index=True)
    samples.to_parquet(out / "samples.parquet", index=False, compression="zstd")
    (out / "samples.txt").write_text(_readable(frames[len(plan) - 1 :: len(plan)]), encoding="utf-8")
    return len(samples)


def _readable(frames: list[pd.DataFrame]) -> str:
    first = frames[0].iloc[0]
    settings = f"temperature {first['temperature']:g}, top_p {first['top_p']:g}, seed {first['seed']}"
    blocks = [f"Answers of every model, drawn with {settings}"]
    for rows in zip(*(frame.itertuples() for frame in frames), strict=True):
        answers = [f"  {row.model:<12} {row.text}" for row in rows]
        blocks.append("\n".join([rows[0].prompt, *answers]))
    return "\n\n".join(blocks) + "\n"
