"""Choices that are each allowed and together make no sense for texts. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

Sections = dict[str, Any]
"""The validated section of each room, by its name."""


def context_too_short(task: str, sections: Sections) -> str | None:
    """A transformer must be able to read the longest prompt and the longest text with its start."""
    longest = getattr(sections["tokenize"], "max_tokens", None)
    for role, more in (("generator", 1), ("discriminator", 2)):  # the latter reads the end of a text too
        context = getattr(sections[role], "context", None)
        if context is not None and longest is not None and context < 2 * longest + more:
            return (
                f"{role}.context is {context}, and a prompt and a text of tokenize.max_tokens {longest} take"
                f" {2 * longest + more}; raise the one or lower the other"
            )
    return None


def words_without_spaces(task: str, sections: Sections) -> str | None:
    """Chinese is written without spaces: at the word level nearly every line would be a word of its own."""
    script, level = getattr(sections["validate"], "script", None), getattr(sections["tokenize"], "level", None)
    if (script, level) != ("han", "word"):
        return None
    return "validate.script is han, which has no spaces for tokenize.level word to split at; use character or bpe"


def pretrained_parts(task: str, sections: Sections) -> str | None:
    """A pretrained model brings its tokenizer, and only what is built on it reads that."""
    base, level = sections["base_model"].name, getattr(sections["tokenize"], "level", None)
    if (base == "none") == (level == "pretrained"):
        return (
            f"base_model.name is {base}, and tokenize.level {level}: with a pretrained model it is pretrained, else not"
        )
    for role in ("generator", "discriminator"):
        if sections[role].network == "huggingface" and base == "none":
            return f"{role}.network is huggingface, and base_model.name none: name the model that it begins with"
    return None


def generator_without_prompt(task: str, sections: Sections) -> str | None:
    """A text answers its prompt, and ends where it likes."""
    if sections["generator"].network != "unconditional":
        return None
    return "generator.network is unconditional, which reads no prompt and makes sequences of one length"


def prompts_where_none_is_asked(task: str, sections: Sections) -> str | None:
    """Texts that answer no prompt answer none of one's own."""
    kind = getattr(getattr(sections["validate"], "prompt", None), "kind", None)
    if kind != "none" or not getattr(sections["generate"], "prompts", None):
        return None
    return "validate.prompt.kind is none, and generate.prompts holds prompts; make it []"


def adversary_without_a_twin(task: str, sections: Sections) -> str | None:
    """Validation measures how far answers are from those of the likelihood twin, whoever begins as it or not."""
    method = sections["train"].method
    if method == "none" or sections["pretrain"].method != "none":
        return None
    return f"train.method is {method}, which validation sets beside a twin, and pretrain.method none: likelihood, say"


def latent_parts(task: str, sections: Sections) -> str | None:
    """A latent generator learns with an encoder, by a bound; no adversarial method here takes it further."""
    chosen = {
        "generator.network latent": sections["generator"].network == "latent",
        "encoder.network latent": sections["encoder"].network == "latent",
        "pretrain.method text_vae": sections["pretrain"].method == "text_vae",
    }
    if not any(chosen.values()):
        return None
    if not all(chosen.values()):
        return (
            f"{' and '.join(chosen)} go together; missing: {', '.join(k for k, there in chosen.items() if not there)}"
        )
    if sections["train"].method != "none":
        return f"generator.network is latent, which train.method {sections['train'].method} cannot go on from; use none"
    return None


def counted_parts(task: str, sections: Sections) -> str | None:
    """N-grams are counted, and nothing else is; a count has no gradient that an adversary could turn."""
    network, method = sections["generator"].network, sections["pretrain"].method
    if (network == "ngram") != (method == "count"):
        return f"generator.network is {network}, and pretrain.method {method}: ngram and count go together"
    if network == "ngram" and sections["train"].method != "none":
        return f"generator.network is ngram, which train.method {sections['train'].method} cannot go on from; use none"
    return None


RULES: tuple[Callable[[str, Sections], str | None], ...] = (
    context_too_short,
    words_without_spaces,
    generator_without_prompt,
    prompts_where_none_is_asked,
    pretrained_parts,
    adversary_without_a_twin,
    latent_parts,
    counted_parts,
)
