"""Sequences on the report page, in the terminal and on the model card."""

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from promptgan.terms.systems import MODELS

TITLE = "Sequences of an oracle"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "other"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of sequence generators: the distribution that it imitates is known. Its"
    " sequences are numbers and mean nothing."
)
SHOWN = 4
"""Sequences of each model on the page."""


def markup(samples: Path) -> str:
    """The first sequences of each model at temperature 1, as an HTML table.

    Args:
        samples: the folder of samples.parquet.
    """
    body = Markup("\n").join(
        Markup('<tr><th scope="row" class="{0}">{0}</th><td>{1}</td></tr>').format(name, text or "(nothing)")
        for name, texts in _first(samples, SHOWN).items()
        for text in texts
    )
    return Markup(
        '<p class="soft">Not selected: the first sequences that each model made of the same random numbers, at'
        ' temperature 1.</p>\n<div class="table" tabindex="0" role="region" aria-label="sequences">'
        '<table class="answers"><tbody>\n{}\n</tbody></table></div>'
    ).format(body)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    return f"The folder loads by itself:\n\n    promptgan generate --model {model} --n 5 --temperature 1 --top-p 1"


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first sequences of every model, by number."""
    first = _first(samples, count)
    rows = zip(*first.values(), strict=True)
    return [(f"sequence {number}", dict(zip(first, row, strict=True))) for number, row in enumerate(rows, start=1)]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return [
        "A lower temperature alone lowers NLL_oracle, below the real line too: it says nothing without NLL_gen beside"
        " it.",
        "These numbers hold for this oracle. Compare them with published ones only where the oracle is the same.",
    ]


def _first(samples: Path, count: int) -> dict[str, list[str]]:
    table = pd.read_parquet(samples / "samples.parquet")
    table = table[(table["temperature"] == 1.0) & (table["number"] < count)]
    return {
        name: table.loc[table["model"] == name, "text"].tolist() for name in MODELS if (table["model"] == name).any()
    }
