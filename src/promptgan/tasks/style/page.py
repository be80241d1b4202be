"""Transfers on the report page, in the terminal and on the model card."""

import shlex
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from promptgan.terms.systems import MODELS
from promptgan.terms.visible import visible

TITLE = "Sentences in another style"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "text-generation"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of text generators and for demonstrations. It changes what a sentence says,"
    " not only how, and repeats what its training sentences say; do not put words into anybody's mouth with it."
)
SHOWN = 16
"""Sentences on the page."""


def markup(samples: Path) -> str:
    """The first sentences and what each model made of them, as an HTML table.

    Args:
        samples: the folder of samples.parquet.
    """
    rows = shown(samples, SHOWN)
    models = [name for name in MODELS if any(name in made for _, made in rows)]
    head = Markup("").join(Markup('<th scope="col" class="{0}">{0}</th>').format(name) for name in models)
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            sentence, Markup("").join(Markup("<td>{}</td>").format(made.get(n) or "(nothing)") for n in models)
        )
        for sentence, made in rows
    )
    return Markup(
        '<p class="soft">Not selected: sentences of the test split, drawn at random, with the style that was wanted; at'
        ' the temperature of the headline.</p>\n<div class="table" tabindex="0" role="region" aria-label="transfers">'
        '<table class="answers">\n<thead><tr><th scope="col">sentence</th>{}</tr></thead><tbody>\n{}\n</tbody></table>'
        "</div>"
    ).format(head, body)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    rows = _read(samples)
    prompt, style = (" ".join(rows[column].iloc[0].split()) for column in ("prompt", "style"))
    return (
        f"The folder loads by itself:\n\n    promptgan generate --model {model} --prompt {shlex.quote(prompt)}"
        f" --style {shlex.quote(style)}"
    )


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` sentences and the style that was wanted, each with what every model made of it."""
    groups = [group for _, group in _read(samples).groupby("prompt_id", sort=False)][:count]
    return [
        (
            f"{visible(group['prompt'].iloc[0])} -> {group['style'].iloc[0]}",
            {name: visible(text) for name, text in zip(group["model"], group["text"], strict=True)},
        )
        for group in groups
    ]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return [
        f"The judge tells {judges['accuracy']:.0%} of unseen sentences right. Style accuracy can be no surer than that,"
        " and an unchanged copy is taken for the wanted style wherever it errs.",
        "Style is easily had for content, and content for style: read both, or `transfer`, which is 0 for a copy.",
        "Content BLEU counts words that stay. It does not know whether those that changed are those of the style.",
        "There are no sentences that people have transferred: nothing here says how well a person would have done it.",
    ]


def _read(samples: Path) -> pd.DataFrame:
    table = pd.read_parquet(samples / "samples.parquet")
    return table[table["headline"]]
