"""Pictures of the leaderboard as SVG that is the same for the same entries."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from promptgan.core.systems import RIVALS, SYSTEMS
from promptgan.experiments.entry import Entry
from promptgan.experiments.scores import EQUAL, curve, differences, measures, unconverged
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
        rows, across = math.ceil(len(entries) / ACROSS), min(len(entries), ACROSS)
        panels = _panels(axes, rows, across, (1 + 2.9 * across, 0.7 + 2.4 * rows), share=True)
        for panel, entry in zip(panels, entries, strict=False):
            for system in SYSTEMS:
                lines = [
                    points for run in entry.trained.values() if (points := curve(run, system.name, x.name, y.name))
                ]
                _curve(panel, system.name, system.title, lines)
            panel.set_title(entry.recipe, fontsize=9)
        for panel in panels[len(entries) :]:
            panel.set_axis_off()
        for panel in panels[max(0, len(entries) - across) : len(entries)]:
            panel.xaxis.set_tick_params(labelbottom=True)
        if panels[0].lines:
            panels[0].legend(frameon=False, fontsize=8, labelcolor=panels[0].xaxis.label.get_color())
        panels[0].figure.supxlabel(f"{x.title} {x.mark}", fontsize=9)
        panels[0].figure.supylabel(f"{y.title} {y.mark}", fontsize=9)

    return _file(draw, "leaderboard-quality")


def differences_to_rivals(entries: Sequence[Entry]) -> str:
    """Adversarial minus its rivals with 95 % intervals, a panel for each measure and a row for each preset.

    The measures are the qualities at equal diversity, and what ranks. A preset whose twin had not converged gets no
    verdict, a measure that nobody has no panel; nothing where none is left.
    """
    known = measures(entries[0])
    titles = {f"{EQUAL}{name}": f"{known[name].title} at equal diversity" for name in known.qualities}
    titles[known.chosen_by] = known[known.chosen_by].title
    judged = {row: entry for row, entry in enumerate(entries) if not unconverged(entry)}
    gaps = {(row, rival.name): differences(entry, rival.name) for row, entry in judged.items() for rival in RIVALS}
    keys = [key for key in titles if any(key in found for found in gaps.values())]
    if not keys:
        return ""

    def draw(axes: "Axes") -> None:
        inches = (1.6 + 2.7 * len(keys), 1.1 + 0.5 * len(entries))
        panels = _panels(axes, 1, len(keys), inches, share=False)
        for panel, key in zip(panels, keys, strict=True):
            panel.axvline(0, color=INK, linewidth=0.8)
            for shift, rival in zip((-0.14, 0.14), RIVALS, strict=True):
                points = [(row, gaps[row, rival.name][key]) for row in judged if key in gaps[row, rival.name]]
                for place, (row, value) in enumerate(points):
                    panel.errorbar(
                        value.mean,
                        row + shift,
                        xerr=value.half_width,
                        color=COLOURS[rival.name],
                        marker=MARKERS[rival.name],
                        markerfacecolor=COLOURS[rival.name] if value.half_width is not None else "none",
                        markersize=5,
                        capsize=3,
                        linestyle="none",
                        label=None if place else f"minus {rival.title}",
                    )
            for row in range(len(entries)):
                if not any(key in gaps.get((row, rival.name), {}) for rival in RIVALS):
                    why = "" if row in judged else ": twin not converged"
                    at: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "ha": "center", "va": "center"}
                    panel.text(0.5, row, f"no verdict{why}", fontsize=7, color=INK, **at)
            panel.set_ylim(len(entries) - 0.5, -0.5)
            panel.set_yticks(range(len(entries)), [entry.recipe for entry in entries] if panel is panels[0] else [])
            panel.set_title(titles[key], fontsize=9)
            panel.locator_params(axis="x", nbins=5)
        handles, labels = panels[-1].get_legend_handles_labels()
        ink = panels[0].xaxis.label.get_color()
        panels[0].figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, labelcolor=ink)

    return _file(draw, "leaderboard-differences")


def _curve(panel: "Axes", system: str, title: str, lines: list[list[tuple[float, float]]]) -> None:
    colour, marker = COLOURS[system], MARKERS[system]
    for line in lines if len(lines) > 1 else []:
        panel.plot(*zip(*line, strict=True), color=colour, alpha=0.3, linewidth=0.8, marker=marker, markersize=2)
    if len({len(line) for line in lines}) == 1:
        mean = [[statistics.fmean(axis) for axis in zip(*points, strict=True)] for points in zip(*lines, strict=True)]
        size = 10 if marker == "*" else 4
        panel.plot(*zip(*mean, strict=True), color=colour, marker=marker, markersize=size, linewidth=1.3, label=title)


def _panels(axes: "Axes", rows: int, across: int, inches: tuple[float, float], share: bool) -> "list[Axes]":
    figure = axes.get_figure(root=True)
    assert figure
    axes.remove()
    figure.set_size_inches(*inches)
    return list(figure.subplots(rows, across, sharex=share, sharey=share, squeeze=False).flat)


def _file(draw: "Callable[[Axes], None]", name: str) -> str:
    return svg(draw, name).replace("currentColor", INK).replace("inherit", "sans-serif") + "\n"
