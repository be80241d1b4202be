"""Choices that are each allowed and together make no sense for labels. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

from promptgan.core.choices import choose

Sections = dict[str, Any]
"""The validated section of each room, by its name."""
TRAINED = ("classifier", "prompt_gan")
GGUF = ("smollm2",)
"""Models whose packages carry GGUF files, which only the task text reads."""


def methods_of_other_tasks(task: str, sections: Sections) -> str | None:
    """A classifier learns from real texts first, and then from perturbed, changed or generated ones."""
    pretrain, train = sections["pretrain"].method, sections["train"].method
    if pretrain == "classifier" and train in ("none", *TRAINED):
        return None
    return (
        f"pretrain.method is {pretrain}, and train.method {train}: use classifier, and classifier, prompt_gan or none"
    )


def networks_of_other_tasks(task: str, sections: Sections) -> str | None:
    """The encoder is the classifier; generator and discriminator are those of a text GAN, where there is one."""
    if (network := sections["encoder"].network) != "classifier":
        return f"encoder.network is {network}, which tells no labels; it must be classifier"
    wanted = "autoencoder" if sections["train"].method == "prompt_gan" else "none"
    if (network := sections["generator"].network) != wanted:
        return f"generator.network is {network}; with train.method {sections['train'].method} it must be {wanted}"
    judges = sections["discriminator"].network
    if (judges == "none") != (wanted == "none"):
        return f"discriminator.network is {judges}; only train.method prompt_gan has one, and needs one"
    return None


def sections_of_another_phase(task: str, sections: Sections) -> str | None:
    """Masked tokens are guessed before labels are learnt, and only an adversarial phase is adversarial."""
    train = sections["train"]
    if train.method in TRAINED and train.masked is not None:
        return "train.masked: the weights that training begins with are those of pretrain; it must be null"
    if train.method == "classifier" and train.perturbation.kind == train.augmentation.kind == "none":
        return "train: with neither perturbation nor augmentation it repeats pretrain; use train.method none"
    return None


def base_without_a_reader(task: str, sections: Sections) -> str | None:
    """A pretrained body, the pretrained tokenizer and the model that has both go together."""
    pretrained = {
        "encoder.body": getattr(getattr(sections["encoder"], "body", None), "kind", None) == "pretrained",
        "tokenize.level": sections["tokenize"].level == "pretrained",
        "base_model.name": sections["base_model"].name != "none",
    }
    if (name := sections["base_model"].name) in GGUF:
        return f"base_model.name is {name}, a GGUF file; a classifier begins with a model in the format of transformers"
    if sections["discriminator"].network == "huggingface" and name == "none":
        return "discriminator.network is huggingface, and base_model.name none: name the model that it begins with"
    if len(set(pretrained.values())) == 1:
        return None
    with_, without = ([key for key, value in pretrained.items() if value is there] for there in (True, False))
    return f"{' and '.join(with_)} of a pretrained model, {' and '.join(without)} not: all three, or none"


def corpus_without_masked_tokens(task: str, sections: Sections) -> str | None:
    """A corpus has no labels: its masked tokens are what is learnt of it."""
    name, masked = sections["corpus"].name, getattr(sections["pretrain"], "masked", None)
    if name == "none" or (masked and masked.epochs):
        return None
    return f"corpus.name is {name}, which only pretrain.masked reads: give its keys, with epochs above 0, or name none"


def labels_of_other_data(task: str, sections: Sections) -> str | None:
    """A classifier has an output for every label of its data set."""
    data, told = sections["data"], getattr(sections["encoder"], "labels", None)
    chosen = choose("promptgan.data.sets", data.name, "data.name")
    there = len(data.labels) if hasattr(data, "labels") else getattr(chosen, "LABELS", told)
    if told in (None, there):
        return None
    return f"encoder.labels is {told}, and the data set {data.name} has {there} labels: make it {there}"


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer that judges must be able to read the longest text, and what stands before and behind it."""
    context, longest = getattr(sections["discriminator"], "context", None), sections["tokenize"].max_tokens
    if context is None or context >= longest + 2:
        return None
    return f"discriminator.context is {context}, and a text of tokenize.max_tokens {longest} takes {longest + 2}"


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    methods_of_other_tasks,
    networks_of_other_tasks,
    sections_of_another_phase,
    base_without_a_reader,
    corpus_without_masked_tokens,
    labels_of_other_data,
    context_too_short,
)
