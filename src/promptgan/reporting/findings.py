"""What a finished run says before its numbers, in plain sentences: how its training ended."""

from typing import Any

GUARDS = {
    "entropy": "its answers were losing their variety",
    "duplicates": "too many of its answers repeated another",
    "kl": "it had moved too far from the twin",
}
"""What each guard of `train.guards` watches for, by the word that metrics/train.json holds."""


def warnings(train: dict[str, Any]) -> list[str]:
    """What a reader must know of the adversarial training before its numbers; nothing where it went well.

    Args:
        train: the content of metrics/train.json; a recipe without that phase has no such keys.
    """
    found = []
    best, steps, score, twin = (train.get(key) for key in ("best_step", "steps", "score", "twin_score"))
    if (guard := train.get("stopped")) in GUARDS:
        kept = "that very step, for want of an earlier one" if best == steps else f"step {best}"
        found.append(
            f"Adversarial training was stopped by the {guard} guard at step {steps}, because {GUARDS[guard]}:"
            f" its numbers are those of {kept}; see train.guards in params.yaml."
        )
    if best == 0:
        found.append("The adversarial model is its twin unchanged: no step of the adversarial training was kept.")
    elif score is not None and twin is not None and score < twin:
        found.append(
            f"The adversarial model did not beat its twin on validation: MS-Jaccard {score:.4f} against {twin:.4f}."
        )
    return found
