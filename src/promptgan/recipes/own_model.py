"""The user's own language model: whether a recipe can begin with it, asked before anything is written or runs."""

import json
import logging
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.data.own_model import context, here, located

DOWNLOADED = Path("data/base")
NETWORK = "huggingface"
"""The family of networks that is built on a causal language model."""
TRIED = 8
"""Tokens of a text, and of each side of a pair, that a model is tried with."""


class NoBaseModel(PromptganError):
    """The recipe begins with no pretrained language model."""

    exit_code = 2


class ContextTooShort(PromptganError):
    """The model reads fewer tokens than a prompt and a text have here."""

    exit_code = 2


class UnfitModel(PromptganError):
    """The model is there and whole, and a recipe cannot begin with it."""

    exit_code = 2

    def __init__(self, folder: Path, why: str, remedy: str | None = None) -> None:
        other = (
            "choose a causal language model, or for a classifier an encoder, that transformers opens without more code"
        )
        super().__init__(f"{folder}: {why}", remedy or other)


def accepted(model: str, preset: dict[str, Any], name: str) -> dict[str, Any]:
    """The section `base_model` for a model that a recipe can begin with.

    The model is opened as the stages do, and read a pair by what is built on it and by itself: both must say the same.

    Args:
        model: a folder, or the name of a repository of the Hugging Face Hub.
        preset: the values of the recipe's preset.
        name: of the recipe.

    Raises:
        NoBaseModel: the recipe begins with none.
        NoModel: there is no such model, or a file of it is missing or broken.
        UnfitModel: it is of a kind that the recipe's networks cannot begin with.
    """
    if preset["base_model"]["name"] == "none":
        raise NoBaseModel(
            f"--model: {name} begins with no pretrained language model",
            "text-lm, local-lm (your own pairs) and label-hf (a classifier) do",
        )
    folder, section = located(model)
    _try(folder, preset)
    return section


def check_context(document: dict[str, Any], root: Path) -> None:
    """Hold texts to what their base model reads; of one that is nowhere on this machine yet, nothing is known.

    Args:
        document: a parsed, valid parameter file.
        root: the repository.

    Raises:
        ContextTooShort: they are longer.
    """
    if folder := here(document["base_model"], root / DOWNLOADED):
        _check_length(document, folder)


def _check_length(document: dict[str, Any], folder: Path) -> None:
    longest, positions = document["tokenize"].get("max_tokens"), context(folder)
    if document["encoder"]["network"] != "none":
        sides, more = 1, 1
    else:  # the end of a text is read by a discriminator alone
        sides, more = 2, 2 if document["discriminator"]["network"] == NETWORK else 1
    if longest is not None and positions is not None and sides * longest + more > positions:
        raise ContextTooShort(
            f"{folder}: the model reads {positions} tokens, and {'a text' if sides == 1 else 'a prompt and a text'} of"
            f" tokenize.max_tokens {longest} take {sides * longest + more} with what stands around them",
            f"set tokenize.max_tokens to {(positions - more) // sides} or less",
        )


def _try(folder: Path, preset: dict[str, Any]) -> None:
    """Open a model without its weights, then have what is built on it read with them.

    Raises:
        UnfitModel: see `accepted`.
    """
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    from transformers.utils import logging as messages

    causal = preset["encoder"]["network"] == "none"
    verbosity = messages.get_verbosity()
    messages.set_verbosity(logging.CRITICAL)
    messages.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        made_as, able = config.architectures or [], set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
        if causal and made_as and not able & set(made_as):
            raise UnfitModel(folder, f"its config.json says {', '.join(made_as)}, which is no causal language model")
        opened: Any = (AutoModelForCausalLM if causal else AutoModel).from_pretrained(
            folder,
            config=config,
            device_map="meta",
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            local_files_only=True,
        )
        network, said = opened
        if odd := sorted(said["mismatched_keys"]):
            name, there, told = odd[0]
            raise UnfitModel(
                folder,
                f"{name} is {tuple(there)}, by config.json {tuple(told)}",
                "save model and configuration together",
            )
        if causal and (lost := sorted(said["missing_keys"])):
            raise UnfitModel(folder, f"{len(lost)} weights of {type(network).__name__} are missing, such as {lost[0]}")
        (_read_pair if causal else _read_text)(folder, preset)
    except PromptganError:
        raise
    except Exception as error:  # transformers raises whatever its models do
        raise UnfitModel(folder, f"transformers cannot open or run it: {' '.join(str(error).split())[:300]}") from error
    finally:
        messages.set_verbosity(verbosity)


