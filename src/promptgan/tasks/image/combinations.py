"""Choices that are each allowed and together make no sense for images. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

from promptgan.tasks.image.measures.parameters import FEATURES

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def fewer_images_than_features(task: str, sections: Sections) -> str | None:
    """A Frechet distance takes more images than features; evaluation, hours later, would refuse fewer."""
    count, extractor = sections["generate"].count, sections["evaluate"].extractor
    spaces = {
        "judges.features": sections["judges"].features,
        f"evaluate.extractor {extractor}": FEATURES.get(extractor, 0),
    }
    widest = max(spaces, key=lambda name: spaces[name])
    if count > spaces[widest]:
        return None
    return (
        f"generate.count is {count}, and a Frechet distance takes more images than the {spaces[widest]} features of"
        f" {widest}; raise generate.count, lower judges.features or set evaluate.extractor to none"
    )


RULES: tuple[Callable[[str, Sections], str | None], ...] = (fewer_images_than_features,)
