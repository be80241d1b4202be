"""Chit-chat: two people who talk about anything; a turn and the turn that answers it.

7,168 conversations in English, collected by the BYU Perception, Control and Cognition laboratory. A turn is what one
person typed before the other answered: its utterances joined by a space.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["chitchat"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="chitchat-dataset 0.9.0 (BYU PCC lab)",
        licence=Licence("MIT", "sure", "the package carries the licence file"),
        sources=(
            PyPI(
                "7bf89f36645e2d5ec87d53370c8e851b5a688479c7beb7079cb4c87fc5acea3e",
                "chitchat-dataset",
                "0.9.0",
                members=("chitchat_dataset/dataset.json",),
            ),
        ),
        content_sha256="61a66d5a1caaa43a3b62b463ce15d08bc8096492d33fcb0e9b2e5427af6e4d46",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every turn with the turn that answers it; the group is the conversation."""
    import pandas as pd

    conversations = json.loads((raw / "dataset.json").read_bytes())
    rows = []
    for conversation, content in conversations.items():
        turns = [" ".join(utterance["text"] for utterance in turn) for turn in content["messages"]]
        for index, (prompt, text) in enumerate(pairwise(turns)):
            rows.append((f"{conversation}-{index:03d}", conversation, prompt, text))
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text"])
