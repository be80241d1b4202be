"""`promptgan reconstruct`: what an autoencoder makes of images, without a repository."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import of_task


def reconstruct(
    model: Annotated[Path, typer.Option(help="A model folder that has an encoder.")] = Path("models/pretrained"),
    images: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            help="Pictures, or folders of such, brought to the model's size; several times for several.",
            show_default="the test split in data/tokens",
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Images, at most.")] = 32,
    out: Annotated[Path, typer.Option(help="The picture that holds them.")] = Path("grid.png"),
) -> None:
    """Put images through an encoder and back.

    The picture holds pairs: an image, and to its right what the generator makes of its code. Works for autoencoders,
    VAEs and VAE-GANs.

    \b
    promptgan reconstruct --model models/pretrained
    promptgan reconstruct --model models/adversarial --images mine.png --images folder --out grid.png
    """
    made = of_task(model, "reconstruction", "name a model of images that has an encoder, such as that of image-vae")
    print(made.reconstruct(model, out, n, images or ()))
