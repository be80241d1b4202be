"""Customer support and small talk by topic: a question and its answer, almost half of them technical support.

The English part of the ChatterBot corpus. A dialogue's statements are paired one after the other. The group is the
topic and the dialogue's first statement, so that one question with several answers stays within one split.
"""

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

    name: Literal["customer_support"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="chatterbot-corpus 1.3.3, English",
        licence=Licence("BSD-3-Clause", "sure"),
        sources=(
            PyPI(
                "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154",
                "chatterbot-corpus",
                "1.3.3",
                members=("chatterbot_corpus/data/english/*.yml",),
            ),
        ),
        content_sha256="6f227ff2bceb225c01cd000d5d2abfdecc35fc132dc913532f710b0c1019931f",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every statement with the one that answers it; the label is the topic."""
    import pandas as pd
    from ruamel.yaml import YAML

    rows = []
    for file in sorted(raw.glob("*.yml")):
        topic = file.stem
        dialogues = YAML(typ="safe", pure=True).load(file.read_bytes())["conversations"]
        for number, dialogue in enumerate(dialogues):
            if not isinstance(dialogue, list):  # a few entries are one bare statement
                continue
            statements = [str(statement) for statement in dialogue]
            group = f"{topic}: {' '.join(statements[0].casefold().split())}"
            for index, (prompt, text) in enumerate(pairwise(statements)):
                rows.append((f"{topic}-{number:04d}-{index}", group, prompt, text, topic))
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])
