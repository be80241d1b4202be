"""Passages and likelihood of music that is words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch

from promptgan.forms.tokens import form
from promptgan.forms.tokens.likelihood import nll
from promptgan.forms.tokens.pairs import in_order
from promptgan.forms.tokens.sampler import Resampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.media.music.piece import from_json
from promptgan.tasks.music.samples.tokens import WordModel

BATCH = 64
SENTENCE = "per event of the test passages, ends counted, padding not"
"""What `nll` is; it goes on with how many nats these are per quarter."""


def passages(tokens: Path, split: str) -> pd.DataFrame:
    """The real passages of a split, in the keys in which they were written: prompt, piece, and mended (0)."""
    with pa.memory_map(str(tokens / f"{split}.arrow")) as source:
        music = pa.ipc.open_file(source).read_all()["music"].to_pandas()
    rows = np.flatnonzero(music.notna())
    asked = decode(load_tokenizer(tokens), form.split(tokens, split).rows("prompt", rows))
    return pd.DataFrame({"prompt": asked, "piece": map(from_json, music.iloc[rows]), "mended": 0})


def likelihoods(
    model: WordModel, tokens: Path, quarters: float, temperatures: tuple[float, ...], device: torch.device
) -> dict[float, dict[str, float]]:
    """NLL of the test passages at each temperature, and at 1: per event, ends counted, and per quarter.

    Of a model that chooses among candidates there is none, since how probable it makes a piece is not known.
    """
    if isinstance(model.sampler, Resampler):
        return {}
    asked = tuple(dict.fromkeys((*temperatures, 1.0)))
    totals, events = torch.zeros(len(asked), dtype=torch.float64), 0
    for batch in in_order(form.split(tokens, "test"), BATCH):
        nats, count = nll(model.generator, batch.to(device), asked)
        totals, events = totals + nats, events + count
    return {
        temperature: {"nll": total / events, "nll_quarter": total / quarters}
        for temperature, total in zip(asked, totals.tolist(), strict=True)
    }
