"""Pictures of what classifiers do, as `promptgan.reporting.pictures` makes pictures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from promptgan.reporting.pictures import COLOURS, INK, MARKERS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = COLOURS["real"]
Look = tuple[str, str, Any]
"""Colour, mark and dashes of a line, so that colour is not all that tells two of them apart."""
LOOKS: dict[str, Look] = {
    name: (COLOURS[name], MARKERS[name], dashes)
    for name, dashes in (("twin", "-"), ("control", "--"), ("adversarial", "-."))
}
OTHERS: tuple[Look, ...] = (("#8e62b8", "D", ":"), ("#b58a1b", "v", (0, (5, 1))), ("#5b8c8c", "P", (0, (1, 1))))
"""Of lines that are no system's, in their order."""
APART = 0.012
"""Width of the axis by which lines are moved apart, so that their intervals can be seen."""


class Point(NamedTuple):
    """A number with its interval, over something."""

    x: float
    value: float
    low: float
    high: float


Systems = Mapping[str, Sequence[tuple[float, float, float, float]]]
"""Points by system, or by what else is a line."""


class Bin(NamedTuple):
    """Texts of like confidence."""

    low: float
    high: float
    texts: int
    confidence: float
    """The mean."""
    accuracy: float


def reliability(systems: Mapping[str, Sequence[tuple[float, float, int, float, float]]], name: str) -> str:
    """Accuracy over confidence, a line for each system; on the diagonal a classifier is as often right as it is sure.

    Args:
        systems: the bins of each; a mark is the larger the more of its texts a bin holds.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="calibrated")
        for system, (colour, mark, dashes) in _looks(systems).items():
            bins = [Bin(*each) for each in systems[system]]
            total = max(1, sum(each.texts for each in bins))
            x, y = [each.confidence for each in bins], [each.accuracy for each in bins]
            axes.plot(x, y, color=colour, linestyle=dashes)
            axes.scatter(x, y, [12 + 160 * each.texts / total for each in bins], color=colour, marker=mark)
            axes.plot([], [], color=colour, linestyle=dashes, marker=mark, label=system)
        lowest = min((each[0] for bins in systems.values() for each in bins), default=0.0)
        axes.set(xlim=(lowest, 1.02), ylim=(-0.02, 1.02), xlabel="confidence", ylabel="accuracy")
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, name)


def few_labels(systems: Systems, label: str, name: str) -> str:
    """A number over how many labelled texts were learnt from, which doubles by equal steps, with its intervals.

    Args:
        systems: the points of each; ``x`` counts texts.
        label: what the number is called.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        counts = sorted({each[0] for points in systems.values() for each in points})
        factor = (counts[-1] / counts[0]) ** APART
        _lines(axes, systems, lambda x, place: x * factor**place)
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xticks(counts, [f"{count:,.0f}" for count in counts])
        axes.set(xlabel="labelled texts (log)", ylabel=label)

    return svg(draw, name)


def under_attack(systems: Systems, budget: str, name: str) -> str:
    """Accuracy over what an attack may spend, with its intervals.

    Args:
        systems: the points of each; at 0 no text is attacked.
        budget: what is spent, such as changed words.
        name: as `svg` has it.
    """

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        most = max(each[0] for points in systems.values() for each in points)
        _lines(axes, systems, lambda x, place: x + APART * most * place)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel=budget, ylabel="accuracy under attack")
        axes.set_ylim(bottom=0)

    return svg(draw, name)


KINDS: dict[str, Callable[..., str]] = {
    "reliability": reliability,
    "few_labels": few_labels,
    "under_attack": under_attack,
}
"""What the page of a task may ask for, by name."""


def _looks(systems: Iterable[str]) -> dict[str, Look]:
    others = iter(OTHERS)
    return {system: LOOKS[system] if system in LOOKS else next(others) for system in systems}


def _lines(axes: "Axes", systems: Systems, moved: Callable[[float, float], float]) -> None:
    """A line of marks for each system, with bars from the low to the high end of every interval, cut at 0 and 1.

    Args:
        axes: drawn on.
        systems: the points of each.
        moved: where a point is drawn, of its ``x`` and by how many places its line is right of the middle.
    """
    for place, (system, (colour, mark, dashes)) in enumerate(_looks(systems).items()):
        points = sorted(Point(*each) for each in systems[system])
        axes.errorbar(
            [moved(point.x, place - (len(systems) - 1) / 2) for point in points],
            [point.value for point in points],
            [
                [point.value - max(0.0, point.low) for point in points],
                [min(1.0, point.high) - point.value for point in points],
            ],
            color=colour,
            marker=mark,
            linestyle=dashes,
            elinewidth=1,
            markersize=5,
            capsize=3,
            label=system,
        )
    axes.legend(frameon=False, labelcolor=INK)
