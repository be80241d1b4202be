"""Music on the report page, in the terminal and on the model card."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from promptgan.terms.systems import MODELS

TITLE = "Music"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "other"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of music generators and for exercises in harmony. What it writes may repeat"
    " its training pieces: look at copies before you publish any of it as new."
)
SHOWN = 10
"""Prompts on the page."""


def markup(samples: Path) -> str:
    """What each model answered to the same prompts, as an HTML table.

    Args:
        samples: the folder of samples.parquet.
    """
    rows = shown(samples, SHOWN)
    models = [name for name in MODELS if any(name in answers for _, answers in rows)]
    head = Markup("").join(Markup('<th scope="col" class="{0}">{0}</th>').format(name) for name in models)
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            prompt, Markup("").join(Markup("<td>{}</td>").format(answers[name]) for name in models)
        )
        for prompt, answers in rows
    )
    return Markup(
        '<p class="soft">Not selected: test prompts, drawn at random.</p>\n<div class="table" tabindex="0"'
        ' role="region" aria-label="pieces"><table class="answers">\n<thead><tr><th scope="col">prompt</th>{}</tr>'
        "</thead><tbody>\n{}\n</tbody></table></div>"
    ).format(head, body)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    return f'The folder loads by itself:\n\n    promptgan generate --model {model} --prompt "C major 4/4" --n 5'


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` prompts, each with a line about the answer of every model by its name."""
    table = pd.read_parquet(samples / "samples.parquet")
    table = table[table["purpose"] == "read"]
    rows = []
    for _, group in list(table.groupby("prompt_id", sort=False))[:count]:
        lines = map(_described, group["music"])
        prompt = group["prompt"].iloc[0]
        rows.append(
            (prompt if len(prompt) <= 60 else f"{prompt[:57]}...", dict(zip(group["model"], lines, strict=True)))
        )
    return rows


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return ["Likelihood here is of events: compare nats per quarter with other representations, not nats per token."]


def _described(line: str) -> str:
    """Bars and notes of a piece."""
    piece = json.loads(line)
    notes = sum(len(voice["notes"]) for voice in piece["voices"])
    return f"{notes} notes in {piece['ticks'] / 24:g} quarters"
