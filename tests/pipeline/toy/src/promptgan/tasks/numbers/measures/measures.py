"""Measuring continuations."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from promptgan.tasks.numbers.judges.parameters import Parameters as Judges
from promptgan.tasks.numbers.measures.parameters import Parameters
from promptgan.tasks.numbers.samples.samples import FIRST
from promptgan.tasks.numbers.score.counting import counts_on

from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.networks import folder
from promptgan.terms.comparison import jackknife
from promptgan.terms.metrics import Evaluation
from promptgan.terms.systems import MODELS, REAL, RIVALS


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure real lines and every model's."""
    shares = np.array(json.loads((models / "judges/index.json").read_text())["shares"])
    Judges(digits=parameters.digits)
    table = pd.read_parquet(samples / "samples.parquet")
    val = form.split(tokens, "val")
    sides = (val.rows(side, np.arange(len(val))) for side in ("prompt", "text"))
    lines = {REAL.name: [[*prompt, *text] for prompt, text in zip(*sides, strict=True)]}
    for name, group in table.groupby("model", sort=False):
        rows = [f"{row.first} {row.rest}".split() for row in group.itertuples()]
        lines[str(name)] = [[FIRST + int(digit) for digit in row] for row in rows]
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    systems: dict[str, Any] = {n: f"not applicable: {i['reason']}" for n, i in indices.items() if i["kind"] == "none"}

    def numbers(rows: list[list[int]]) -> dict[str, float]:
        counted = np.bincount([t - FIRST for row in rows for t in row[1:]], minlength=parameters.digits)
        return {
            "right": float(np.mean([counts_on(row[0], row[1:]) for row in rows])),
            "digit_distance": float(np.abs(counted / counted.sum() - shares).sum()),
            "distinct": len(set(map(tuple, rows))) / len(rows),
        }

    def statistic(rows: list[list[int]], keep: Any) -> list[float]:
        return list(numbers([rows[i] for i in keep]).values())

    errors = []
    with Progress("measure", len(lines)) as progress:
        for name, rows in lines.items():
            systems[name] = {key: round(value, 4) for key, value in numbers(rows).items()}
            spread = jackknife(len(rows), 4, seed, partial(statistic, rows))
            errors.append({"system": name, **dict(zip(systems[name], np.round(spread, 4).tolist(), strict=True))})
            progress.advance()
    gaps = {
        rival.name: {"right": round(systems["adversarial"]["right"] - systems[rival.name]["right"], 4)}
        for rival in RIVALS
        if isinstance(systems[rival.name], dict) and isinstance(systems["adversarial"], dict)
    }
    verdict = [f"right: {gap['right']:+.4f} against {name}" for name, gap in gaps.items()] or ["no verdict"]
    metrics = {
        "systems": systems,
        "gaps": gaps,
        "standard_errors": errors,
        "verdict": verdict,
        "signature": [f"right: of {len(table)} continuations"],
    }
    return Evaluation(metrics, [{"model": name, **systems[name]} for name in lines])
