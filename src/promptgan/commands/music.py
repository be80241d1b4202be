"""`promptgan harmonise` and `promptgan continue`: what a model of music does with your own, without a repository."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import of_task
from promptgan.core.errors import PromptganError

REMEDY = "name a model of a recipe that makes music, such as music-lstm"
ASKED = (
    "name a model that learnt this (validate.prompt.kind: melody, to harmonise; opening, to continue), and give music"
    " in a metre and a range that it learnt, with no more --bars, or --opening, than its passages had"
)
Model = Annotated[Path, typer.Option(help="A model folder.")]
Out = Annotated[Path, typer.Option(help="The folder of the pieces: MIDI, MusicXML, a piano roll and sound of each.")]
Count = Annotated[int, typer.Option("--n", min=1, help="How many ways.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same pieces.")]
Temperature = Annotated[float, typer.Option(help="0 takes the likeliest event every time.")]
TopP = Annotated[float, typer.Option(min=0.01, max=1, help="Share of the probability drawn from.")]


class UnusableMusic(PromptganError):
    """A file gives what the model cannot answer."""


def harmonise(
    melody: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="MIDI or MusicXML; its highest voice.")],
    model: Model = Path("models/adversarial"),
    out: Out = Path("music"),
    n: Count = 1,
    bars: Annotated[int, typer.Option(min=1, help="Of a phrase: as many as passages had when the model learnt.")] = 4,
    seed: Seed = 1,
    temperature: Temperature = 0.9,
    top_p: TopP = 0.95,
) -> None:
    """Write the voices below a melody.

    Needs a model that learnt to (validate.prompt.kind: melody), and its folder alone: it works anywhere, from a wheel
    too. A melody without a key signature has the key that fits it best. Phrases are harmonised each by itself.

    \b
    promptgan harmonise --model models/adversarial --melody tune.mid --n 3 --out pieces
    """
    _answer("harmonise", model, melody, out, n, bars=bars, seed=seed, temperature=temperature, top_p=top_p)


def continue_(
    midi: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="MIDI or MusicXML, of the model's voices.")],
    model: Model = Path("models/adversarial"),
    out: Out = Path("music"),
    n: Count = 1,
    bars: Annotated[int, typer.Option(min=1, max=400, help="How many are written.")] = 4,
    opening: Annotated[
        int, typer.Option(min=1, help="Bars that are read at a time: as many as validate.prompt.bars says.")
    ] = 1,
    seed: Seed = 1,
    temperature: Temperature = 0.9,
    top_p: TopP = 0.95,
) -> None:
    """Write how a piece might go on.

    Needs a model that learnt to (validate.prompt.kind: opening), and its folder alone: it works anywhere, from a wheel
    too.

    \b
    promptgan continue --model models/adversarial --midi mine.mid --bars 8 --out pieces
    """
    asked = {"bars": bars, "opening": opening, "seed": seed, "temperature": temperature, "top_p": top_p}
    _answer("continue_", model, midi, out, n, **asked)


def _answer(request: str, model: Path, file: Path, out: Path, n: int, **asked: float) -> None:
    """Print what came of a request, a function of the task's module of such."""
    from promptgan.media.music.prompts import UnusablePrompt

    module = of_task(model, "requests", REMEDY)
    try:
        print(getattr(module, request)(model, file, out, n, **asked))
    except UnusablePrompt as error:  # whoever gives a file has written no prompt
        raise UnusableMusic(f"{file}: {error.problem}", ASKED) from None
