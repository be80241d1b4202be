"""Grids of images on the report page, in the terminal and on the model card."""

import base64
from pathlib import Path
from typing import Any

from markupsafe import Markup

from promptgan.terms.systems import MODELS, SYSTEMS

TITLE = "Images"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "unconditional-image-generation"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of generative models and for demonstrations. What it makes resembles its"
    " training images; do not pass it off as real."
)


def markup(samples: Path) -> str:
    """The grid of each system; below, what autoencoders make of test images, the course of training, the quarantine.

    Args:
        samples: the folder of the grids.
    """
    parts = [
        '<p class="soft">Not selected: the first images that each model made of the same random numbers, and test'
        " images drawn at random.</p>\n",
        _figures(_grids(samples)),
    ]
    if reconstructions := _grids(samples, "reconstructions"):
        parts += [
            '\n<p class="soft">The same test images, each with what an autoencoder makes of it to its right.</p>\n',
            _figures(reconstructions),
        ]
    if courses := _grids(samples, "course"):
        parts += [
            '\n<p class="soft">Through training: each column is of one input, each row of one validation.</p>\n',
            _figures(courses),
        ]
    if (sheet := samples / "quarantine.png").is_file():
        parts += ["\n", _figures([("taken by validation, and why", sheet)])]
    return Markup("").join(Markup(part) for part in parts)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, and to reconstruct with it where it can, in Markdown."""
    lines = f"The folder loads by itself:\n\n    promptgan generate --model {model} --n 64 --out grid.png"
    name = next((name for name, folder in MODELS.items() if folder == Path(model).name), None)
    if not (samples / f"reconstructions-{name}.png").is_file():
        return lines
    return (
        f"{lines}\n    promptgan reconstruct --model {model} --images FOLDER --out grid.png\n\n"
        "A plain autoencoder (`image-ae`) refuses the first: its codes have no prior."
    )


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """Where the grids are, by the name of the system."""
    paths = {system.name: samples / f"grid-{system.name}.png" for system in SYSTEMS}
    return [("grids to look at", {name: str(path) for name, path in paths.items() if path.is_file()})]


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return [
        "The Frechet distance is in the features of a small classifier fitted here, or where it says so of"
        " EfficientNet-lite0: it compares the systems of this page, and no FID from elsewhere compares with it. Only"
        " what is called FID, where that was measured, is in those of Inception-v3.",
        _learnt(judges),
        "Distances, precision, recall, density and coverage depend on how many images are compared: read them beside"
        " the real line.",
    ]


def _learnt(judges: dict[str, Any]) -> str:
    if judges["classes"] == 1:
        return (
            "All images have one label, so that classifier had nothing to learn. Its features are those of a random"
            " network: Frechet and kernel distance, precision, recall, density and coverage in them compare coarsely."
            " Classes, label agreement and CAS mean nothing here. What EfficientNet-lite0 and pixels say holds:"
            " evaluate.extractor efficientnet_lite0 takes more than 1,280 images."
        )
    ours, simple = (judges[name]["accuracy"] for name in ("classifier", "nearest_mean"))
    beyond = "" if ours > simple else ", so what is measured in its features is coarse: it learns from the judge split"
    return f"That classifier is right in {ours:.1%} of cases (nearest mean image: {simple:.1%}){beyond}."


def _figures(pictures: list[tuple[str, Path]]) -> Markup:
    figures = Markup("\n").join(
        Markup(
            '<figure><img alt="{title}" src="data:image/png;base64,{data}"><figcaption>{title}</figcaption></figure>'
        ).format(title=title, data=base64.b64encode(path.read_bytes()).decode())
        for title, path in pictures
    )
    return Markup('<div class="figures">\n{}\n</div>').format(figures)


def _grids(samples: Path, kind: str = "grid") -> list[tuple[str, Path]]:
    paths = ((system.title, samples / f"{kind}-{system.name}.png") for system in SYSTEMS)
    return [(title, path) for title, path in paths if path.is_file()]
