"""Texts to token ids and back, by a tokenizer that a folder holds."""

from pathlib import Path

from tokenizers import Tokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a tokens or model folder. It reads ``<s>`` in a text as text, not as the special token."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # tokenizer.json does not keep it
    return tokenizer


def decode(tokenizer: Tokenizer, rows: list[list[int]]) -> list[str]:
    """The texts of token ids, special tokens left out."""
    return [text.strip() for text in tokenizer.decode_batch(rows, skip_special_tokens=True)]
