"""Choices that are each allowed and together make no sense. A rule returns what is wrong, or nothing."""

from collections.abc import Callable
from typing import Any

from promptgan.core.choices import choices, choose

Sections = dict[str, Any]
"""The validated section of each room, by its name."""
Rule = Callable[[str, Sections], str | None]


AGAINST_THEMSELVES = ("classifier",)
"""Methods whose adversary is no network, but a perturbation."""
CORPUS_READERS = {"text": "likelihood", "classification": "classifier"}
"""By task, the method of `pretrain` that reads a corpus before what is learnt."""


def impossible(task: str, sections: Sections) -> list[str]:
    """What every rule finds wrong with a parameter file whose sections are each valid, behind the rule's name."""
    found = ((rule.__name__.replace("_", "-"), rule(task, sections)) for rule in rules(task))
    return [f"{name}: {problem}" for name, problem in found if problem]


def rules(task: str) -> "tuple[Rule, ...]":
    """Those of every recipe, and those of the task's own file `combinations.py` where it has one."""
    has = "combinations" in choices(f"promptgan.tasks.{task}")
    return (*RULES, *(choose("promptgan.tasks", task, "task", "combinations").RULES if has else ()))


def data_of_another_task(task: str, sections: Sections) -> str | None:
    """The data set's records must be what the task's rooms read."""
    name = sections["data"].name
    theirs = choose("promptgan.data.sets", name, "data.name").TASK
    return f"data.name {name} is for {theirs}, and task is {task}" if theirs != task else None


def unreadable_corpus(task: str, sections: Sections) -> str | None:
    """A corpus is texts that stand on their own, for the recipe's task, whose pretraining reads them."""
    name, method = sections["corpus"].name, sections["pretrain"].method
    if name == "none":
        return None
    if CORPUS_READERS.get(task) != method:
        readers = " and ".join(f"{method} of task {task}" for task, method in CORPUS_READERS.items())
        return f"corpus.name is {name}, which only pretrain.method {readers} read, not {method} of {task}"
    if name == sections["data"].name:
        return f"corpus.name is {name}, and so is data.name: its texts are learnt as it is"
    theirs = choose("promptgan.data.sets", name, "corpus.name")
    if task != theirs.TASK:
        return f"corpus.name is {name}, which is for {theirs.TASK}: a corpus is of the recipe's own task, {task}"
    if more := [key for key in theirs.Parameters.model_fields if key != "name"]:
        return f"corpus.name is {name}, which needs {', '.join(more)}: a corpus takes a data set without parameters"
    return None


def role_not_played(task: str, sections: Sections) -> str | None:
    """A network plays the roles that its family declares; a recipe trains a generator or an encoder."""
    trains = [role for role in ("generator", "encoder") if sections[role].network != "none"]
    for role in ("generator", "discriminator", "encoder"):
        section = sections[role]
        if role in section.roles or (section.network == "none" and (trains or role != "generator")):
            continue
        package = type(section).__module__.rpartition(f".{section.network}.")[0]  # the folder of the form's networks
        able = [
            name
            for name in choices(package)
            if role in choose(package, name, f"{role}.network", "parameters").Parameters.roles
        ]
        return f"{role}.network is {section.network}, which plays no {role}; these do: {', '.join(able)}"
    return None


def latent_sizes_that_differ(task: str, sections: Sections) -> str | None:
    """An encoder guesses the latent vector that a generator reads; a discriminator alone has none."""
    sizes = {role: section.latent for role in ("generator", "encoder") if hasattr(section := sections[role], "latent")}
    for role, size in sizes.items():
        if size is None:
            return f"{role}.latent is null, which only a discriminator's may be: give the size of a latent vector"
    if len(set(sizes.values())) < 2:
        return None
    return "generator.latent is {generator}, and encoder.latent {encoder}: they must be the same".format(**sizes)


def n_grams_too_long(task: str, sections: Sections) -> str | None:
    """N-grams are numbered with 64 bits."""
    order, size = getattr(sections["generator"], "order", None), getattr(sections["tokenize"], "vocabulary", None)
    if order is None or size is None:
        return None
    from promptgan.forms.tokens.kneser_ney import most_ids

    if size <= (most := most_ids(order)):
        return None
    return (
        f"generator.order is {order}, and n-grams of a tokenize.vocabulary of {size} do not fit into 64 bits then:"
        f" lower the one, or the other to {most}"
    )


