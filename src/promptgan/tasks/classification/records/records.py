"""Labelled texts: normalisation, row rules, splits, table rules."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.labelled_texts import examined
from promptgan.quality.output import Validated
from promptgan.tasks.classification.records.parameters import Parameters
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "text", "label", "source"]


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Normalise texts, quarantine bad ones, split the rest by group, and check the table.

    Args:
        records: columns id, group, text, label and source, which is empty where a data set has one source.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.tasks.classification.records.rules import ExpectEveryLabelInEverySplit, ExpectSeveralLabels

    p = parameters
    found = Examination(records, context)
    frame = examined(found, COLUMNS, p, ExpectSeveralLabels(column="label"), p.allow_contact_details)
    labels = sorted({label for label in found.source["label"] if isinstance(label, str)})
    counts = _counts(frame, labels)
    least = ExpectEveryLabelInEverySplit(column="rows", min_value=p.min_per_label)
    found.table("labels-by-split", counts.astype({"rows": float}), [least])  # of which JSON knows a minimum
    few = counts[counts["rows"] < p.min_per_label]
    named = (f"{row.label!r} has {row.rows} in {row.split}" for row in few.itertuples())
    found.stop_if_broken({least.rule: f"{p.min_per_label} are wanted, and " + ", ".join(named)})
    sources = frame.loc[frame["source"] != "", "source"].value_counts().sort_index()
    return found.validated(
        frame,
        COLUMNS,
        mean_words=round(float(frame["words"].mean()), 4),
        labels={label: int(rows) for label, rows in counts.groupby("label")["rows"].sum().items()},
        sources={source: int(rows) for source, rows in sources.items()},
    )


def _counts(frame: "pd.DataFrame", labels: list[str]) -> "pd.DataFrame":
    """Columns label, split and rows: how many there are of each label in each split, 0 where there is none."""
    import pandas as pd

    every = pd.MultiIndex.from_product([labels, RANKING], names=["label", "split"])
    counts = frame.groupby(["label", "split"]).size().reindex(every, fill_value=0)
    return counts.reset_index(name="rows")
