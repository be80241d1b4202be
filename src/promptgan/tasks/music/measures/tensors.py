"""Passages and likelihood of music that is piano rolls."""

from pathlib import Path

import pandas as pd
import torch

from promptgan.forms.tensors import form
from promptgan.forms.tensors.elbo import bounds
from promptgan.forms.tensors.tensors import in_order
from promptgan.media.music import arrays, prompts
from promptgan.tasks.music.samples.tensors import RollModel

BATCH = 64
SAMPLES, SEED = 16, 20160901
"""Latent vectors of each test passage, and the seed of these; no parameters, so that bounds compare."""
SENTENCE = (
    "not defined of piano rolls; of an autoencoder's rolls the importance-weighted bound (arXiv:1509.00519) by"
    f" {SAMPLES} latent vectors, all pixels counted"
)
"""What `nll` is; it goes on with how many nats these are per quarter."""


def passages(tokens: Path, split: str) -> pd.DataFrame:
    """The real passages of a split, as their rolls say them: prompt, piece, and mended (0)."""
    data, labels = form.split(tokens, split), form.classes_of(tokens)
    asked = [prompts.parse(labels[label]) for label in data.labels]
    read = [arrays.read(roll, prompt.metre).words for roll, prompt in zip(data.images, asked, strict=True)]
    voices = data.images.shape[1]
    pieces = [prompts.assembled(prompt, words, voices)[0] for prompt, words in zip(asked, read, strict=True)]
    return pd.DataFrame({"prompt": map(str, asked), "piece": pieces, "mended": 0})


def likelihoods(
    model: RollModel, tokens: Path, quarters: float, temperatures: tuple[float, ...], device: torch.device
) -> dict[float, dict[str, float]]:
    """A bound of the NLL of the test passages per quarter, at temperature 1; none without an encoder."""
    if model.encoder is None:
        return {}
    random, total = torch.Generator().manual_seed(SEED), 0.0
    for batch in in_order(form.split(tokens, "test"), BATCH):
        noise = torch.randn(SAMPLES, len(batch.x), model.generator.latent, generator=random).to(device)
        total += bounds(model.encoder, model.generator, batch.to(device), noise).importance_weighted.sum().item()
    return {1.0: {"nll_quarter": total / quarters}}
