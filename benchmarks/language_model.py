"""Fine-tuning a pretrained language model: tokens a second here, against a plain loop over transformers and peft.

Both train adapters of rank 16 by AdamW on the same batches of 32 pairs, one after the other in the same run, on two
threads; a token is one of a prompt or a text, its end counted. The plain loop is what a tutorial shows: all blocks
adapted, weights in float32 under bfloat16 autocast where the CPU has it, the whole sequence projected onto the
vocabulary, pairs in random order. Needs `data/tokens` of the recipe text-lm: `make use RECIPE=text-lm tokenize`; of a
recipe that fine-tunes no language model it says so.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import AutoModelForCausalLM

from promptgan.core.compute import Compute, autocast, bfloat16_instructions, prepare
from promptgan.core.parameters import load_params
from promptgan.forms.tokens import form, likelihood
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.forms.tokens.pairs import Pairs, batch_order
from promptgan.networks.tokens.huggingface.network import Generator, joined
from promptgan.networks.tokens.huggingface.parameters import Parameters

TOKENS = Path("data/tokens")
ROUNDS, SIZE, RANK = 6, 32, 16
PLAIN = "plain transformers and peft"


def main() -> None:
    """Print tokens a second of each way, and their ratios to the plain loop, as JSON."""
    if load_params()["generator"]["network"] != "huggingface":
        print(json.dumps({"left_out": "the run here fine-tunes no language model; `make use RECIPE=text-lm` does"}))
        return
    precision = "bfloat16" if bfloat16_instructions() else "float32"
    compute = Compute(device="cpu", threads=2, precision=precision)
    prepare(compute, 1)
    pairs, example = form.split(TOKENS, "train"), form.example(TOKENS)
    ways: dict[str, tuple[Callable[[Batch], None], Iterator[Batch]]] = {PLAIN: (_plain(compute), _at_random(pairs))}
    for name, blocks, weights in (
        ("all blocks adapted", 999, precision),
        ("upper 10 blocks adapted", 10, precision),
        ("upper 10 blocks adapted, weights in float32", 10, "float32"),
    ):
        section = Parameters(network="huggingface", weights=weights, rank=RANK, scale=2.0, blocks=blocks, dropout=0.0)
        ways[name] = _ours(Generator(section, example), compute), _of_like_length(pairs)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, (step, batches) in ways.items():
            batch = next(batches)
            start = time.perf_counter()
            step(batch)
            tokens = int(batch.prompt_lengths.sum() + batch.text_lengths.sum())
            speeds[name].append(tokens / (time.perf_counter() - start))
    found = {name: statistics.median(speeds[name][1:]) for name in ways}
    print(
        json.dumps(
            {
                "precision": precision,
                "tokens_per_second": {name: round(speed, 1) for name, speed in found.items()},
                "times_plain": {name: round(speed / found[PLAIN], 2) for name, speed in found.items()},
            },
            indent=2,
        )
    )


def _plain(compute: Compute) -> Callable[[Batch], None]:
    model = AutoModelForCausalLM.from_pretrained(TOKENS / "base", dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=32, target_modules="all-linear"))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    bos = form.example(TOKENS).bos

    def step(batch: Batch) -> None:
        start = torch.full_like(batch.text[:, :1], bos)
        ids, places = joined(batch.prompt, batch.prompt_lengths, torch.cat([start, batch.text], 1))
        labels = torch.full_like(ids, -100).scatter(1, places[:, 1:], _targets(batch))
        mask = is_real(batch.prompt_lengths + 1 + batch.text_lengths, ids.shape[1])
        with autocast(compute):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def _targets(batch: Batch) -> Tensor:
    return batch.text.masked_fill(~is_real(batch.text_lengths, batch.text.shape[1]), -100)


def _ours(generator: Generator, compute: Compute) -> Callable[[Batch], None]:
    optimizer = torch.optim.AdamW(generator.parameters(), 1e-4, fused=True)
    generator.train()

    def step(batch: Batch) -> None:
        with autocast(compute):
            likelihood.backward(generator, batch)
        optimizer.step()
        optimizer.zero_grad()

    return step


def _at_random(pairs: Pairs) -> Iterator[Batch]:
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(1)).numpy()
    return (pairs.batch(order[i : i + SIZE]) for i in range(0, len(order), SIZE))


def _of_like_length(pairs: Pairs) -> Iterator[Batch]:
    return (pairs.batch(indices) for indices in batch_order(pairs.lengths, SIZE, seed=1, epoch=0))


if __name__ == "__main__":
    main()
