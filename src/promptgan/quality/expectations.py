"""The rules that every task shares, as Great Expectations, each a named class with a description.

A row rule quarantines the rows that it finds; a table rule stops the pipeline. `rule` is the name that quarantine,
metrics and errors use. Importing this module imports Great Expectations (seconds), so import it where it is used.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports modules that Python has deprecated
    import great_expectations as gx
    from great_expectations.expectations import core as gxe

if TYPE_CHECKING:
    import pandas as pd


class ExpectPresent(gxe.ExpectColumnValuesToNotBeNull):
    """A record has its id, its group and what the task is about, and its label where the data set has labels."""

    rule: ClassVar = "missing-value"
    description: str = "a value is missing"


class ExpectString(gxe.ExpectColumnValuesToBeInSet):
    """Every canonical column holds character strings; checked on the names of the values' types."""

    rule: ClassVar = "not-a-string"
    description: str = "the value is not a character string"


class ExpectNoExactDuplicate(gxe.ExpectColumnValuesToBeNull):
    """The first of equal records of a split stays, the others go."""

    rule: ClassVar = "exact-duplicate"
    description: str = "an earlier record of the split is the same"


class ExpectOneLabel(gxe.ExpectColumnValuesToBeBetween):
    """Equal records carry the same label; where they do not, none of them is believed."""

    rule: ClassVar = "contradictory-labels"
    max_value: int = 1
    description: str = "equal records carry several labels"


class ExpectNoDuplicateAcrossSplits(gxe.ExpectColumnValuesToBeNull):
    """No exact or near duplicate lies in a split of higher rank (test > judge > val > train)."""

    rule: ClassVar = "duplicate-across-splits"
    description: str = "a split of higher rank holds an exact or near duplicate"


class ExpectCanonicalColumns(gxe.ExpectTableColumnsToMatchSet):
    """The table has the canonical columns."""

    rule: ClassVar = "missing-column"
    exact_match: bool = False
    description: str = "the canonical columns are there"


class ExpectUniqueIds(gxe.ExpectColumnValuesToBeUnique):
    """No two records share an id."""

    rule: ClassVar = "repeated-id"
    description: str = "ids are unique"


class ExpectFewDefects(gxe.ExpectColumnValuesToBeNull):
    """The share of defective rows is small (`validate.max_defect_share`); length, copies and rare labels are none."""

    rule: ClassVar = "defect-share"
    description: str = "the share of defective rows is within validate.max_defect_share"


class ExpectFewQuarantined(gxe.ExpectColumnValuesToBeNull):
    """The share of quarantined rows is within its limit (`validate.max_quarantine_share`)."""

    rule: ClassVar = "quarantine-share"
    description: str = "the share of quarantined rows is within validate.max_quarantine_share"


class ExpectEnoughRows(gxe.ExpectTableRowCountToBeBetween):
    """Enough rows are left (`validate.min_rows`)."""

    rule: ClassVar = "too-few-rows"
    description: str = "at least validate.min_rows rows are left after quarantine"


class ExpectEverySplit(gxe.ExpectColumnUniqueValueCountToBeBetween):
    """No split is empty."""

    rule: ClassVar = "empty-split"
    description: str = "train, val, test and judge all have rows"


class ExpectGroupInOneSplit(gxe.ExpectColumnValuesToBeBetween):
    """All records of a group lie in one split."""

    rule: ClassVar = "group-leakage"
    max_value: int = 1
    description: str = "every group lies in one split"


class ExpectBalancedLabels(gxe.ExpectColumnMaxToBeBetween):
    """No label holds nearly all of the rows (`validate.max_label_share`)."""

    rule: ClassVar = "label-balance"
    description: str = "no label has a larger share than validate.max_label_share"


@dataclass(frozen=True)
class Outcome:
    """What one expectation found."""

    expectation: Any
    success: bool
    unexpected: list[Any]
    """Index labels of the rows that a row rule found."""
    observed: Any
    """A table rule's observed value, where it has one."""

    @property
    def name(self) -> str:
        """Name of the expectation's class."""
        return type(self.expectation).__name__


def new_context(folder: Path | None = None) -> Any:
    """A Great Expectations context: in memory, or in a folder where it keeps results to build its Data Docs from."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="file", project_root_dir=folder) if folder else gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.data_sources.add_pandas("records")
    return context


def check(context: Any, name: str, frame: "pd.DataFrame", expectations: list[Any]) -> list[Outcome]:
    """Check a table against expectations; one outcome for each, in their order.

    Args:
        context: of `new_context`.
        name: of the suite, once per context.
        frame: with a unique index.
        expectations: at most one of a class for a column.
    """
    wanted = [getattr(expectation, "column", None) for expectation in expectations]
    if None not in wanted:
        frame = frame[list(dict.fromkeys(wanted))]  # Great Expectations hashes all that it is given
    batch = context.data_sources.get("records").add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    result = definition.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "COMPLETE", "partial_unexpected_count": 20},
    )
    configured = [(each.expectation_config, each) for each in result.results]
    found = {(config.type, config.kwargs.get("column")): each for config, each in configured if config}
    return [
        _outcome(expectation, found[expectation.expectation_type, column])
        for expectation, column in zip(expectations, wanted, strict=True)
    ]


def _outcome(expectation: Any, result: Any) -> Outcome:
    raised = result.exception_info or {}
    for info in [raised, *(value for value in raised.values() if isinstance(value, dict))]:
        if info.get("raised_exception"):
            return Outcome(expectation, False, [], info["exception_message"])
    content = result.result
    return Outcome(
        expectation,
        bool(result.success),
        content.get("unexpected_index_list") or [],
        content.get("unexpected_count", content.get("observed_value")),
    )
