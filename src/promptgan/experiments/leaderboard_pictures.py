"""Pictures of the leaderboard as SVG that is the same for the same entries."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.scores import EQUAL, RIVALS, differences, unconverged
from promptgan.reporting.pictures import COLOURS, MARKERS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 3
"""Panels side by side."""
INK = "#777777"
"""Can be read on white and on black: a picture in a file does not know its page's colours."""
MEASURES = {
    f"{EQUAL}bleu_4": "BLEU-4 at equal Self-BLEU-4",
    f"{EQUAL}relevance": "relevance at equal Self-BLEU-4",
    "ms_jaccard": "MS-Jaccard",
}


def quality_over_diversity(entries: Sequence[Entry]) -> str:
    """BLEU-4 over Self-BLEU-4, a panel for each preset: mean curves over temperature, and every seed's faintly."""

    def draw(axes: "Axes") -> None:
        rows, across = math.ceil(len(entries) / ACROSS), min(len(entries), ACROSS)
        panels = _panels(axes, rows, across, (1 + 2.9 * across, 0.7 + 2.4 * rows), share=True)
        for panel, entry in zip(panels, entries, strict=False):
            for system in COLOURS:
                _curve(panel, system, entry.trained.values())
            panel.set_title(entry.recipe, fontsize=9)
        for panel in panels[len(entries) :]:
            panel.set_axis_off()
        for panel in panels[max(0, len(entries) - across) : len(entries)]:
            panel.xaxis.set_tick_params(labelbottom=True)
        if panels[0].lines:
            panels[0].legend(frameon=False, fontsize=8, labelcolor=panels[0].xaxis.label.get_color())
        figure = panels[0].figure
        figure.supxlabel("Self-BLEU-4 (less is more varied)", fontsize=9)
        figure.supylabel("BLEU-4", fontsize=9)

    return _file(draw, "leaderboard-quality")


def differences_to_rivals(entries: Sequence[Entry]) -> str | None:
    """Adversarial minus twin and control with 95 % intervals, a panel for each measure and a row for each preset.

    A preset whose twin had not converged gets no verdict. A measure that nobody has gets no panel; None where none is
    left.
    """
    found = {
        (key, rival): {
            row: gaps[key]
            for row, entry in enumerate(entries)
            if not unconverged(entry) and key in (gaps := differences(entry, rival))
        }
        for key in MEASURES
        for rival in RIVALS
    }
    measures = [key for key in MEASURES if any(found[key, rival] for rival in RIVALS)]
    if not measures:
        return None

    def draw(axes: "Axes") -> None:
        inches = (1.6 + 2.7 * len(measures), 1.1 + 0.5 * len(entries))
        panels = _panels(axes, 1, len(measures), inches, share=False)
        for panel, key in zip(panels, measures, strict=True):
            panel.axvline(0, color=INK, linewidth=0.8)
            for shift, rival in zip((-0.14, 0.14), RIVALS, strict=True):
                points = found[key, rival]
                for row, value in points.items():
                    panel.errorbar(
                        value.mean,
                        row + shift,
                        xerr=value.half_width,
                        color=COLOURS[rival],
                        marker=MARKERS[rival],
                        markerfacecolor=COLOURS[rival] if value.half_width is not None else "none",
                        markersize=5,
                        capsize=3,
                        linestyle="none",
                        label=f"minus {rival}" if row == min(points) else None,
                    )
            for row, entry in enumerate(entries):
                if not any(row in found[key, rival] for rival in RIVALS):
                    why = ": twin not converged" if unconverged(entry) else ""
                    place: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "ha": "center", "va": "center"}
                    panel.text(0.5, row, f"no verdict{why}", fontsize=7, color=INK, **place)
            panel.set_ylim(len(entries) - 0.5, -0.5)
            panel.set_yticks(range(len(entries)), [entry.recipe for entry in entries] if panel is panels[0] else [])
            panel.set_title(MEASURES[key], fontsize=9)
            panel.locator_params(axis="x", nbins=5)
        handles, labels = panels[-1].get_legend_handles_labels()
        ink = panels[0].xaxis.label.get_color()
        panels[0].figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, labelcolor=ink)

    return _file(draw, "leaderboard-differences")


def _curve(panel: "Axes", system: str, runs: Iterable[Trained]) -> None:
    columns = [run.curves[system] for run in runs if system in run.curves]
    lines = [
        list(zip(of["self_bleu_4"], of["bleu_4"], strict=True))
        for of in columns
        if {"self_bleu_4", "bleu_4"} <= of.keys()
    ]
    if not lines:
        return
    colour, marker = COLOURS[system], MARKERS[system]
    for line in lines if len(lines) > 1 else []:
        panel.plot(*zip(*line, strict=True), color=colour, alpha=0.3, linewidth=0.8, marker=marker, markersize=2)
    if len({len(line) for line in lines}) == 1:
        mean = [[statistics.fmean(axis) for axis in zip(*points, strict=True)] for points in zip(*lines, strict=True)]
        size = 10 if system == "real" else 4
        label = "real text" if system == "real" else system
        panel.plot(*zip(*mean, strict=True), color=colour, marker=marker, markersize=size, linewidth=1.3, label=label)


def _panels(axes: "Axes", rows: int, across: int, inches: tuple[float, float], share: bool) -> "list[Axes]":
    figure = axes.get_figure(root=True)
    assert figure
    axes.remove()
    figure.set_size_inches(*inches)
    return list(figure.subplots(rows, across, sharex=share, sharey=share, squeeze=False).flat)


def _file(draw: "Callable[[Axes], None]", name: str) -> str:
    return svg(draw, name).replace("currentColor", INK).replace("inherit", "sans-serif") + "\n"
