"""Choices that are each allowed and together make no sense for styles. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def methods_of_other_tasks(task: str, sections: Sections) -> str | None:
    """A denoising autoencoder learns by likelihood, and is taken on by transferring."""
    pretrain, train = sections["pretrain"].method, sections["train"].method
    if pretrain == "likelihood" and train in ("none", "transfer"):
        return None
    return f"pretrain.method is {pretrain}, and train.method {train}: use likelihood, and transfer or none"


def networks_of_other_tasks(task: str, sections: Sections) -> str | None:
    """A sentence is read before it is written, with a vocabulary that has a token for each style."""
    if (network := sections["generator"].network) in ("unconditional", "latent", "ngram", "huggingface"):
        return f"generator.network is {network}, which does not read a sentence and the style that is wanted"
    if (network := sections["discriminator"].network) == "huggingface":
        return f"discriminator.network is {network}, which knows no token for a style"
    if (base := sections["base_model"].name) != "none":
        return f"base_model.name is {base}, which has no token for a style; it must be none"
    return None


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer must be able to read a prompt and a text with its start, a discriminator with its end."""
    longest = sections["tokenize"].max_tokens
    for role, needed in (("generator", 2 * longest + 1), ("discriminator", longest + 3)):
        context = getattr(sections[role], "context", None)
        if context is not None and context < needed:
            return f"{role}.context is {context}, and sentences of tokenize.max_tokens {longest} take {needed} there"
    return None


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    methods_of_other_tasks,
    networks_of_other_tasks,
    context_too_short,
)
