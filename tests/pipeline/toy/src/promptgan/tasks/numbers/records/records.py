"""Lines of numbers, in splits."""

from typing import TYPE_CHECKING, Any

from promptgan.tasks.numbers.records.parameters import Parameters

from promptgan.core.splits import RANKING
from promptgan.quality.output import Validated
from promptgan.quality.splits import split_of

if TYPE_CHECKING:
    import pandas as pd


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Split the lines by their ids."""
    from promptgan.quality import expectations as ex

    ids = ex.check(context or ex.new_context(), "ids", records, [ex.ExpectUniqueIds(column="id")])
    split = records["group"].map(lambda group: split_of(group, parameters.shares))
    splits = {name: records[split == name] for name in RANKING}
    rows = {"read": len(records), "quarantined": 0, **{name: len(frame) for name, frame in splits.items()}}
    found = [{"rule": o.expectation.rule, "description": o.expectation.description, "success": o.success} for o in ids]
    summary = {"rows": rows, "quarantine": [], "expectations": found}
    return Validated(splits, records.head(0).assign(rule="", reason=""), summary)
