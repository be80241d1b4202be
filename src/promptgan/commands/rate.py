"""`promptgan rate`: people's ratings of answers, blind."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Ratings by people: a blind sheet, and what it says.")
KEY = Path("rating-key.json")


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
    """
    from promptgan.tasks.text import rating

    count = rating.write(Path(), out, key, prompts, seed)
    print(f"{count} answers to rate in {out}; {key} says whose they are")
    print(f"next: a copy for each rater, then `promptgan rate read COPY ... --key {key}`")


@command(app, anywhere=True)
def read(
    sheets: Annotated[list[Path], typer.Argument(help="The filled-in sheets, one for each rater.")],
    key: Annotated[Path, typer.Option(help="What `promptgan rate sheet` wrote beside the sheet.")] = KEY,
    json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Say what raters think of every system, whose answers they prefer, and how far they agree.

    Intervals are of 95 %, over prompts. Krippendorff's alpha is 1 where raters agree, 0 where they do as by chance;
    below 0.67 conclusions are doubtful.
    """
    from promptgan.commands.command import print_json
    from promptgan.commands.terminal import table, terminal
    from promptgan.tasks.text import rating

    found = rating.read(sheets, key)
    if json:
        print_json(found._asdict())
        return
    console = terminal()
    for head, rows in (("mean rating", found.means), ("preference", found.preferences)):
        lines = [[name, f"{mean:.2f}", f"{low:.2f} to {high:.2f}"] for name, (mean, low, high) in rows.items()]
        console.print(table([head, "", "95 %"], lines))
        console.print()
    agreement = "not known, as no answer has two ratings" if found.alpha is None else f"{found.alpha:.3f}"
    console.print(f"{found.raters} rater(s); Krippendorff's alpha: {agreement}")
