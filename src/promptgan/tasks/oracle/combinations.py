"""Choices that are each allowed and together make no sense for an oracle. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def lengths_that_differ(task: str, sections: Sections) -> str | None:
    """Sequences are drawn, checked and read with one length."""
    drawn, checked, read = sections["data"].length, sections["validate"].length, sections["tokenize"].max_tokens
    if drawn == checked == read:
        return None
    return f"data.length is {drawn}, validate.length {checked} and tokenize.max_tokens {read}: they must be the same"


def vocabularies_that_differ(task: str, sections: Sections) -> str | None:
    """The oracle's tokens are those that are checked and read."""
    sizes = [sections[name].vocabulary for name in ("data", "validate", "tokenize")]
    if len(set(sizes)) == 1:
        return None
    return "data.vocabulary is {}, validate.vocabulary {} and tokenize.vocabulary {}: they must be the same".format(
        *sizes
    )


def pretrained_parts(task: str, sections: Sections) -> str | None:
    """No pretrained model knows an oracle's tokens."""
    if (base := sections["base_model"].name) != "none":
        return (
            f"base_model.name is {base}: a model of text has nothing to say about an oracle's tokens; it must be none"
        )
    return None


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    lengths_that_differ,
    vocabularies_that_differ,
    pretrained_parts,
)
