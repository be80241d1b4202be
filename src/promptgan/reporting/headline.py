"""The table of headline numbers: what the task declares, a row for each metric and a cell for each system."""

from typing import Any

from promptgan.terms.metrics import Measures


def headline(measures: Measures, systems: dict[str, Any], errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per metric that any system has: name, mark, meaning, and a cell for each system.

    Args:
        measures: of the task.
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
        for metric in measures.metrics
        if metric.name in known
    ]


def _cell(values: Any, spread: dict[str, Any], name: str, style: str) -> dict[str, str]:
    if not isinstance(values, dict) or values.get(name) is None:
        return {"value": "–", "spread": ""}
    return {
        "value": format(values[name], style),
        "spread": f"± {format(spread[name], style)}" if name in spread else "",
    }