def _read_pair(folder: Path, preset: dict[str, Any]) -> None:
    """Have pairs read by the generator that is built on a model, at once and from a cache, and by the model itself.

    What the generator makes logits of is the model's last states and its output embeddings alone: a model with a bias,
    a scale or a cap behind them would be trained and drawn from as another.
    """
    import torch

    from promptgan.forms.tokens.example import Example
    from promptgan.networks.folder import build
    from promptgan.tasks.text.arrays.pretrained import special

    config = json.loads((folder / "config.json").read_bytes())
    vocabulary, ends = config["vocab_size"], special(config)
    bos, eos = ends["bos"], ends["eos"]
    if bos is None or eos is None or not (0 <= bos < vocabulary and 0 <= eos < vocabulary):
        raise UnfitModel(
            folder,
            f"its config.json has bos_token_id {config.get('bos_token_id')} and eos_token_id"
            f" {config.get('eos_token_id')}, which are to be ids of its {vocabulary:,} tokens",
            "write into config.json the id of the token that ends a text in tokenizer.json, as eos_token_id",
        )
    section = next(
        (preset[role] for role in ("generator", "discriminator") if preset[role]["network"] == NETWORK), None
    )
    if section is None:
        return
    example = Example(vocabulary, preset["tokenize"]["max_tokens"], unk=None, bos=bos, eos=eos, base=folder)
    network: Any = build("tokens", "generator", {**section, "weights": "float32"}, example).eval()
    random, lengths = torch.Generator().manual_seed(0), torch.tensor([TRIED, TRIED // 2])  # the latter is padded
    prompt, inputs = (torch.randint(vocabulary, (2, TRIED), generator=random) for _ in range(2))
    inputs[:, 0] = bos
    with torch.inference_mode():
        alone = [torch.cat([p[:length], i])[None] for p, length, i in zip(prompt, lengths, inputs, strict=True)]
        itself = torch.cat([network.adapted.model.get_base_model()(input_ids=ids).logits[:, -TRIED:] for ids in alone])
        at_once = network.logits(network(prompt, lengths, inputs))
        by_token = network.logits(network.step(network.embedding(inputs), network.start(prompt, lengths))[0])
    _check_finite(folder, itself)
    for said in (at_once, by_token):
        if not torch.allclose(said, itself, rtol=0.01, atol=0.01 * itself.std().item()):
            raise UnfitModel(
                folder,
                "its logits are not its last states times its output embeddings (they have a bias, a scale or a cap),"
                " or depend on padding or on what comes later",
            )


def _read_text(folder: Path, preset: dict[str, Any]) -> None:
    """Have a text read by the classifier that is built on a model."""
    import torch

    from promptgan.forms.tokens.example import Example
    from promptgan.networks.folder import build

    body = {**preset["encoder"]["body"], "weights": "float32"}
    example = Example(json.loads((folder / "config.json").read_bytes())["vocab_size"], TRIED, base=folder)
    network = build("tokens", "encoder", {**preset["encoder"], "body": body}, example).eval()
    with torch.inference_mode():
        _check_finite(folder, network(torch.arange(TRIED)[None], torch.tensor([TRIED])))


def _check_finite(folder: Path, logits: Any) -> None:
    if not logits.isfinite().all():
        raise UnfitModel(folder, "its weights make numbers that are not finite", "save it again from a sound training")
