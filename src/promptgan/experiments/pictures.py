"""The leaderboard's picture as SVG that is the same for the same entries."""

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptgan.core.systems import SYSTEMS
from promptgan.experiments.entry import Entry
from promptgan.experiments.scores import curve, measures
from promptgan.reporting.pictures import COLOURS, MARKERS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 3
"""Panels side by side."""
INK = "#777777"
"""Can be read on white and on black: a picture in a file does not know its page's colours."""


def quality_over_diversity(entries: Sequence[Entry]) -> str:
    """The first quality over diversity, a panel for each preset: mean curves, and every seed's faintly.

    Nothing where the task has no diversity, or no entry a curve.
    """
    known = measures(entries[0])
    if known.diversity is None or not any(run.curves for entry in entries for run in entry.trained.values()):
        return ""
    x, y = known[known.diversity], known[known.qualities[0]]

    def draw(axes: "Axes") -> None:
        figure = axes.get_figure(root=True)
        assert figure
        axes.remove()
        rows, across = math.ceil(len(entries) / ACROSS), min(len(entries), ACROSS)
        figure.set_size_inches(1 + 2.9 * across, 0.7 + 2.4 * rows)
        panels = list(figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False).flat)
        for panel, entry in zip(panels, entries, strict=False):
            for system in SYSTEMS:
                found = (curve(run, system.name, x.name, y.name) for run in entry.trained.values())
                _curve(panel, system.name, system.title, [points for points in found if points])
            panel.set_title(entry.recipe, fontsize=9)
        for panel in panels[len(entries) :]:
            panel.set_axis_off()
        for panel in panels[len(entries) - across : len(entries)]:
            panel.xaxis.set_tick_params(labelbottom=True)
        panels[0].legend(frameon=False, fontsize=8, labelcolor=panels[0].xaxis.label.get_color())
        figure.supxlabel(f"{x.title} {x.mark}", fontsize=9)
        figure.supylabel(f"{y.title} {y.mark}", fontsize=9)

    text = svg(draw, "leaderboard-quality")
    return text.replace("currentColor", INK).replace("inherit", "sans-serif") + "\n"


def _curve(panel: "Axes", system: str, title: str, lines: list[list[tuple[float, float]]]) -> None:
    colour, marker = COLOURS[system], MARKERS[system]
    for line in lines if len(lines) > 1 else []:
        panel.plot(*zip(*line, strict=True), color=colour, alpha=0.3, linewidth=0.8, marker=marker, markersize=2)
    if len({len(line) for line in lines}) == 1:
        mean = [[statistics.fmean(axis) for axis in zip(*points, strict=True)] for points in zip(*lines, strict=True)]
        size = 10 if marker == "*" else 4
        panel.plot(*zip(*mean, strict=True), color=colour, marker=marker, markersize=size, linewidth=1.3, label=title)
