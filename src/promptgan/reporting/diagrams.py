"""Pictures of what classifiers do, as `promptgan.reporting.pictures` makes pictures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from promptgan.reporting.pictures import COLOURS, INK, MARKERS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = COLOURS["real"]
DASHES = {"twin": "-", "control": "--", "adversarial": "-."}
"""Of the lines of systems, so that colour is not all that tells them apart."""


class Point(NamedTuple):
    """A number with its interval, over something."""

    x: float
    value: float
    low: float
    high: float


class Bin(NamedTuple):
    """Texts of like confidence."""

    low: float
    high: float
    texts: int
    confidence: float
    """The mean."""
    accuracy: float


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], name: str) -> str:
    """Which label (rows) is taken for which (columns): counts on cells that are the fuller the larger their share.

    Args:
        matrix: counts (K, K).
        labels: their names, K.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        from matplotlib.patches import Rectangle

        for y, row in enumerate(matrix):
            for x, count in enumerate(row):
                share = count / max(1, sum(row))
                axes.add_patch(Rectangle((x, y), 1, 1, facecolor=COLOURS["twin"], alpha=0.7 * share, edgecolor=GREY))
                text = f"{count}\n{share:.0%}" if count else "0"
                axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=INK, fontsize=9)
        places = [place + 0.5 for place in range(len(labels))]
        axes.set_xticks(places, labels, rotation=30 if len(labels) > 3 else 0)
        axes.set_yticks(places, labels)
        axes.set(xlim=(0, len(labels)), ylim=(len(labels), 0), xlabel="label given", ylabel="true label")

    return svg(draw, name)


def reliability(systems: Mapping[str, Sequence[Bin]], name: str) -> str:
    """Accuracy over confidence, a line for each system; on the diagonal a classifier is as often right as it is sure.

    Args:
        systems: the bins of each; a mark is the larger the more of its texts a bin holds.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="calibrated")
        for system, bins in systems.items():
            total = max(1, sum(each.texts for each in bins))
            x, y = [each.confidence for each in bins], [each.accuracy for each in bins]
            axes.plot(x, y, color=COLOURS[system], linestyle=DASHES[system])
            sizes = [12 + 160 * each.texts / total for each in bins]
            axes.scatter(x, y, sizes, color=COLOURS[system], marker=MARKERS[system], label=system)
        lowest = min((each.low for bins in systems.values() for each in bins), default=0.0)
        axes.set(xlim=(lowest, 1.02), ylim=(-0.02, 1.02), xlabel="confidence", ylabel="accuracy")
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, name)


def few_labels(systems: Mapping[str, Sequence[Point]], label: str, name: str) -> str:
    """A number over how many labelled texts were learnt from, which doubles by equal steps, with its intervals.

    Args:
        systems: the points of each; ``x`` counts texts.
        label: what the number is called.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        _lines(axes, systems)
        axes.set_xscale("log")
        axes.minorticks_off()
        counts = sorted({point.x for points in systems.values() for point in points})
        axes.set_xticks(counts, [f"{count:,.0f}" for count in counts])
        axes.set(xlabel="labelled texts (log)", ylabel=label)

    return svg(draw, name)


def under_attack(systems: Mapping[str, Sequence[Point]], budget: str, name: str) -> str:
    """Accuracy over what an attack may spend, with its intervals.

    Args:
        systems: the points of each; at 0 no text is attacked.
        budget: what is spent, such as changed words.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        _lines(axes, systems)
        axes.set(xlabel=budget, ylabel="accuracy under attack")
        axes.set_ylim(bottom=0)

    return svg(draw, name)


def _lines(axes: "Axes", systems: Mapping[str, Sequence[Point]]) -> None:
    """A line of marks for each system, with bars from the low to the high end of every interval."""
    for system, points in systems.items():
        x, values, lows, highs = zip(*sorted(points), strict=True)
        errors = [
            [value - low for value, low in zip(values, lows, strict=True)],
            [high - value for value, high in zip(values, highs, strict=True)],
        ]
        axes.errorbar(
            x,
            values,
            errors,
            color=COLOURS[system],
            marker=MARKERS[system],
            linestyle=DASHES[system],
            markersize=5,
            capsize=3,
            label=system,
        )
    axes.legend(frameon=False, labelcolor=INK)
