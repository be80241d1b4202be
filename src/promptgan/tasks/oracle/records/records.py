"""Sequences of token ids: row rules, splits, table rules."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import copies_across_splits, split_of
from promptgan.tasks.oracle.records.parameters import Parameters
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "text"]


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Quarantine bad sequences, split the rest by group, and check the table.

    A sequence that stands in a split of higher rank too goes to quarantine. One that the oracle drew twice within a
    split stays: it is as probable as that.

    Args:
        records: columns id, group and text, the ids of the tokens with spaces between.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.quality import expectations as ex
    from promptgan.tasks.oracle.records import rules

    p = parameters
    found = Examination(records, context)
    frame = found.canonical(COLUMNS)
    tokens = [str(text).split() for text in frame["text"]]
    known = {str(token) for token in range(p.vocabulary)}
    unknown: list[Any] = [next((token for token in row if token not in known), None) for row in tokens]
    frame = frame.assign(length=[len(row) for row in tokens], unknown=unknown)
    frame = found.rows(
        "tokens",
        frame,
        [rules.ExpectLength(column="length", value_set=[p.length]), rules.ExpectTokens(column="unknown")],
    )
    frame = frame.assign(split=[split_of(group, p.shares) for group in frame["group"]])
    frame = frame.assign(copy_of=copies_across_splits(frame, "text"))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

    found.quarantine_rules(p.max_defect_share, p.max_quarantine_share)
    found.table(
        "table",
        frame[["split"]],
        [ex.ExpectEnoughRows(min_value=p.min_rows), ex.ExpectEverySplit(column="split", min_value=len(RANKING))],
    )
    found.stop_if_broken()
    return found.validated(frame, COLUMNS)
