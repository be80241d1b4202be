"""Tables of what the task declares: a row for each metric and a cell for each system."""

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from promptgan.terms.metrics import Metric
from promptgan.terms.systems import CONTROL, SYSTEMS


def headline(metrics: Iterable[Metric], systems: dict[str, Any], errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per metric that any system has: name, mark, meaning, and a cell for each system.

    Args:
        metrics: in the order of the table.
        systems: numbers by name, or a sentence where there is no such system, by system.
        errors: standard errors by metric, beside the name of their `system`.
    """
    known = {name for values in systems.values() if isinstance(values, dict) for name in values}
    spreads = {entry["system"]: entry for entry in errors}
    return [
        {
            "name": metric.name,
            "direction": metric.mark,
            "meaning": metric.sentence,
            "cells": [
                _cell(values, spreads.get(system, {}), metric.name, metric.format) for system, values in systems.items()
            ],
        }
        for metric in metrics
        if metric.name in known
    ]


def sentences(task: ModuleType, control: dict[str, Any]) -> dict[str, str]:
    """What each system is, by its name: as the page of a task says, or else as everywhere; of the control its cost too.

    Args:
        task: the module `page` of a task.
        control: metrics/control.json.
    """
    found = {system.name: system.sentence for system in SYSTEMS} | getattr(task, "SENTENCES", {})
    if (share := control.get("cost_of_adversarial")) is not None:
        found[CONTROL.name] += f"; it took {cost(share, 'that')}"
    return found


def cost(share: float, of: str) -> str:
    """What a control cost beside the adversarial phase, in words."""
    return f"{share:.0%} of {of}" + ("" if share >= 1 else ", as nothing was better any more")


def further(
    metrics: Iterable[Metric], systems: dict[str, Any], curves: Sequence[dict[str, str]]
) -> list[dict[str, Any]]:
    """The same of metrics that are in plots/curves.csv alone, each system at the point of its headline numbers."""
    metrics = tuple(metrics)
    values = {
        name: {m.name: float(row[m.name]) for m in metrics if row.get(m.name)}
        if isinstance(point, dict) and (row := _row(curves, name, point.get("temperature")))
        else point
        for name, point in systems.items()
    }
    return headline(metrics, values, [])


def _row(curves: Sequence[dict[str, str]], system: str, temperature: float | None) -> dict[str, str]:
    """The row of a system at a temperature, or its only one; nothing where there is none."""
    rows = [row for row in curves if row["model"] == system]
    return next((r for r in rows if temperature is None or float(r["temperature"] or 0) == temperature), {})


def _cell(values: Any, spread: dict[str, Any], name: str, style: str) -> dict[str, str]:
    if not isinstance(values, dict) or values.get(name) is None:
        return {"value": "–", "spread": ""}
    return {
        "value": format(values[name], style),
        "spread": f"± {format(spread[name], style)}" if name in spread else "",
    }
