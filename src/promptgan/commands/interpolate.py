"""`promptgan interpolate`: what lies between two images, without a repository."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import of_task


def interpolate(
    model: Annotated[Path, typer.Option(help="A model folder.")] = Path("models/adversarial"),
    n: Annotated[int, typer.Option("--n", min=2, help="Images, the two ends among them.")] = 16,
    out: Annotated[Path, typer.Option(help="A strip; a film where the name ends in .gif.")] = Path("strip.png"),
    seed: Annotated[int, typer.Option(min=0, help="The same seed goes the same way.")] = 1,
    prompt: Annotated[
        str | None, typer.Option(help="What images are asked for by.", show_default="the first label")
    ] = None,
) -> None:
    """Go from one image to another through latent vectors.

    Both ends are drawn, and the way between them is a great circle. Texts have `promptgan generate --interpolate`.

    \b
    promptgan interpolate --model models/adversarial --n 16 --out strip.png
    promptgan interpolate --model models/pretrained --n 32 --out film.gif
    """
    made = of_task(
        model, "interpolation", "texts with latent vectors have `promptgan generate --interpolate`; images have this"
    )
    print(made.interpolate(model, n, seed, out, prompt))
