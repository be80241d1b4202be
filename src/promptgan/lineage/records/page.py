"""A comparison of two versions of the data for people: a table on the terminal and a self-contained page."""

import re
from pathlib import Path
from typing import Any

from promptgan.lineage.records.difference import KINDS, Difference, headline
from promptgan.lineage.records.distributions import Lengths, Share, Word

FOLDER = Path("reports/data")
BARS = 40
"""Lengths in words that a picture shows; the last bar holds all that are longer."""
WIDTH, HEIGHT = 560, 200
"""Of a picture's plot, in its own units."""


def write(found: Difference, folder: Path = FOLDER) -> Path:
    """Write the page, whole or not at all; the same for the same two versions. Returns its path."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("promptgan.lineage.records"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = templates.get_template("difference.html").render(
        found=found,
        verdict=verdict(found),
        kinds=KINDS,
        pictures=[_picture(lengths) for lengths in found.shift.lengths],
        width=WIDTH,
        height=HEIGHT,
        strongest=max((abs(word.z) for word in (*found.shift.gained, *found.shift.lost)), default=1.0),
    )
    name = "..".join(re.sub(r"[^\w.@^~-]", "-", version) for version in found.names)
    path = folder / name / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


def verdict(found: Difference) -> str:
    """The comparison in one sentence."""
    if found.same:
        return "The two are the same bytes: nothing changed."
    if not found.comparable:
        return "No record is in both: these are different data sets altogether, and no row is compared with another."
    if found.md5[0] == found.md5[1]:
        return (
            f"{headline(found)}. dvc.lock has the same data for both: {found.names[1]} was changed by hand,"
            " and the next `make run` puts it right."
        )
    if not found.excluded:
        return f"{headline(found)}."
    are = "is" if found.excluded == 1 else "are"
    return (
        f"{headline(found)} ({found.excluded:,} of the removed {are} excluded by data/excluded.csv, and so neither read"
        " nor quarantined)."
    )


def show(found: Difference) -> None:
    """Print tables of what changed: rows, columns, quarantine, distributions."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110)
    old, new = found.names
    console.print(f"{old}: {found.titles[0] or '(no title)'}\n{new}: {found.titles[1] or '(no title)'}", markup=False)
    console.print(verdict(found), markup=False)
    if found.same:
        return
    for cause in found.causes:
        console.print(f"  because of {cause}", markup=False)

    def table(title: str, *columns: str) -> Table:
        made = Table(*columns, title=title, title_justify="left", title_style="bold")
        for column in made.columns[1:]:
            column.justify = "right"
        return made

    rows = table("Rows", "", old, new, "added", "removed", "moved in", "moved out", "changed")
    for split in found.splits:
        numbers = (split.before, split.after, split.added, split.removed, split.arrived, split.left, split.changed)
        rows.add_row(split.name, *(f"{number:,}" for number in numbers))
    console.print(rows)
    if found.columns:
        columns = ", ".join(f"{name} {count:,}" for name, count in found.columns.items())
        console.print(f"changed columns: {columns}")
    if found.rules:
        rules = table("Quarantine", "rule", old, new, "caught", "released")
        for rule in found.rules:
            rules.add_row(rule.name, *(f"{n:,}" for n in (rule.before, rule.after, rule.caught, rule.released)))
        console.print(rules)
    as_a_whole = table("Usable records as a whole", "", old, new, "moved by")
    for name, before, after, distance in measures(found):
        as_a_whole.add_row(name, before, after, distance)
    console.print(as_a_whole)
    for name, words in (("gained", found.shift.gained), ("lost", found.shift.lost)):
        if words:
            console.print(f"words that {name} most: {', '.join(_word(word) for word in words)}", markup=False)
    for kind, records in found.examples.items():
        if records:
            console.print(f"\n{KINDS[kind]}, {len(records)} of {found.counts[kind]:,}:")
        for record in records:
            console.print(f"  {record['id']} ({record['place']})", markup=False)
            for key in (key for key in record if key not in ("id", "place")):
                console.print(f"    {key}: {record[key]}", markup=False)


def measures(found: Difference) -> list[tuple[str, str, str, str]]:
    """The distributions as rows of text: name, before, after, how far it moved."""
    moved = found.shift
    rows = [
        (f"words of a {x.side}, mean", f"{x.mean_before:.2f}", f"{x.mean_after:.2f}", f"distance {x.distance:.4f}")
        for x in moved.lengths
    ]
    shares = {
        "letters in {} script": moved.scripts,
        "repeated {}": moved.repeated,
        "label {}": moved.labels,
    }
    for name, entries in shares.items():
        rows += [(name.format(x.name), f"{x.before:.2%}", f"{x.after:.2%}", _points(x)) for x in entries]
    if moved.label_distance is not None:
        rows.append(("labels, all", "", "", f"distance {moved.label_distance:.4f}"))
    return rows


def _points(share: Share) -> str:
    return f"{100 * (share.after - share.before):+.2f} points"


def _word(word: Word) -> str:
    return f"{word.word} ({word.before:,.0f} -> {word.after:,.0f})"


def _picture(lengths: Lengths) -> dict[str, Any]:
    """Bars of the latter version and a line of steps of the former, as shares of the records by number of words."""
    sides = [_binned(counts) for counts in (lengths.before, lengths.after)]
    number = max(1, *(len(side) for side in sides))
    sides = [side + [0.0] * (number - len(side)) for side in sides]
    top = max(*sides[0], *sides[1], 1e-9)
    step = WIDTH / number
    former, latter = ([round(HEIGHT * (1 - share / top), 2) for share in side] for side in sides)
    steps = "".join(f"L{i * step:.2f} {y} L{(i + 1) * step:.2f} {y} " for i, y in enumerate(former))
    return {
        "lengths": lengths,
        "bars": [
            {"x": round(i * step + 1, 2), "y": y, "width": round(step - 2, 2), "height": round(HEIGHT - y, 2)}
            for i, y in enumerate(latter)
        ],
        "line": f"M0 {HEIGHT} {steps}L{WIDTH} {HEIGHT}",
        "marks": [{"x": round((i + 0.5) * step, 2), "name": str(i)} for i in range(0, number, max(1, number // 8))],
        "top": f"{top:.1%}",
        "cut": number > BARS,
    }


def _binned(counts: dict[int, int]) -> list[float]:
    total = max(1, sum(counts.values()))
    longest = min(max(counts, default=0), BARS)
    bars = [0.0] * (longest + 1)
    for length, count in counts.items():
        bars[min(length, BARS)] += count / total
    return bars
