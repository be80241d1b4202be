"""Choices that are each allowed and together make no sense for music. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer must be able to read the longest prompt and the longest answer with its start."""
    longest = sections["tokenize"].max_tokens
    for role, more in (("generator", 1), ("discriminator", 2)):  # the latter reads the end of an answer too
        context = getattr(sections[role], "context", None)
        if context is not None and context < 2 * longest + more:
            return (
                f"{role}.context is {context}, and a prompt and an answer of tokenize.max_tokens {longest} take"
                f" {2 * longest + more}; raise the one or lower the other"
            )
    return None


def range_upside_down(task: str, sections: Sections) -> str | None:
    """There are pitches from the lowest to the highest."""
    lowest, highest = sections["validate"].lowest, sections["validate"].highest
    if lowest < highest:
        return None
    return f"validate.lowest is {lowest}, and validate.highest {highest}: that leaves no pitches"


def nothing_left_to_continue(task: str, sections: Sections) -> str | None:
    """Of every passage, the shortest one too, a bar is left behind the opening."""
    prompt, bars = sections["validate"].prompt, sections["data"].bars
    if prompt.kind != "opening" or 2 * prompt.bars < bars:
        return None
    return f"validate.prompt.bars is {prompt.bars}: passages of data.bars {bars} may have half of that; take fewer"


def melody_of_one_voice(task: str, sections: Sections) -> str | None:
    """A melody is harmonised by other voices."""
    if sections["validate"].prompt.kind != "melody" or sections["validate"].voices > 1:
        return None
    return "validate.prompt.kind is melody, and validate.voices 1: nothing is left to be written"


def every_key_and_one(task: str, sections: Sections) -> str | None:
    """Music that is all in C is to be learnt in C."""
    if sections["data"].key == "own" or sections["tokenize"].transpose == "none":
        return None
    return "data.key is C, and tokenize.transpose all: make it none, or data.key own"


def foreign_networks(task: str, sections: Sections) -> str | None:
    """A pretrained model reads text, and an unconditional generator makes sequences of one length."""
    for role in ("generator", "discriminator"):
        if (network := sections[role].network) in ("huggingface", "unconditional"):
            return f"{role}.network is {network}, which reads no prompts of music"
    if (base := sections["base_model"].name) != "none":
        return f"base_model.name is {base}: no pretrained model here knows music; it must be none"
    return None


def adversary_without_a_twin(task: str, sections: Sections) -> str | None:
    """Validation measures how far answers are from those of the likelihood twin."""
    method = sections["train"].method
    if method == "none" or sections["pretrain"].method != "none":
        return None
    return f"train.method is {method}, which validation sets beside a twin, and pretrain.method none: likelihood, say"


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    context_too_short,
    range_upside_down,
    nothing_left_to_continue,
    melody_of_one_voice,
    every_key_and_one,
    foreign_networks,
    adversary_without_a_twin,
)
