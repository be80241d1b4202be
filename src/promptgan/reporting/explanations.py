"""What each system and each headline number is, in a sentence, and which way is better."""

from typing import Any

SYSTEMS = {
    "real": "answers from the data: the line a perfect generator would reach",
    "twin": "trained by likelihood alone: to predict the next token of answers",
    "control": "the twin, trained on by likelihood for the adversarial phase's cost",
    "adversarial": "the twin trained on against a discriminator that spots its answers",
}
"""What stands beside each other, each beside its name on a line of a terminal."""
EXPLANATIONS = {
    "temperature": ("", "Sampling temperature, chosen per system by MS-Jaccard with validation texts."),
    "nll": ("↓", "Nats per token of the real test answers (temperature 1). Not defined for real text."),
    "ms_jaccard": ("↑", "How far n-grams are as frequent as in real text: quality and diversity in one number."),
    "bleu_4": ("→ real", "Do word sequences look like real ones? Past the real line, more is not better."),
    "self_bleu_4": ("→ real", "Do answers look like each other? High means repetitive."),
    "relevance": ("↑", "Chance that the matcher prefers an answer's own prompt to another. 0.5: it would fit any."),
    "distinct_2": ("→ real", "Different word pairs over all word pairs."),
    "copied": ("→ real", "Share of answers that are, word for word, a training text."),
    "length_distance": ("↓", "Distance of the lengths from those of real text, in words (Wasserstein-1)."),
}
DIRECTIONS = "↑ more is better, ↓ less is better, → closer to real text is better"
"""What the marks of `EXPLANATIONS` say."""


def title(system: str) -> str:
    """What tables call a system."""
    return "real text" if system == "real" else system


def headline(systems: dict[str, Any], errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per metric that any system has: name, direction, meaning, and a cell for each system."""
    known = {name for values in systems.values() if isinstance(values, dict) for name in values}
    spreads = {entry["system"]: entry for entry in errors}
    rows = []
    for name in [*(n for n in EXPLANATIONS if n in known), *sorted(known - EXPLANATIONS.keys())]:
        direction, meaning = EXPLANATIONS.get(name, ("", ""))
        cells = [_cell(values, spreads.get(system, {}), name) for system, values in systems.items()]
        rows.append({"name": name, "direction": direction, "meaning": meaning, "cells": cells})
    return rows


def _cell(values: Any, spread: dict[str, Any], name: str) -> dict[str, str]:
    if not isinstance(values, dict):
        return {"value": str(values), "spread": ""}
    if name not in values:
        return {"value": "–", "spread": ""}
    if name == "temperature":
        return {"value": f"{values[name]:g}", "spread": ""}
    return {"value": f"{values[name]:.4f}", "spread": f"± {spread[name]:.4f}" if name in spread else ""}
