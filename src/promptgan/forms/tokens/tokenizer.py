"""Texts to token ids and back, by a tokenizer that a folder holds."""

from pathlib import Path

from tokenizers import Tokenizer

from promptgan.core.errors import PromptganError


class NoTokenizer(PromptganError):
    """A folder of tokens, or of a model, does not hold the tokenizer."""


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a tokens or model folder. It reads ``<s>`` in a text as text, not as the special token.

    Raises:
        NoTokenizer: it is missing or broken.
    """
    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises no class of its own
        raise NoTokenizer(
            f"{folder}/tokenizer.json cannot be loaded: {error}", "restore it with `dvc checkout`"
        ) from error
    tokenizer.encode_special_tokens = True  # tokenizer.json does not keep it
    return tokenizer


def decode(tokenizer: Tokenizer, rows: list[list[int]]) -> list[str]:
    """The texts of token ids, special tokens left out."""
    return [text.strip() for text in tokenizer.decode_batch(rows, skip_special_tokens=True)]
