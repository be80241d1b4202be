"""Labels as tokens: what a label is called in a tokenizer, and which ones a folder's tokenizer knows."""

from pathlib import Path

from promptgan.forms.tokens.tokenizer import load_tokenizer

BEGIN, END = "<label ", ">"


def token_of(label: str) -> str:
    """The token that stands for a label."""
    return f"{BEGIN}{label}{END}"


def labels_of(folder: Path) -> list[str]:
    """The labels of a tokens or model folder, in the order of their ids, which is that of a classifier's outputs.

    Raises:
        NoTokenizer: the folder's tokenizer is missing or broken.
    """
    added = sorted(load_tokenizer(folder).get_added_tokens_decoder().items())
    names = [token.content for _, token in added]
    return [name[len(BEGIN) : -len(END)] for name in names if name.startswith(BEGIN) and name.endswith(END)]
