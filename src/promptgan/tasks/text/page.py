"""Answers to prompts on the report page and the model card."""

import shlex
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from promptgan.terms.systems import MODELS
from promptgan.terms.visible import visible

TITLE = "Answers to prompts"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "text-generation"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of text generators and for demonstrations. It knows no facts and repeats what"
    " its training texts say, rudeness included; do not put its answers before people as advice, as facts, or unread."
)
SHOWN = 16
"""Prompts, those of one's own first."""


def markup(samples: Path) -> str:
    """Answers of each model to the same prompts, as an HTML table.

    Args:
        samples: the folder of samples.parquet.
    """
    rows, settings = shown(samples, SHOWN), read(samples)[:1]
    models = [name for name in MODELS if any(name in answers for _, answers in rows)]
    head = Markup("").join(Markup('<th scope="col" class="{0}">{0}</th>').format(name) for name in models)
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            prompt, Markup("").join(Markup("<td>{}</td>").format(answers.get(n) or "(nothing)") for n in models)
        )
        for prompt, answers in rows
    )
    drawn = "".join(f"temperature {row['temperature']:g}, top-p {row['top_p']:g}" for row in settings)
    return Markup(
        '<p class="soft">Not selected: the prompts given in the parameters, then some of the test split, drawn at'
        ' random; {}.</p>\n<div class="table" tabindex="0" role="region" aria-label="answers"><table class="answers">\n'
        '<thead><tr><th scope="col">prompt</th>{}</tr></thead><tbody>\n{}\n</tbody></table></div>'
    ).format(drawn, head, body)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    rows = read(samples)
    prompt = " ".join(rows[0]["prompt"].split()) if rows else "PROMPT"
    asking = f" --prompt {shlex.quote(prompt)}" if prompt else ""
    return f"The folder loads by itself:\n\n    promptgan generate --model {model}{asking} --n 5"


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` prompts, each with the answer of every model by its name, a line each."""
    return [
        (visible(row["prompt"]) or "(no prompt)", {name: visible(row[name]) for name in MODELS if name in row})
        for row in read(samples)[:count]
    ]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    about = []
    if judges.get("kind") != "none":
        ours, simple = (judges[name]["accuracy"] for name in ("matcher", "tf_idf"))
        about.append(
            f"The matcher is small: it picks the true text over a wrong one in {ours:.0%} of cases (TF-IDF:"
            f" {simple:.0%}). Relevance can be no surer than that."
        )
    return [
        "A lower temperature raises BLEU and relevance and lowers diversity. Compare curves, not points.",
        "BLEU does not ask for a length: read it beside length_distance.",
        *about,
        "The generator repeats what its training texts say. It knows no facts, and may be rude or wrong.",
    ]


def read(samples: Path) -> list[dict[str, Any]]:
    """The answers that were made for people, by prompt: those of one's own first, then of the test split."""
    table = pd.read_parquet(samples / "samples.parquet")
    table = table[table["purpose"] == "read"]
    rows = [
        {
            "own": str(prompt_id).startswith("user-"),
            **group.iloc[0][["prompt", "temperature", "top_p"]],
            **dict(zip(group["model"], group["text"], strict=True)),
        }
        for prompt_id, group in table.groupby("prompt_id", sort=False)
    ]
    return sorted(rows, key=lambda row: not row["own"])[:SHOWN]
