"""Choices that are each allowed and together make no sense for labels. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""
TRAINED = ("classifier", "prompt_gan")


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
    if len(set(pretrained.values())) == 1:
        return None
    with_, without = ([key for key, value in pretrained.items() if value is there] for there in (True, False))
    return f"{' and '.join(with_)} of a pretrained model, {' and '.join(without)} not: all three, or none"


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    methods_of_other_tasks,
    networks_of_other_tasks,
    sections_of_another_phase,
    base_without_a_reader,
)
