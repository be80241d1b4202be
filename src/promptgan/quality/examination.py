"""One table of records under examination: rows that a rule takes, rules that the whole breaks, and what is left."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import encodable
from promptgan.quality.output import Validated
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

    from promptgan.quality.expectations import Outcome

NO_DEFECTS = {"too-long", "too-short", "exact-duplicate", "duplicate-across-splits", "rare-label"}
"""Rules whose rows are sound, but not wanted."""
REMEDIES = {
    "too-few-rows": "add data, or look at what the rules above took, or lower validate.min_rows",
    "empty-split": "add data, or raise the split's share in validate.shares; in plain text of your own, lines with the"
    " same first words are one group: import it with more (`promptgan use local-text --path FILE --first-words 5`)",
}
"""What to do about a broken table rule; about the others `REMEDY`."""
REMEDY = "look at the data, or, if it is as it should be, change the limit in the section `validate` of params.yaml"


class TableRuleBroken(PromptganError):
    """The table as a whole breaks a rule; nothing is written."""

    def __init__(self, broken: "list[Outcome]", quarantined: Counter[str], details: dict[str, str]) -> None:
        """
        Args:
            broken: what the table does not meet.
            quarantined: rows by the rule that took them.
            details: the numbers behind a broken rule, by its name.
        """
        self.rules = [outcome.expectation.rule for outcome in broken]
        lines = [
            f"  {outcome.name} ({outcome.expectation.rule}): expected that {outcome.expectation.description}; "
            + details.get(outcome.expectation.rule, f"observed {outcome.observed}")
            for outcome in broken
        ]
        found = ", ".join(f"{rule} {count}" for rule, count in quarantined.most_common())
        if found:
            lines.append(f"  rows quarantined so far: {found}")
        super().__init__(
            "\n".join([f"the data breaks {len(broken)} table rule(s)", *lines]),
            "\n  -> ".join(dict.fromkeys(REMEDIES.get(rule, REMEDY) for rule in self.rules)),
        )


class Examination:
    """Holds records to rules, in the order in which they are given.

    Args:
        source: the records as they came; replace them by such with a unique index before rows are examined.
        context: of `expectations.new_context`; one in memory where None.
    """

    def __init__(self, source: "pd.DataFrame", context: Any = None) -> None:
        from promptgan.quality import expectations

        self.source = source
        self._check, self._context = expectations.check, context or expectations.new_context()
        self._rows: list[Outcome] = []
        self._tables: list[Outcome] = []
        self._bad: dict[Any, tuple[str, str]] = {}
        self._details: dict[str, str] = {}

    def canonical(self, columns: list[str], filled: list[str] | None = None) -> "pd.DataFrame":
        """Hold the source to its columns and ids, keep these columns, and return the rows that have a value in each.

        Args:
            columns: of every record.
            filled: those in which there must be a value; all where None.

        Raises:
            TableRuleBroken: a column is missing, or an id is repeated.
        """
        from promptgan.quality import expectations as ex

        self.table("columns", self.source.head(0), [ex.ExpectCanonicalColumns(column_set=columns)])
        self.stop_if_broken()
        self.source = self.source[columns].reset_index(drop=True)
        self.table("ids", self.source[["id"]], [ex.ExpectUniqueIds(column="id")])
        self.stop_if_broken()
        return self.rows("presence", self.source, [ex.ExpectPresent(column=each) for each in filled or columns])

    def texts(self, columns: list[str], filled: list[str] | None = None) -> "pd.DataFrame":
        """As `canonical`, of records whose values are texts; returns the rows where they are, in ``filled``.

        Raises:
            TableRuleBroken: see `canonical`.
        """
        from promptgan.quality import expectations as ex

        self.source = self.source.astype(object).map(encodable)
        frame = self.canonical(columns, filled)
        types = {f"{column}_type": [type(value).__name__ for value in frame[column]] for column in filled or columns}
        rules = [ex.ExpectString(column=column, value_set=["str"]) for column in types]
        return self.rows("types", frame.assign(**types), rules)

    def rows(self, name: str, frame: "pd.DataFrame", rules: list[Any]) -> "pd.DataFrame":
        """Note the first rule that each bad row breaks, and return the good ones."""
        found = self._check(self._context, name, frame, rules)
        self._rows += found
        for outcome in found:
            rule, column, description = (getattr(outcome.expectation, key) for key in ("rule", "column", "description"))
            for row, value in frame.loc[outcome.unexpected, column].items():
                self._bad.setdefault(row, (rule, f"{description} ({column}: {_shortened(value)})"))
        return frame[~frame.index.isin(list(self._bad))]

    def table(self, name: str, frame: "pd.DataFrame", rules: list[Any]) -> None:
        """Hold a table as a whole to rules; `stop_if_broken` says what it breaks."""
        self._tables += self._check(self._context, name, frame, rules)

    def quarantine_rules(self, max_defect_share: float, max_quarantine_share: float) -> None:
        """Hold what the rules have taken to its limits."""
        from promptgan.quality import expectations as ex

        rule_of = self.source.index.to_series().map({row: rule for row, (rule, _) in self._bad.items()})
        taken = rule_of.to_frame("rule").assign(defect=rule_of.mask(rule_of.isin(NO_DEFECTS)))
        limits: list[Any] = [
            ex.ExpectFewDefects(column="defect", mostly=1 - max_defect_share),
            ex.ExpectFewQuarantined(column="rule", mostly=1 - max_quarantine_share),
        ]
        self.table("quarantine", taken, limits)
        for limit, key, most in zip(
            limits, ("max_defect_share", "max_quarantine_share"), (max_defect_share, max_quarantine_share), strict=True
        ):
            count, of = int(taken[limit.column].notna().sum()), len(taken)
            self._details[limit.rule] = (
                f"{count:,} of {of:,} are, {count / max(1, of):.1%}, and validate.{key} is {most}"
            )

    def stop_if_broken(self, details: dict[str, str] | None = None) -> None:
        """
        Raises:
            TableRuleBroken: names every rule that a table has broken, with ``details`` by its name.
        """
        if broken := [outcome for outcome in self._tables if not outcome.success]:
            raise TableRuleBroken(broken, self.counts, self._details | (details or {}))

    @property
    def counts(self) -> Counter[str]:
        """Rows by the rule that took them."""
        return Counter(rule for rule, _ in self._bad.values())

    def validated(self, frame: "pd.DataFrame", columns: list[str], **more: Any) -> Validated:
        """What is left, and what is not.

        Args:
            frame: the good rows, with their `split`.
            columns: to keep of them.
            more: for the summary.
        """
        counts, read, quarantined = self.counts, len(self.source), sorted(self._bad)
        rows = {split: int((frame["split"] == split).sum()) for split in RANKING}
        return Validated(
            splits={split: frame.loc[frame["split"] == split, columns] for split in RANKING},
            quarantine=self.source.loc[quarantined].assign(
                rule=[self._bad[row][0] for row in quarantined], reason=[self._bad[row][1] for row in quarantined]
            ),
            summary={
                "rows": {"read": read, "quarantined": len(quarantined), **rows},
                "share_quarantined": round(len(quarantined) / read, 6),
                "share_defective": round(sum(n for rule, n in counts.items() if rule not in NO_DEFECTS) / read, 6),
                "groups": int(frame["group"].nunique()),
                **more,
                "quarantine": [
                    {"rule": rule, "rows": counts[rule]}
                    for rule in dict.fromkeys(outcome.expectation.rule for outcome in self._rows)
                ],
                "expectations": [_summary(outcome) for outcome in [*self._rows, *self._tables]],
            },
        )


def _shortened(value: object) -> str:
    shown = repr(value) if isinstance(value, str | bytes) else str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _summary(outcome: "Outcome") -> dict[str, Any]:
    expectation = outcome.expectation
    content = {
        "expectation": outcome.name,
        "rule": expectation.rule,
        "description": expectation.description,
        "success": outcome.success,
        "observed": outcome.observed,
    }
    return content | ({"column": expectation.column} if hasattr(expectation, "column") else {})
