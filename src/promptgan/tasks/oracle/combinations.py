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


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer must be able to read the longest sequence behind its start, and a discriminator its end too."""
    length = sections["tokenize"].max_tokens
    for role, needed in (("generator", length + 1), ("discriminator", length + 2)):
        context = getattr(sections[role], "context", None)
        if context is not None and context < needed:
            return f"{role}.context is {context}, and a sequence of {length} tokens takes {needed} there"
    return None


def no_exact_likelihood(task: str, sections: Sections) -> str | None:
    """NLL_gen is exact: that of generators trained by likelihood, from which sequences are drawn as they are."""
    network, method = sections["generator"].network, sections["pretrain"].method
    if network in ("latent", "ngram") or method != "likelihood":
        return (
            f"generator.network is {network}, and pretrain.method {method}: an oracle measures what likelihood trains"
        )
    if sections["train"].method == "residual":
        return "train.method is residual, whose NLL is known by bounds alone: name another"
    return None


def pretrained_parts(task: str, sections: Sections) -> str | None:
    """No pretrained model knows an oracle's tokens."""
    for role in ("generator", "discriminator"):
        if sections[role].network == "huggingface":
            return f"{role}.network is huggingface, which reads text: name one that is trained from fresh weights"
    if (base := sections["base_model"].name) != "none":
        return (
            f"base_model.name is {base}: a model of text has nothing to say about an oracle's tokens; it must be none"
        )
    return None


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    lengths_that_differ,
    vocabularies_that_differ,
    context_too_short,
    no_exact_likelihood,
    pretrained_parts,
)
