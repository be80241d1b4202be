"""Lines of numbers, in splits."""

from typing import TYPE_CHECKING, Any

from promptgan.tasks.numbers.records.parameters import Parameters

from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import split_of

if TYPE_CHECKING:
    import pandas as pd


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Split the lines by their ids."""
    from promptgan.quality import expectations as ex

    found = Examination(records, context)
    found.table("ids", records, [ex.ExpectUniqueIds(column="id")])
    found.stop_if_broken()
    split = [split_of(group, parameters.shares) for group in records["group"]]
    return found.validated(records.assign(split=split), list(records.columns))
