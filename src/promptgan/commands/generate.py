"""`promptgan generate`: what a trained model makes, without a repository."""

from pathlib import Path
from typing import Annotated, Any

import typer

from promptgan.commands.command import task_of

TEMPERATURE, TOP_P = 0.7, 0.9
"""Of the section `generate` in every preset of texts; in a wheel, which holds no preset, they must stand here."""


def generate(
    model: Annotated[Path, typer.Option(help="A model folder.")] = Path("models/adversarial"),
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="What to answer, or to put into a style, or what images shall show; give it several times for several."
        ),
    ] = None,
    style: Annotated[str | None, typer.Option(help="Sentences with a style: the one that is wanted.")] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Samples: to each prompt, or in all.")] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(help="Texts: 0 takes the likeliest token every time.", show_default=str(TEMPERATURE)),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(min=0.01, max=1, help="Texts: share of the probability drawn from.", show_default=str(TOP_P)),
    ] = None,
    interpolate: Annotated[
        bool,
        typer.Option(
            "--interpolate", help="Texts: the likeliest answers on the way from one latent vector to another."
        ),
    ] = False,
    bars: Annotated[int | None, typer.Option(min=1, max=400, help="Music in a key: how long.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Images: the picture of all; each is in the folder of its name too. Music: the folder of the pieces.",
            show_default="grid.png, music",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same samples.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads; sums depend on it.", show_default="all")
    ] = None,
) -> None:
    """Draw answers, images or music from a trained generator.

    Needs the model folder alone: it works anywhere, from a wheel too. Temperature and top-p are by default those of the
    presets' section `generate`, with which the report's answers are made; params.yaml is not read.

    A model that takes each answer out of k candidates (text-residual) does so here too, and draws k times as much.

    \b
    promptgan generate --model models/adversarial --prompt "how was your weekend?" --n 5
    promptgan generate --model models/pretrained --prompt "any plans?" --n 7 --interpolate
    promptgan generate --model models/adversarial --prompt "the plot is dull" --style positive
    promptgan generate --model models/adversarial --n 64 --out grid.png
    promptgan generate --model models/adversarial --prompt "an ankle boot" --n 8 --out boots.png
    promptgan generate --model models/adversarial --prompt "C major 4/4" --bars 8 --out pieces
    """
    from promptgan.core import compute
    from promptgan.core.choices import choose
    from promptgan.quality.normalise import TASKS, normalise

    task = task_of(model)
    samples = choose("promptgan.tasks", task, f"{model / 'index.json'} task", "samples.samples")
    if prompt and task in TASKS:
        prompt = [normalise(each) for each in prompt]
    given: dict[str, Any] = {"prompt": prompt, "temperature": temperature, "top_p": top_p, "bars": bars, "out": out}
    given |= {"style": style, "interpolate": interpolate or None}
    given = {name: value for name, value in given.items() if value not in (None, [])}
    for name in given.keys() - samples.OPTIONS:
        raise typer.BadParameter(f"--{name.replace('_', '-')} means nothing to a model whose task is {task}")
    if threads:
        compute.use_threads(threads)
    print(samples.make(model, n, seed, **given))
