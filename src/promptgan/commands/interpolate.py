"""`promptgan interpolate`: what lies between two images or two pieces of music, without a repository."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from promptgan.commands.command import of_task


def interpolate(
    model: Annotated[Path, typer.Option(help="A model folder.")] = Path("models/adversarial"),
    n: Annotated[int, typer.Option("--n", min=2, help="Images or pieces, the two ends among them.")] = 16,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Images: a strip; a film where the name ends in .gif. Music: the folder of the pieces.",
            show_default="strip.png, music",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed goes the same way.")] = 1,
    prompt: Annotated[
        str | None, typer.Option(help="What images or music are asked for by.", show_default="the first label")
    ] = None,
    between: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="Music, of a model with an encoder: two MIDI or MusicXML files, the ends."
        ),
    ] = None,
) -> None:
    """Go from one image, or piece of music, to another.

    The way goes through latent vectors: between images on a great circle, between pieces in a straight line. Both ends
    are drawn, or of music given.
    Texts have `promptgan generate --interpolate`.

    \b
    promptgan interpolate --model models/adversarial --n 16 --out strip.png
    promptgan interpolate --model models/pretrained --n 32 --out film.gif
    promptgan interpolate --model models/pretrained --between one.mid other.mid --n 8 --out pieces
    """
    remedy = "texts with latent vectors have `promptgan generate --interpolate`; images and piano rolls have this"
    made = of_task(model, "interpolation", remedy)
    known = inspect.signature(made.interpolate).parameters
    out = out or getattr(made, "OUT", Path("strip.png"))
    given: dict[str, Any] = {"out": out, "prompt": prompt, "between": between}
    given = {name: value for name, value in given.items() if value is not None}
    for name in given.keys() - known:
        raise typer.BadParameter(f"--{name} means nothing to this model")
    print(made.interpolate(model, n, seed, **given))
