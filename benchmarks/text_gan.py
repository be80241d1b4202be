"""Training text GANs at the size of their literature: promptgan's steps against bare PyTorch loops, in one run.

Vocabulary 5,000, 20 tokens, embedding and hidden 32, batches of 64, 16 roll-outs (Yu et al., 2017), one thread, random
sequences. The bare loops know neither prompts nor ends: a GRU, a projection, and what the loop needs. The last figure
is of the default recipe's sizes: what a token costs in its adversarial phase, as multiples of a likelihood step's.
Needs nothing but the package; prints JSON.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import pyarrow as pa
import torch
import yaml
from torch import Tensor, nn

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.training.loop.method import Method
from promptgan.training.loop.players import player
from promptgan.training.setting import Setting

VOCABULARY, LENGTH, SIZE, BATCH, ROLL_OUTS, SENTENCES, ROUNDS = 5000, 20, 32, 64, 16, 10_000, 5
COMPUTE = Compute(device="cpu", threads=1, precision="float32")
SMALL: dict[str, dict[str, Any]] = {
    "generator": {
        "network": "recurrent", "cell": "gru", "embedding": SIZE, "width": SIZE, "layers": 1, "dropout": 0.0,
    },
    "discriminator": {"network": "convolutional", "embedding": SIZE, "width": SIZE, "kernel": 3, "dropout": 0.0},
}  # fmt: skip


class Bare(nn.Module):
    """The generator that a tutorial shows."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, SIZE)
        self.cell = nn.GRU(SIZE, SIZE, batch_first=True)
        self.project = nn.Linear(SIZE, VOCABULARY)

    def step(self, token: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N, V) after one token (N,) of each sequence, and the state."""
        features, state = self.cell(self.embedding(token[:, None]), state)
        return self.project(features[:, 0]), state


def main() -> None:
    """Print the ratio of each of our steps to its bare loop; below 1 is faster."""
    prepare(COMPUTE, 1)
    with tempfile.TemporaryDirectory() as folder:
        small = _setting(Path(folder) / "small.arrow", Example(VOCABULARY, LENGTH), SMALL, prompt=1, text=LENGTH)
        default = _sections("text-gumbel")
        large = _setting(Path(folder) / "large.arrow", Example(4000, 12), default, prompt=12, text=13)
        bare = Bare()
        result = {
            "sampling": _ratio(lambda: _sampled(small), lambda: _bare_sampled(bare)),
            "policy_gradient_step": _ratio(_step(_method(small, "text-seqgan")), lambda: _bare_roll_outs(bare)),
            "likelihood_epoch": _ratio(_likelihood(small), _bare_likelihood(bare, small)),
            "gumbel_step_per_token": _ratio(_step(_method(large, "text-gumbel")), _likelihood(large, batches=1)),
        }
    print(json.dumps(result, indent=2))


def _ratio(ours: Callable[[], None], theirs: Callable[[], None]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS + 1):
        for name, run in (("ours", ours), ("bare", theirs)):
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    found = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    return {
        **{name: round(value, 4) for name, value in found.items()},
        "ratio": round(found["ours"] / found["bare"], 3),
    }


def _sections(recipe: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path(f"recipes/{recipe}.yaml").read_text(encoding="utf-8"))
    return document


def _setting(path: Path, example: Example, sections: dict[str, Any], prompt: int, text: int) -> Setting:
    """A generator that training can go on from, over random pairs of one length."""
    random = np.random.default_rng(1)
    columns = {
        name: pa.array(random.integers(4, example.vocabulary, (SENTENCES, width)).tolist(), pa.list_(pa.uint16()))
        for name, width in (("prompt", prompt), ("text", text - 1))
    }
    table = pa.table(columns)
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    pairs = Pairs(path)
    here = Setting("tokens", example, sections, {}, pairs, pairs, COMPUTE, 1, torch.device("cpu"))
    chosen = choose("promptgan.objectives", "non_saturating", "train.objective")
    return Setting(**{**vars(here), "start": {"generator": here.network("generator")}, "objective": chosen})


def _method(setting: Setting, recipe: str) -> Method:
    section = {**_sections("text-gumbel")["train"], **_sections(recipe)["train"], "batch": BATCH}
    if section["method"] == "policy_gradient":
        section = {key: value for key, value in section.items() if key not in ("waiting", "gumbel_start", "gumbel_end")}
        section |= {"likelihood_weight": 0.0, "roll_outs": ROLL_OUTS}
    parameters = chosen_section("promptgan.training.methods", "train", section, "method")
    method: Method = choose("promptgan.training.methods", section["method"], "train.method", "method").build(
        setting, parameters
    )[0]
    return method


def _step(method: Method) -> Callable[[], None]:
    """Units of work, one after the other: both players' steps."""
    counter = iter(range(10**6))
    return lambda: (method.step(next(counter)), None)[1]


def _sampled(setting: Setting) -> None:
    generator: Any = setting.start["generator"].eval()
    uniforms = random_numbers(1, BATCH, LENGTH)
    prompt, lengths = torch.full((BATCH, 1), 4), torch.ones(BATCH, dtype=torch.int64)
    for _ in range(SENTENCES // BATCH // 10):
        sample(generator, prompt, lengths, uniforms)


@torch.no_grad()
def _bare_sampled(bare: Bare) -> None:
    for _ in range(SENTENCES // BATCH // 10):
        _bare_drawn(bare, torch.full((BATCH,), 2), torch.zeros(1, BATCH, SIZE), LENGTH)


def _bare_drawn(bare: Bare, token: Tensor, state: Tensor, count: int) -> list[Tensor]:
    drawn = []
    for _ in range(count):
        logits, state = bare.step(token, state)
        cumulative = logits.softmax(-1).cumsum(-1)
        token = torch.searchsorted(cumulative, torch.rand(len(token), 1) * cumulative[:, -1:])[:, 0]
        drawn.append(token)
    return drawn


@torch.no_grad()
def _bare_roll_outs(bare: Bare) -> None:
    """Of every beginning of 64 sequences, 16 completions, whose beginnings are read once."""
    token, state = torch.full((BATCH,), 2), torch.zeros(1, BATCH, SIZE)
    for t in range(LENGTH - 1):
        logits, state = bare.step(token, state)
        token = torch.multinomial(logits.softmax(-1), 1)[:, 0]
        rows = torch.arange(BATCH).repeat_interleave(ROLL_OUTS)
        _bare_drawn(bare, token[rows], state[:, rows], LENGTH - 1 - t)


def _likelihood(setting: Setting, batches: int = 20) -> Callable[[], None]:
    generator: Any = setting.start["generator"]
    learner = player("generator", generator, 1e-3)

    def run() -> None:
        generator.train()
        for number in range(batches):
            likelihood.backward(generator, setting.train.batch(np.arange(BATCH) + number * BATCH))
            learner.update()

    return run


def _bare_likelihood(bare: Bare, setting: Setting, batches: int = 20) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(bare.parameters(), 1e-3)

    def run() -> None:
        for number in range(batches):
            text = setting.train.batch(np.arange(BATCH) + number * BATCH).text
            inputs = torch.cat([torch.full_like(text[:, :1], 2), text[:, :-1]], 1)
            features, _ = bare.cell(bare.embedding(inputs))
            loss = nn.functional.cross_entropy(bare.project(features).flatten(0, 1), text.flatten())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    return run


if __name__ == "__main__":
    main()
