"""Grids of images on the report page, in the terminal and on the model card."""

import base64
from pathlib import Path
from typing import Any

from markupsafe import Markup

from promptgan.terms.systems import SYSTEMS

TITLE = "Images"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "unconditional-image-generation"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of generative models and for demonstrations. What it makes resembles its"
    " training images; do not pass it off as real."
)


def markup(samples: Path) -> str:
    """The grid of each system beside one another, and below them what validation took, as HTML.

    Args:
        samples: the folder of the grids.
    """
    page = Markup(
        '<p class="soft">Not selected: the first images that each model made of the same random numbers, and test'
        ' images drawn at random.</p>\n<div class="figures">\n{}\n</div>'
    ).format(Markup("\n").join(_figure(title, path) for title, path in _grids(samples)))
    if (sheet := samples / "quarantine.png").is_file():
        page += Markup('\n<div class="figures">\n{}\n</div>').format(_figure("taken by validation, and why", sheet))
    return page


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    return f"The folder loads by itself:\n\n    promptgan generate --model {model} --n 64 --out grid.png"


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """Where the grids are, by system."""
    return [("grids to look at", {title: str(path) for title, path in _grids(samples)})]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    ours, simple = (judges[name]["accuracy"] for name in ("classifier", "nearest_mean"))
    return [
        "The Frechet distance is in the features of a small classifier fitted here, not of Inception-v3: it compares"
        " the systems of this page, and no FID from elsewhere compares with it.",
        f"That classifier is right in {ours:.1%} of cases (nearest mean image: {simple:.1%}).",
        "Precision and recall depend on how many images are compared: read them beside the real line.",
    ]


def _figure(title: str, path: Path) -> Markup:
    return Markup(
        '<figure><img class="grid" alt="{title}" src="data:image/png;base64,{data}">'
        "<figcaption>{title}</figcaption></figure>"
    ).format(title=title, data=base64.b64encode(path.read_bytes()).decode())


def _grids(samples: Path) -> list[tuple[str, Path]]:
    paths = ((system.title, samples / f"grid-{system.name}.png") for system in SYSTEMS)
    return [(title, path) for title, path in paths if path.is_file()]
