"""Continuations on the report page and the model card."""

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

TITLE = "Counting"
PIPELINE_TAG = "other"
USES = "For counting."


def markup(samples: Path) -> str:
    """The continuations as a list."""
    rows = pd.read_parquet(samples / "samples.parquet").head(8)
    items = [Markup("<li>{}: {} | {}</li>").format(r.model, r.first, r.rest) for r in rows.itertuples()]
    return Markup("<ul>{}</ul>").format(Markup("").join(items))


def card(samples: Path, model: str) -> str:
    """How to draw from a model folder."""
    return f"Its weights are in {model}."


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` continuations of every model."""
    rows = pd.read_parquet(samples / "samples.parquet").groupby("model").head(count)
    return [("continuations", {model: " | ".join(map(str, made["rest"])) for model, made in rows.groupby("model")})]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number."""
    return [f"The judge knows {len(judges['shares'])} digits."]
