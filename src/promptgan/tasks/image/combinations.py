"""Choices that are each allowed and together make no sense for images. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

from promptgan.tasks.image.measures.parameters import FEATURES, INCEPTION

Sections = dict[str, Any]
"""The validated section of each room, by its name."""
READERS = ("discriminator", "encoder")
AUTOENCODERS = ("vae", "vaegan")
"""Methods that train an encoder."""


def size_that_is_not_halved(task: str, sections: Sections) -> str | None:
    """Convolutions with strides halve an image, and double a map, as often as they are told."""
    side = sections["tokenize"].side
    for role in ("generator", *READERS):
        halvings = getattr(sections[role], "halvings", None)
        if halvings is not None and side % 2**halvings:
            return f"tokenize.side is {side}, which cannot be halved {halvings} times, as {role}.halvings says"
    return None


def condition_unread(task: str, sections: Sections) -> str | None:
    """A generator that is asked for something needs a discriminator that looks whether it gives it, and no other."""
    condition, conditioning = sections["tokenize"].condition, getattr(sections["discriminator"], "conditioning", None)
    if conditioning is None or (condition == "none") == (conditioning == "none"):
        return None
    return f"tokenize.condition is {condition}, discriminator.conditioning {conditioning}: both are none, or neither"


def conditioning_elsewhere(task: str, sections: Sections) -> str | None:
    """A generator and an encoder have conditions beside their inputs; a discriminator says how it reads them."""
    for role in ("generator", *READERS):
        conditioning = getattr(sections[role], "conditioning", "none" if role == "discriminator" else None)
        if (conditioning is None) == (role == "discriminator"):
            wanted = "none, concat, projection or auxiliary" if role == "discriminator" else "null"
            return f"{role}.conditioning is {conditioning or 'null'}: it must be {wanted}"
    return None


def auxiliary_without_weight(task: str, sections: Sections) -> str | None:
    """An auxiliary classifier guesses labels, and learns by its weight in the losses."""
    weight = getattr(sections["train"], "auxiliary_weight", 0.0)
    conditioning = getattr(sections["discriminator"], "conditioning", None)
    if (conditioning == "auxiliary") == (weight > 0):
        return None
    return (
        f"train.auxiliary_weight is {weight}, and discriminator.conditioning {conditioning}: a weight above 0 and"
        " auxiliary go together"
    )


def spectral_elsewhere(task: str, sections: Sections) -> str | None:
    """Spectral normalisation holds the slope of a discriminator."""
    for role in ("generator", "encoder"):
        if getattr(sections[role], "normalisation", None) == "spectral":
            return f"{role}.normalisation is spectral, which is for a discriminator: choose batch or none"
    return None


def penalty_across_a_batch(task: str, sections: Sections) -> str | None:
    """The slope at one image has no meaning where a batch mixes its images (Gulrajani et al., 2017, section 4)."""
    penalty = getattr(sections["train"], "penalty", "none")
    if penalty == "none" or getattr(sections["discriminator"], "normalisation", None) != "batch":
        return None
    return f"train.penalty is {penalty}, which needs discriminator.normalisation spectral or none, not batch"


def twin_of_other_kind(task: str, sections: Sections) -> str | None:
    """What training goes on from must be there."""
    if getattr(sections["train"], "start", "fresh") != "twin" or sections["pretrain"].method != "none":
        return None
    return "train.start is twin, and pretrain.method none: there is no twin to go on from"


def autoencoder_without_encoder(task: str, sections: Sections) -> str | None:
    """An autoencoder is an encoder and a generator."""
    if sections["encoder"].network != "none":
        return None
    for stage in ("pretrain", "train"):
        if (method := sections[stage].method) in AUTOENCODERS:
            return f"{stage}.method is {method}, which needs an encoder: encoder.network is none"
    return None


def fewer_images_than_features(task: str, sections: Sections) -> str | None:
    """A Frechet distance takes more images than features; evaluation, hours later, would refuse fewer."""
    count, extractor = sections["generate"].count, sections["evaluate"].extractor
    spaces = {
        "judges.features": sections["judges"].features,
        f"evaluate.extractor {extractor}": FEATURES.get(extractor, 0),
        "evaluate.inception": INCEPTION if sections["evaluate"].inception else 0,
    }
    widest = max(spaces, key=lambda name: spaces[name])
    if count > spaces[widest]:
        return None
    return (
        f"generate.count is {count}, and a Frechet distance takes more images than the {spaces[widest]} features of"
        f" {widest}; raise generate.count, lower judges.features, or set evaluate.extractor to none or"
        " evaluate.inception to null"
    )


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    size_that_is_not_halved,
    condition_unread,
    conditioning_elsewhere,
    auxiliary_without_weight,
    spectral_elsewhere,
    penalty_across_a_batch,
    twin_of_other_kind,
    autoencoder_without_encoder,
    fewer_images_than_features,
)
