"""What a finished run says before its numbers, in plain sentences: how its training ended."""

from typing import Any

USUAL = {"limit", "budget", "patience", "converged"}
"""Ends of a training that are no guard's doing."""


def warnings(train: dict[str, Any]) -> list[str]:
    """What a reader must know of the adversarial training before its numbers; nothing where it went well.

    Args:
        train: the content of metrics/train.json; a recipe without that phase has no such keys.
    """
    found = []
    best, steps, score, start = (train.get(key) for key in ("best_step", "steps", "score", "start_score"))
    if (guard := train.get("stopped", "limit")) not in USUAL:
        kept = "that very step, for want of an earlier one" if best == steps else f"step {best}"
        found.append(
            f"Adversarial training was stopped by the {guard} guard at step {steps}: its numbers are those of {kept};"
            " see train.guards in params.yaml."
        )
    if best == 0:
        found.append("The adversarial model is what it started from: no step of the adversarial training was kept.")
    elif score is not None and start is not None and score < start:
        found.append(
            "The adversarial model did not beat what it started from on validation: a score of"
            f" {score:.4f} against {start:.4f}."
        )
    return found
