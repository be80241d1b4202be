"""The tokenizer and the weights of a pretrained model, an encoder or a causal one, in the format of transformers."""

import json
import shutil
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from promptgan.core.errors import PromptganError


class UnusableModel(PromptganError):
    """What was downloaded is no model that a classifier can begin with."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder}: {why}",
            "choose a model of text in the format of transformers (config.json, tokenizer.json, *.safetensors)",
        )


class ContextTooShort(PromptganError):
    """The model reads fewer tokens than texts have here."""

    def __init__(self, max_tokens: int, positions: int) -> None:
        super().__init__(
            f"texts of tokenize.max_tokens {max_tokens} take {max_tokens + 1} tokens with their start, and the model"
            f" reads {positions}",
            f"set tokenize.max_tokens to {positions - 1} or less; longer texts keep their beginning",
        )


def adopt(source: Path, out: Path, tokens: list[str], max_tokens: int) -> tuple[Tokenizer, int, dict[str, int | None]]:
    """Write the model of ``source`` into ``out``, config.json and safetensors.

    Args:
        source: the folder of the model.
        out: the folder to write.
        tokens: to add to the tokenizer, behind the model's own vocabulary.
        max_tokens: of a text.

    Returns:
        Its tokenizer, with ``tokens``, the size of its vocabulary without them, and the ids of its special tokens.

    Raises:
        UnusableModel: it lacks a file, or does not say what begins and ends a text.
        ContextTooShort: it reads fewer tokens than ``max_tokens`` and one.
    """
    weights = sorted(source.glob("*.safetensors"))
    missing = [name for name in ("config.json", "tokenizer.json") if not (source / name).is_file()]
    if missing or not weights:
        raise UnusableModel(source, f"there is no {' and no '.join(missing or ['file of weights as safetensors'])}")
    config = json.loads((source / "config.json").read_bytes())
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    vocabulary, own = config.get("vocab_size", 0), tokenizer.get_vocab_size()
    if own > vocabulary:
        raise UnusableModel(source, f"its tokenizer has {own} tokens, its configuration a vocab_size of {vocabulary}")
    if max_tokens >= (positions := config.get("max_position_embeddings", max_tokens + 1)):
        raise ContextTooShort(max_tokens, positions)
    special = _special(source, config, tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    for file in [source / "config.json", *weights, *source.glob("*.safetensors.index.json")]:
        shutil.copyfile(file, out / file.name)
    # an added token gets the next id: ids of the vocabulary that stand for nothing must be taken first
    tokenizer.add_special_tokens([*(f"<unused {number}>" for number in range(own, vocabulary)), *tokens])
    return tokenizer, vocabulary, special


def _special(source: Path, config: dict[str, Any], tokenizer: Tokenizer) -> dict[str, int | None]:
    """Ids that stand before a text and end it: what the tokenizer puts around one, or else what the configuration says.

    Where a causal model has but one of the two, it is both.
    """
    around: list[Any] = tokenizer.encode("").ids
    bos, eos = around if len(around) == 2 else (config.get(f"{end}_token_id") for end in ("bos", "eos"))
    eos = eos[0] if isinstance(eos, list) else eos
    bos, eos = (eos if bos is None else bos), (bos if eos is None else eos)
    if bos is None:
        raise UnusableModel(source, "neither its tokenizer nor its configuration says what begins and ends a text")
    return {"pad": 0, "unk": None, "bos": bos, "eos": eos}
