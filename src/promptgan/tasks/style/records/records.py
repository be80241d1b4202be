"""Sentences of two styles: normalisation, row rules, splits, table rules."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.labelled_texts import examined
from promptgan.quality.output import Validated
from promptgan.tasks.style.records.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "text", "label"]


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Normalise sentences, quarantine bad ones, split the rest by group, and check the table.

    Args:
        records: columns id, group, text and label, the style.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.tasks.style.records.rules import ExpectTwoStyles

    found = Examination(records, context)
    frame = examined(found, COLUMNS, parameters, ExpectTwoStyles(column="label"))
    found.stop_if_broken()
    styles = frame["label"].value_counts().sort_index()
    return found.validated(
        frame,
        COLUMNS,
        mean_words=round(float(frame["words"].mean()), 4),
        styles={str(style): int(count) for style, count in styles.items()},
    )
