"""Choices that are each allowed and together make no sense for music. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""
SIXTEENTH = 6
"""Ticks."""


def form_of(sections: Sections) -> str:
    """That of the networks."""
    return type(sections["generator"]).__module__.split(".")[2]  # promptgan.networks.FORM


def arrays_of_another_form(task: str, sections: Sections) -> str | None:
    """Words are tokens, and piano rolls tensors."""
    form, height = form_of(sections), sections["tokenize"].height
    if (form == "tensors") == (height is not None):
        return None
    wanted = "a height, and null for max_tokens" if form == "tensors" else "max_tokens, and null for height"
    return f"form is {form}, and tokenize.height {'null' if height is None else height}: give {wanted}"


def rolls_of_one_shape(task: str, sections: Sections) -> str | None:
    """A piano roll has one width, a row for every pitch, and a label for what it is asked for, key and metre."""
    rules, height = sections["validate"], sections["tokenize"].height
    if height is None:
        return None
    if rules.prompt.kind != "key":
        return f"validate.prompt.kind is {rules.prompt.kind}: what piano rolls are asked for is a key"
    if len(rules.metres) > 1:
        return f"validate.metres are {', '.join(rules.metres)}: piano rolls have one width, and so one metre"
    if rules.grid % SIXTEENTH:
        return f"validate.grid is {rules.grid}: a column of a piano roll is a sixteenth, {SIXTEENTH} ticks"
    lowest = 60 - height // 2
    if lowest <= rules.lowest and rules.highest < lowest + height - 1:
        return None
    return (
        f"tokenize.height is {height}, whose rows are pitches from {lowest} to {lowest + height - 2}, and validation"
        f" keeps {rules.lowest} to {rules.highest}: raise it"
    )


def size_that_is_not_halved(task: str, sections: Sections) -> str | None:
    """Convolutions with strides halve a roll, and double a map, as often as they are told."""
    height = sections["tokenize"].height
    if height is None:
        return None
    beats, unit = map(int, sections["validate"].metres[0].split("/"))
    columns = sections["data"].bars * beats * 16 // unit
    for role in ("generator", "discriminator", "encoder"):
        halvings = getattr(sections[role], "halvings", 0)
        sizes = [columns] if sections[role].network == "piano_roll" else [columns, height]
        if any(size % 2**halvings for size in sizes):
            return (
                f"rolls are {columns} sixteenths wide and {height} rows high, which {role}.network"
                f" {sections[role].network} cannot halve {halvings} times, as {role}.halvings says"
            )
    return None


def unread_keys(task: str, sections: Sections) -> str | None:
    """A generator that is asked for a key needs a discriminator that looks whether it keeps to it."""
    if getattr(sections["discriminator"], "conditioning", "some") != "none":
        return None
    return "discriminator.conditioning is none, and piano rolls are asked for by key: concat, projection or auxiliary"


def normalised_elsewhere(task: str, sections: Sections) -> str | None:
    """Spectral normalisation holds the slope of a discriminator, and a batch mixes the slopes at its rolls."""
    for role in ("generator", "encoder"):
        if getattr(sections[role], "normalisation", None) == "spectral":
            return f"{role}.normalisation is spectral, which is for a discriminator: choose batch or none"
    penalty = getattr(sections["train"], "penalty", "none")
    if penalty == "none" or getattr(sections["discriminator"], "normalisation", None) != "batch":
        return None
    return f"train.penalty is {penalty}, which needs discriminator.normalisation spectral or none, not batch"


def foreign_methods(task: str, sections: Sections) -> str | None:
    """Between two kinds of images one can translate; music is of one kind."""
    if sections["train"].method != "cyclegan":
        return None
    return "train.method is cyclegan, which translates images: piano rolls are learnt by gan or vaegan"


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer must be able to read the longest prompt and the longest answer with its start."""
    longest = sections["tokenize"].max_tokens
    for role, more in (("generator", 1), ("discriminator", 2)):  # the latter reads the end of an answer too
        context = getattr(sections[role], "context", None)
        if None not in (context, longest) and context < 2 * longest + more:
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
    """Of words validation measures how far answers are from those of the likelihood twin."""
    method = sections["train"].method
    if method == "none" or sections["pretrain"].method != "none" or getattr(sections["train"], "start", "") == "fresh":
        return None
    return f"train.method is {method}, which validation sets beside a twin, and pretrain.method none: likelihood, say"


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    arrays_of_another_form,
    context_too_short,
    range_upside_down,
    nothing_left_to_continue,
    melody_of_one_voice,
    every_key_and_one,
    foreign_networks,
    adversary_without_a_twin,
    rolls_of_one_shape,
    size_that_is_not_halved,
    unread_keys,
    normalised_elsewhere,
    foreign_methods,
)
