"""How often each discriminator ranks the real answer above one that the likelihood twin draws to the same prompt.

All learn alone from the same batches: real pairs, the twin's answers, and real answers under wrong prompts, as in the
warm-up of an adversarial training. What is measured is on validation pairs, which neither has seen. Needs `data/tokens`
and `models/pretrained` of a finished run. Two threads; prints JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any, cast

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import torch
import typer
from torch import Tensor

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, prepare
from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.pairs import Pairs, pad
from promptgan.networks import folder
from promptgan.training.adversarial.discrimination import Discrimination, known
from promptgan.training.loop.players import PlayerParameters

TOKENS, TWIN = Path("data/tokens"), Path("models/pretrained")
SEED, SIZE = 1, 64
SECTIONS: dict[str, dict[str, Any]] = {
    "convolutional": {"network": "convolutional", "embedding": 128, "width": 192, "kernel": 3, "dropout": 0.2},
    "recurrent": {
        "network": "recurrent", "cell": "gru", "embedding": 128, "width": 192, "layers": 1, "dropout": 0.2,
    },
    "transformer": {"network": "transformer", "width": 128, "heads": 4, "layers": 2, "context": 80, "dropout": 0.1},
    "multi_representation": {
        "network": "multi_representation", "embedding": 128, "representations": 16, "width": 48,
        "kernels": [2, 3, 4, 5], "dropout": 0.25,
    },
}  # fmt: skip
RATES = {"transformer": 0.0005}
"""Learning rates that are not 0.002."""


def main(
    steps: Annotated[int, typer.Option(help="Batches of 64 pairs that each learns from.")] = 600,
    count: Annotated[int, typer.Option(help="Validation pairs.")] = 2000,
) -> None:
    """Print, for each discriminator, how often the real answer is above the twin's and above a wrong one."""
    compute = Compute(device="cpu", threads=2, precision="float32")
    device = prepare(compute, SEED)
    example, train, val = form.example(TOKENS), form.split(TOKENS, "train"), form.split(TOKENS, "val")
    twin = cast("TextGenerator", folder.load(TWIN, device).networks["generator"])
    real = known(train, SIZE, example.unk, SEED)
    with Progress("the twin's answers", steps) as progress:
        batches = []
        for number in range(steps):
            batch = real[number].to(device)
            batches.append((batch, *_answers(twin, batch)))
            progress.advance()
    held_out = [(batch, *_answers(twin, batch)) for batch in _validation(val, example.unk, count)]
    result = {}
    for name, section in SECTIONS.items():
        torch.manual_seed(SEED)
        network = cast("TextDiscriminator", folder.build("tokens", "discriminator", section, example))
        if network.embedding.weight.shape == twin.embedding.weight.shape:
            network.embedding.weight.data.copy_(twin.embedding.weight.data)
        rate = RATES.get(name, 0.002)
        optimiser = PlayerParameters(learning_rate=rate, betas=[0.5, 0.98], weight_decay=0.01, clip=1.0, steps=1)
        player = optimiser.player("discriminator", network)
        objective = choose("promptgan.objectives", "non_saturating", "train.objective")
        discrimination = Discrimination(network, player, objective, None, 0.0, compute)
        start = time.perf_counter()
        with Progress(name, steps) as progress:
            for batch, tokens, lengths in batches:
                discrimination.step(batch, tokens, lengths)
                progress.advance()
        seconds = time.perf_counter() - start
        result[name] = {
            **_ranks(discrimination, held_out),
            "weights": sum(weight.numel() for weight in network.parameters()),
            "seconds": round(seconds, 1),
        }
    print(json.dumps({"steps": steps, "validation_pairs": sum(len(b) for b, *_ in held_out), **result}, indent=2))


def _answers(twin: TextGenerator, batch: Batch) -> tuple[Tensor, Tensor]:
    uniforms = torch.rand(len(batch), twin.example.max_tokens)
    return pad(sample(twin, batch.prompt, batch.prompt_lengths, uniforms), (twin.example.eos,))


def _validation(val: Pairs, unk: int | None, count: int) -> list[Batch]:
    """Pairs that the twin could have written, in batches of like length."""
    chosen = np.arange(len(val)) if unk is None else val.without(unk)
    wanted = set(chosen[:count].tolist())
    order = [index for index in np.argsort(val.lengths, kind="stable").tolist() if index in wanted]
    return [val.batch(np.array(order[start : start + SIZE])) for start in range(0, len(order), SIZE)]


@torch.no_grad()
def _ranks(discrimination: Discrimination, held_out: list[tuple[Batch, Tensor, Tensor]]) -> dict[str, float]:
    discrimination.discriminator.eval()
    embed = discrimination.discriminator.embedding
    drawn, wrong = [], []
    for batch, tokens, lengths in held_out:
        real = discrimination.scores(batch, embed(batch.text), batch.text_lengths)
        drawn.append(real > discrimination.scores(batch, embed(tokens), lengths))
        other, ends = batch.text.roll(1, 0), batch.text_lengths.roll(1, 0)
        differs = (other != batch.text).any(1)
        wrong.append((real > discrimination.scores(batch, embed(other), ends))[differs])
    return {
        "real_above_drawn": round(torch.cat(drawn).float().mean().item(), 4),
        "right_above_wrong": round(torch.cat(wrong).float().mean().item(), 4),
    }


if __name__ == "__main__":
    typer.run(main)
