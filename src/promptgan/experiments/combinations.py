"""Choices that are each allowed and together make no sense. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

from promptgan import base

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def impossible(modality: str, sections: Sections) -> list[str]:
    """What every rule finds wrong with a parameter file whose sections are each valid, behind the rule's name."""
    found = ((rule.__name__.replace("_", "-"), rule(modality, sections)) for rule in RULES)
    return [f"{name}: {problem}" for name, problem in found if problem]


def data_of_another_modality(modality: str, sections: Sections) -> str | None:
    """The data set's records must be what the modality's rooms read."""
    name = sections["data"].name
    theirs = base.choose("promptgan.data.sets", name, "data.name").modality
    return f"data.name {name} holds {theirs}, and modality is {modality}" if theirs != modality else None


def context_too_short(modality: str, sections: Sections) -> str | None:
    """A transformer must be able to read the longest prompt and the longest text with its start."""
    context, longest = getattr(sections["model"], "context", None), getattr(sections["tokenize"], "max_tokens", None)
    if context is None or longest is None or context >= 2 * longest + 1:
        return None
    return (
        f"model.context is {context}, and a prompt and a text of tokenize.max_tokens {longest} take {2 * longest + 1}; "
        "raise the one or lower the other"
    )


def heads_that_do_not_divide(modality: str, sections: Sections) -> str | None:
    """Attention splits the width evenly among the heads."""
    for name, section in sections.items():
        width, heads = getattr(section, "width", None), getattr(section, "heads", None)
        if width is not None and heads is not None and width % heads:
            return f"{name}.heads {heads} does not divide {name}.width {width}"
    return None


def words_without_spaces(modality: str, sections: Sections) -> str | None:
    """Chinese is written without spaces: at the word level nearly every line would be a word of its own."""
    script, level = getattr(sections["validate"], "script", None), getattr(sections["tokenize"], "level", None)
    if (script, level) != ("han", "word"):
        return None
    return "validate.script is han, which has no spaces for tokenize.level word to split at; use character or bpe"


def critic_without_penalty(modality: str, sections: Sections) -> str | None:
    """A Wasserstein critic must be Lipschitz, which here only the gradient penalty makes it."""
    objective, penalty = getattr(sections["train"], "objective", None), getattr(sections["train"], "penalty", None)
    if objective != "wasserstein" or penalty == "gradient":
        return None
    return f"train.objective is wasserstein, which needs train.penalty gradient, not {penalty}"


def penalty_without_weight(modality: str, sections: Sections) -> str | None:
    """A penalty of weight zero costs a second derivative and changes nothing."""
    penalty, weight = (getattr(sections["train"], key, None) for key in ("penalty", "penalty_weight"))
    if penalty in (None, "none") or weight is None or weight > 0:
        return None
    return f"train.penalty is {penalty}, which needs a train.penalty_weight above 0, not {weight}"


def band_upside_down(modality: str, sections: Sections) -> str | None:
    """The generator waits below one discriminator accuracy, the discriminator above another, higher one."""
    guards = getattr(sections["train"], "guards", None)
    if guards is None or guards.accuracy_low < guards.accuracy_high:
        return None
    return f"train.guards.accuracy_low {guards.accuracy_low} is not below accuracy_high {guards.accuracy_high}"


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    data_of_another_modality,
    context_too_short,
    heads_that_do_not_divide,
    words_without_spaces,
    critic_without_penalty,
    penalty_without_weight,
    band_upside_down,
)
