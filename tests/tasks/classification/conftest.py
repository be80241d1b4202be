"""Tiny labelled texts, of three labels that one word tells and of two sources."""

import numpy as np
import pandas as pd
import pytest

WORDS = {
    "sport": ["goal", "match", "team", "coach"],
    "tech": ["screen", "robot", "code", "chip"],
    "world": ["vote", "treaty", "border", "minister"],
}
THINGS = ["people", "monday", "plan", "money", "city", "day", "story", "result", "talk", "year"]


def texts(count: int) -> pd.DataFrame:
    """Canonical records; every third one has the same label."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(count):
        label = sorted(WORDS)[number % 3]
        things = " ".join(random.choice(THINGS, 4))
        text = f"the {random.choice(WORDS[label])} of {things} number {number}"
        rows.append((f"t{number}", f"g{number}", text, label, ("wire", "paper")[number % 2]))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> "pd.DataFrame":
    """Ninety of them."""
    return texts(90)
