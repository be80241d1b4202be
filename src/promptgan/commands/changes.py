"""A comparison of two versions of the data as tables on the terminal."""

from promptgan.commands.terminal import table, terminal
from promptgan.lineage.records.difference import KINDS, Difference, verdict
from promptgan.lineage.records.page import measured
from promptgan.terms.visible import visible

WIDTH = 110
"""Columns where the output is no terminal."""


def show(found: Difference, examples: int) -> None:
    """Print tables of what changed: rows, columns, quarantine, distributions."""
    console = terminal(WIDTH)
    for version in (found.before, found.after):
        console.print(f"{version.name}: {version.title or '(no title)'}")
    console.print(verdict(found))
    if found.same:
        return
    for cause in found.causes:
        console.print(f"  because of {cause}")

    for title, frame in {"Rows": found.splits, "Quarantine": found.rules}.items():
        if len(frame):
            headings = [str(name).replace("_", " ") for name in frame]
            rows = [[str(name), *(f"{n:,}" for n in row)] for name, *row in frame.itertuples()]
            console.print("", table([title, *headings], rows), sep="\n")
    if found.columns:
        console.print(f"changed columns: {', '.join(f'{name} {count:,}' for name, count in found.columns.items())}")
    heads = ["Usable records as a whole", *found.names, "moved by"]
    console.print("", table(heads, map(measured, found.shift.measures)), sep="\n")
    for name, ranked in (("gained", found.shift.gained), ("lost", found.shift.lost)):
        if ranked:
            words = ", ".join(f"{each.name} ({each.before:,.0f} -> {each.after:,.0f})" for each in ranked)
            console.print(f"words that {name} most: {words}")
    for kind, records in found.examples(examples).items():
        if records:
            console.print(f"\n{KINDS[kind][0]}, {len(records)} of {found.counts[kind]:,}:")
        for record in records:
            console.print(f"  {visible(record['id'])} ({record['place']})")
            for key in (key for key in record if key not in ("id", "place")):
                console.print(f"    {key}: {visible(record[key])}")
