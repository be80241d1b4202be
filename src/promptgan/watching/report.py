"""The page of a period: one HTML file that needs nothing else, the same for the same log."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from promptgan.core.files import write_text
from promptgan.serving.shadow import FEWEST as FEWEST_SCORES
from promptgan.terms.visible import visible
from promptgan.watching.drift import FEWEST
from promptgan.watching.period import FAILED, Drift, Number, Period, by_model, curves, numbers
from promptgan.watching.shadows import shadows

FOLDER = Path("reports/monitor")


def write(period: Period, drifts: Sequence[Drift] | None, folder: Path = FOLDER) -> Path:
    """Write the page, whole or not at all; return its path.

    Args:
        period: what it is about.
        drifts: from the training data; None where that is not here.
        folder: the page gets a folder in it, named by the period.
    """
    from promptgan.reporting.page import templates

    everything = numbers(period.asked, period.feedback)
    columns = {"all models": everything, **by_model(period)}
    text = (
        templates("promptgan.watching")
        .get_template("period.html")
        .render(
            since=shown(period.since),
            until=shown(period.until),
            verdict=verdict(period, drifts),
            names={number.name: number.title for number in everything},
            columns={name: {each.name: text_of(each) for each in column} for name, column in columns.items()},
            drifts=drifts,
            shadows=shadows(period),
            visible=visible,
            fewest_scores=FEWEST_SCORES,
            fewest=FEWEST,
            pictures={title: _picture(title, points) for title, points in curves(period).items() if len(points) > 1},
            status=_statuses(period),
        )
    )
    path = folder / f"{_name(period.since)}..{_name(period.until)}" / "index.html"
    write_text(path, text)
    return path


def verdict(period: Period, drifts: Sequence[Drift] | None) -> str:
    """What a period comes to, in one sentence."""
    if not period.asked:
        return "Nobody asked for anything."
    failed = sum(each.status >= FAILED for each in period.asked)
    said = f"{len(period.asked):,} requests, {failed:,} failed by the service's own fault"
    if drifts is None:
        return f"{said}; no texts of the training data are here, so nothing is known of drift."
    if not drifts:
        return f"{said}; too few for a word on drift, which takes {FEWEST}."
    moved = [each.name for each in drifts if each.moved]
    return f"{said}; moved from the training data: {', '.join(moved) or 'nothing beyond chance'}."


def text_of(number: Number) -> str:
    """A gauge as people read it."""
    return f"{number.value:{number.format}}"


def shown(seconds: float) -> str:
    """A time in UTC, to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _name(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M")


def _statuses(period: Period) -> list[tuple[str, str, int]]:
    """Requests by route and status, most first."""
    counts = Counter((each.route, str(each.status)) for each in period.asked)
    return [(*key, count) for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _picture(title: str, points: list[tuple[float, float]]) -> str:
    from matplotlib.axes import Axes

    from promptgan.reporting.pictures import COLOURS, svg

    def draw(axes: Axes) -> None:
        axes.plot(*zip(*points, strict=True), color=COLOURS["adversarial"], marker="o", markersize=3)
        axes.set_xlabel("hours since the beginning")
        axes.set_ylabel(title)

    return svg(draw, "period-" + "".join(c if c.isalnum() else "-" for c in title))