def heads_that_do_not_divide(task: str, sections: Sections) -> str | None:
    """Attention splits the width evenly among the heads."""
    for name, section in sections.items():
        width, heads = getattr(section, "width", None), getattr(section, "heads", None)
        if width is not None and heads is not None and width % heads:
            return f"{name}.heads {heads} does not divide {name}.width {width}"
    return None


def precision_of_weights(task: str, sections: Sections) -> str | None:
    """Adapters are float32: products with pretrained weights in bfloat16 are taken in that."""
    for role in ("generator", "discriminator", "encoder"):
        section = getattr(sections[role], "body", sections[role])
        if getattr(section, "weights", None) == "bfloat16" and sections["compute"].precision == "float32":
            name = role if section is sections[role] else f"{role}.body"
            return f"{name}.weights is bfloat16, and compute.precision float32: make both bfloat16, or both float32"
    return None


def critic_without_penalty(task: str, sections: Sections) -> str | None:
    """A Wasserstein critic must be Lipschitz, which a gradient penalty, clipping or spectral normalisation makes it."""
    objective, penalty = getattr(sections["train"], "objective", None), getattr(sections["train"], "penalty", None)
    clipped = getattr(sections["train"], "clip_weights", None) is not None
    if clipped and objective != "wasserstein":
        return f"train.clip_weights is for train.objective wasserstein, not {objective}: make it null"
    ways = (penalty == "gradient", clipped, getattr(sections["discriminator"], "normalisation", None) == "spectral")
    if objective != "wasserstein" or any(ways):
        return None
    by = " (or train.clip_weights, or discriminator.normalisation spectral)" if task == "image" else ""
    return f"train.objective is wasserstein, which needs train.penalty gradient{by}, not {penalty}"


def penalty_without_weight(task: str, sections: Sections) -> str | None:
    """A penalty of weight zero costs a second derivative and changes nothing."""
    penalty, weight = (getattr(sections["train"], key, None) for key in ("penalty", "penalty_weight"))
    if penalty in (None, "none") or weight is None or weight > 0:
        return None
    return f"train.penalty is {penalty}, which needs a train.penalty_weight above 0, not {weight}"


def band_upside_down(task: str, sections: Sections) -> str | None:
    """The generator waits below one discriminator accuracy, the discriminator above another, higher one."""
    waiting = getattr(sections["train"], "waiting", None)
    if waiting is None or waiting.generator_below < waiting.discriminator_above:
        return None
    return (
        f"train.waiting.generator_below {waiting.generator_below} is not below"
        f" discriminator_above {waiting.discriminator_above}"
    )


def training_without_a_discriminator(task: str, sections: Sections) -> str | None:
    """Adversarial training needs a discriminator, and none is of no use without it."""
    method, network = sections["train"].method, sections["discriminator"].network
    if (method == "none") == (network == "none") or method in AGAINST_THEMSELVES:
        return None
    return f"train.method is {method}, and discriminator.network {network}: both are none, or neither"


def rewards_without_prefixes(task: str, sections: Sections) -> str | None:
    """A reward for every token needs a discriminator that judges an answer as far as each."""
    method, network = sections["train"].method, sections["discriminator"].network
    if method != "dense_rewards" or network in ("recurrent", "none"):
        return None
    return f"train.method is dense_rewards, which needs discriminator.network recurrent, not {network}"


def nothing_trained(task: str, sections: Sections) -> str | None:
    """A recipe trains something."""
    if {sections["pretrain"].method, sections["train"].method} != {"none"}:
        return None
    return "pretrain.method and train.method are both none"


RULES: tuple[Rule, ...] = (
    data_of_another_task,
    unreadable_corpus,
    role_not_played,
    latent_sizes_that_differ,
    n_grams_too_long,
    heads_that_do_not_divide,
    precision_of_weights,
    critic_without_penalty,
    penalty_without_weight,
    band_upside_down,
    training_without_a_discriminator,
    rewards_without_prefixes,
    nothing_trained,
)
