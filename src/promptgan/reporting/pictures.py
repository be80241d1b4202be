"""Pictures as SVG text that is the same for the same numbers, and that follows the page's light or dark colours."""

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from promptgan.terms.metrics import Metric
from promptgan.terms.systems import ADVERSARIAL, REAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, str]]

COLOURS = {"real": "#8a8a8a", "twin": "#3b82c4", "control": "#2f9e6e", "adversarial": "#e0642f"}
MARKERS = {"real": "*", "twin": "o", "control": "s", "adversarial": "^"}
INK = "#010203"
"""Stands for the page's text colour while matplotlib draws: give it to whatever `svg` does not colour by itself."""


def quality_over_diversity(rows: Rows, quality: Metric, diversity: Metric) -> str:
    """One metric over another: a line of sets of samples for each system, by temperature where they have one.

    Args:
        rows: of plots/curves.csv.
        quality: upwards.
        diversity: to the right.
    """

    def draw(axes: "Axes") -> None:
        annotated = False
        for name, colour in COLOURS.items():
            points = sorted(
                (float(row[diversity.name]), float(row[quality.name]), row.get("temperature") or "")
                for row in rows
                if row["model"] == name and row.get(quality.name) and row.get(diversity.name)
            )
            if not points:
                continue
            x, y, _ = zip(*points, strict=True)
            size = 11 if name == REAL.name else 5
            title = REAL.title if name == REAL.name else name
            axes.plot(x, y, color=colour, marker=MARKERS[name], markersize=size, label=title)
            for a, b, temperature in points if name == ADVERSARIAL.name else ():
                axes.annotate(temperature, (a, b), xytext=(4, -11), textcoords="offset points", fontsize=8, color=INK)
                annotated = annotated or bool(temperature)
        if annotated:
            axes.plot([], [], " ", label="small numbers: temperature")
        axes.margins(0.1)
        axes.set_xlabel(f"{diversity.title} {diversity.mark}")
        axes.set_ylabel(f"{quality.title} {quality.mark}")
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, f"quality-{quality.name}")


def training_curve(rows: Rows, columns: dict[str, str], label: str) -> str:
    """Columns of a training log over its steps; ``columns`` names what the legend calls them."""

    def draw(axes: "Axes") -> None:
        for (column, name), colour in zip(columns.items(), ("#3b82c4", "#e0642f", "#2f9e6e"), strict=False):
            points = [(float(row["step"]), float(row[column])) for row in rows if row.get(column)]
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=3, label=name)
        axes.set_xlabel("step")
        axes.set_ylabel(label)
        if axes.lines:
            axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, "training-" + "-".join(columns))


def svg(draw: "Callable[[Axes], None]", name: str) -> str:
    """One picture as an SVG element: no fixed size, the page's font and text colour, the same bytes each time.

    Args:
        draw: draws on the axes that it is given.
        name: another one for each picture of a page, since names inside of the element follow from it.
    """
    from matplotlib import style as styles
    from matplotlib.figure import Figure

    style: Any = {
        "font.family": "DejaVu Sans",
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"], INK),
    }
    with styles.context(["default", style]):  # whatever the user's matplotlibrc says
        figure = Figure(figsize=(6, 3.8), layout="constrained")
        draw(figure.add_subplot())
        text = element(figure, name)
    text = text.replace(INK, "currentColor").replace("'DejaVu Sans'", "inherit")
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", text)


def element(figure: "Figure", name: str) -> str:
    """A figure as an SVG element that is the same for the same figure; ``name`` as `svg` has it."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    target = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(target, metadata=metadata)  # type: ignore[no-untyped-call]
    text = target.getvalue()
    text = re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :])  # names would repeat on a page with several
    return re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
