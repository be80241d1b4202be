"""Texts are refused that alt-profanity-check takes for offensive: a linear classifier over word counts of English.

Its weights come as a pickle inside of the pinned package, which runs when it is imported, as the package's code does.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

from promptgan.lineage.tools import tool

THRESHOLD = 0.5
"""Probability from which a text is refused."""


def load(words: Path | None) -> Callable[[str], str | None]:
    """The reason to refuse a text: its probability of being offensive.

    Raises:
        ToolMissing: alt-profanity-check is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the weights name the version of scikit-learn that fitted them
        probability = tool("profanity_check", "serve").predict_prob

    def reason(text: str) -> str | None:
        found = float(probability([text])[0]) if text else 0.0
        return f"profanity: probability {found:.2f}" if found >= THRESHOLD else None

    return reason
