"""`promptgan rate`: people's ratings of answers, blind."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptgan.commands.command import command, group, print_json

if TYPE_CHECKING:
    from promptgan.ratings.opinion import Opinion

app = group("Ratings by people: blind sheets, what they say.")
KEY = Path("rating-key.json")
Sheets = Annotated[list[Path], typer.Argument(help="The filled-in sheets, one for each rater.")]
Key = Annotated[Path, typer.Option(help="What `promptgan rate sheet` wrote beside the sheet.")]


@command(app)
def sheet(
    out: Annotated[Path, typer.Argument(help="The sheet to write, a CSV.")] = Path("rating-sheet.csv"),
    key: Annotated[Path, typer.Option(help="Whose answers they are; not for the raters.")] = KEY,
    prompts: Annotated[int, typer.Option(min=10, help="Prompts; every system has an answer to each.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Of the prompts and of their order.")] = 1,
) -> None:
    """Write a sheet of shuffled answers of every system, real ones among them, without saying whose they are.

    Each rater gets a copy and writes into the column rating, from 1 (no answer to this prompt) to 5 (a person could
    have said it). What is left empty does not count.

    \b
    promptgan rate sheet
    promptgan rate read anna.csv ben.csv
    promptgan rate keep anna.csv ben.csv
    """
    from promptgan.ratings.sheet import SheetUnusable, write
    from promptgan.tasks.text.rating import answers

    if key.exists():  # sheets that are out are read with it
        raise SheetUnusable(f"{key} is there already", "name another, so that nobody's ratings are lost")
    count = write(answers(Path()), out, key, prompts, seed)
    print(f"{count} answers to rate in {out}; {key} says whose they are")
    print(f"next: a copy for each rater, then `promptgan rate read COPY ... --key {key}`")


@command(app, anywhere=True)
def read(
    sheets: Sheets,
    key: Key = KEY,
    json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Say what raters think of every system, whose answers they prefer, and how far they agree.

    Intervals are of 95 %, over prompts. Krippendorff's alpha is 1 where raters agree, 0 where they do as by chance;
    below 0.67 conclusions are doubtful.
    """
    from promptgan.ratings import sheet
    from promptgan.ratings.opinion import opinion

    found = opinion(sheet.read(sheets, key))
    if json:
        print_json(found._asdict())
    else:
        _show(found)


@command(app)
def keep(
    sheets: Sheets,
    key: Key = KEY,
    names: Annotated[bool, typer.Option("--names", help="Raters by their files' names; else by number.")] = False,
) -> None:
    """Say it, and keep the ratings in data/ratings.csv, from which the report shows them.

    They take the place of those kept before of the same samples, so name all sheets. Of other samples than those that
    were rated the report shows none of them. Commit the file.
    """
    from promptgan.ratings import kept, sheet
    from promptgan.ratings.opinion import opinion

    ratings = sheet.read(sheets, key, [path.stem for path in sheets] if names else ())
    _show(opinion(ratings))
    others = kept.keep(ratings)
    print(f"kept {len(ratings)} ratings in {kept.LIST}" + (f", beside {others} of other samples" if others else ""))
    print(f"next: `dvc repro report`, then commit {kept.LIST}")


def _show(found: "Opinion") -> None:
    from promptgan.commands.terminal import table, terminal

    console = terminal()
    for head, rows in (("mean rating", found.means), ("preference", found.preferences)):
        lines = [[name, f"{mean:.2f}", f"{low:.2f} to {high:.2f}"] for name, (mean, low, high) in rows.items()]
        console.print(table([head, "", "95 %"], lines))
        console.print()
    agreement = "not known, as no answer has two ratings" if found.alpha is None else f"{found.alpha:.3f}"
    console.print(f"{found.raters} rater(s), {found.prompts} prompts; Krippendorff's alpha: {agreement}")
