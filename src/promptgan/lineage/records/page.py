"""A comparison of two versions of the data as a page that needs nothing else."""

import re
from pathlib import Path

from promptgan.core.files import write_text
from promptgan.lineage.records.difference import KINDS, Difference, verdict
from promptgan.terms.shift import Moved

FOLDER = Path("reports/data")
BARS = 40
"""Of a picture; the last one holds all that is beyond."""


def write(found: Difference, examples: int) -> Path:
    """Write the page, whole or not at all; the same for the same two versions. Returns its path."""
    from promptgan.reporting.page import templates

    text = (
        templates("promptgan.lineage.records")
        .get_template("difference.html")
        .render(
            found=found,
            verdict=verdict(found),
            kinds=KINDS,
            examples=found.examples(examples),
            tables={
                "Records by split and in quarantine. Moved: from or to another split or quarantine; changed: of those"
                " that stayed where they were.": found.splits,
                "Quarantine by rule. Caught: usable before; released: usable now.": found.rules,
            },
            measures=[measured(each) for each in found.shift.measures],
            pictures={name: _picture(name, *sides) for name, sides in found.shift.histograms.items()},
            strongest=max((abs(each.z) for each in (*found.shift.gained, *found.shift.lost)), default=1.0),
        )
    )
    name = "..".join(re.sub(r"[^\w.@^~-]", "-", version) for version in found.names)
    path = FOLDER / name / "index.html"
    write_text(path, text)
    return path


def measured(each: Moved) -> list[str]:
    """A measure as text: name, before, after, how far it moved."""
    if each.distance is None:
        points = f"{100 * (each.after - each.before):+.2f} points"
        return [each.name, f"{each.before:.2%}", f"{each.after:.2%}", points]
    return [each.name, f"{each.before:,.2f}", f"{each.after:,.2f}", f"distance {each.distance:.4f}"]


def _picture(name: str, before: dict[int, int], after: dict[int, int]) -> str:
    """Both histograms as shares of the records: bars of the latter version, a line of steps of the former."""
    from matplotlib.axes import Axes

    from promptgan.reporting.pictures import COLOURS, INK, svg

    most = max([*before, *after], default=0)
    number = 1 + min(BARS, most)

    def binned(counts: dict[int, int]) -> list[float]:
        bars = [0.0] * number
        for size, count in counts.items():
            bars[min(size, BARS)] += count / max(1, sum(counts.values()))
        return bars

    def draw(axes: Axes) -> None:
        axes.bar(range(number), binned(after), color=COLOURS["adversarial"], alpha=0.55, label="after")
        axes.stairs(binned(before), [n - 0.5 for n in range(number + 1)], color=COLOURS["twin"], label="before")
        axes.set_xlabel(f"{name}{', the last bar: all that have more' if most > BARS else ''}")
        axes.set_ylabel("share of the records")
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, name)
