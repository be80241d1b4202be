"""Measuring music on test, side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.forms.tokens.likelihood import nll
from promptgan.forms.tokens.pairs import in_order
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.music import prompts
from promptgan.music.piece import TICKS_PER_QUARTER, Piece, from_json
from promptgan.networks import folder
from promptgan.tasks.music.measures.parameters import Parameters
from promptgan.tasks.music.samples.samples import CURVE, load
from promptgan.terms import comparison
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import MODELS, REAL

Row = dict[str, Any]
BATCH = 64


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and real music as if it had been generated."""
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    drawn = pd.read_parquet(samples / "samples.parquet")
    drawn = drawn[drawn["purpose"] == CURVE]
    test, tokenizer = form.split(tokens, "test"), load_tokenizer(tokens)
    sides = [decode(tokenizer, test.rows(side, np.arange(len(test)))) for side in ("prompt", "text")]
    asked = [prompts.parse(prompt) for prompt in sides[0]]
    voices = load(models / MODELS[used[0]], device).voices
    real = [prompts.assembled(p, text.split(), voices)[0] for p, text in zip(asked, sides[1], strict=True)]
    quarters = sum(piece.ticks for piece in real) / TICKS_PER_QUARTER
    rows: list[Row] = [{"model": REAL.name, "temperature": None, **counted(real, sides[1], [0] * len(real))}]
    systems: dict[str, Any] = {REAL.name: rows[0]}
    with Progress("evaluate", len(used)) as progress:
        for name in used:
            curve = drawn[drawn["model"] == name]
            temperatures = tuple(float(t) for t in curve["temperature"].unique())
            generator = load(models / MODELS[name], device).generator
            totals, count = torch.zeros(len(temperatures), dtype=torch.float64), 0
            for batch in in_order(test, BATCH):
                nats, read = nll(generator, batch.to(device), temperatures)
                totals, count = totals + nats, count + read
            for temperature, total in zip(temperatures, totals.tolist(), strict=True):
                part = curve[curve["temperature"] == temperature]
                pieces = [from_json(line) for line in part["music"]]
                likelihoods = {"nll": total / count, "nll_quarter": total / quarters}
                numbers = counted(pieces, part["text"].tolist(), part["mended"].tolist())
                rows.append({"model": name, "temperature": temperature, **likelihoods, **numbers})
                if temperature == 1:
                    systems[name] = rows[-1]
            progress.advance()
    systems = {
        name: {k: v for k, v in row.items() if k not in ("model", "temperature")} for name, row in systems.items()
    }
    systems |= {name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used}
    reason = comparison.withheld(indices, len(real), parameters.jackknife_groups)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": {},
        "standard_errors": [],
        "verdict": [reason] if reason else comparison.verdict([]),
        "signature": [f"nll: of the answers of {len(test)} test passages, ends counted; nll_quarter over {quarters:g}"],
    }
    return Evaluation(rounded(metrics), rounded([{"nll": None, "nll_quarter": None, **row} for row in rows]))


def counted(pieces: list[Piece], texts: list[str], mended: list[int]) -> Row:
    """What is counted in answers."""
    runs = [run for text in texts for run in zip(*(text.split()[i:] for i in range(4)), strict=False)]
    notes = sum(len(voice.notes) for piece in pieces for voice in piece.voices)
    return {
        "notes": notes * TICKS_PER_QUARTER / sum(piece.ticks for piece in pieces),
        "distinct": len(set(runs)) / max(1, len(runs)),
        "mended": 100 * sum(mended) / max(1, sum(len(text.split()) for text in texts)),
    }
