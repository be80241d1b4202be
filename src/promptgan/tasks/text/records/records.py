"""Text records (prompt -> text): normalisation, row rules, splits, table rules."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from promptgan import base
from promptgan.core.splits import RANKING
from promptgan.core.words import words
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.output import Validated
from promptgan.quality.splits import split_of
from promptgan.tasks.text.records.duplicates import copies_of_pairs
from promptgan.tasks.text.records.normalise import encodable, foreign_share, normalise
from promptgan.tasks.text.records.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd

    from promptgan.quality.expectations import Outcome

COLUMNS = ["id", "group", "prompt", "text"]
SIDES = ["prompt", "text"]
NO_DEFECTS = {"too-long", "exact-duplicate", "duplicate-across-splits"}
"""Rules whose rows are sound, but not wanted."""
REMEDIES = {
    "too-few-rows": "add data, or look at what the rules above took, or lower validate.min_rows",
    "empty-split": "add data, or raise the split's share in validate.shares; in plain text of your own, lines with the"
    " same first words are one group: import it with more (`promptgan use local-text --path FILE --first-words 5`)",
}
"""What to do about a broken table rule; about the others `REMEDY`."""
REMEDY = "look at the data, or, if it is as it should be, change the limit in the section `validate` of params.yaml"


class TableRuleBroken(base.PromptganError):
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


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Normalise records, quarantine bad rows, split the rest by group, and check the table.

    Args:
        records: columns id, group, prompt, text, and label where the data set has labels.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.quality import expectations as ex
    from promptgan.tasks.text.records import rules

    context = context or ex.new_context()
    columns = COLUMNS + [column for column in ["label"] if column in records]
    tables = ex.check(context, "columns", records.head(0), [ex.ExpectCanonicalColumns(column_set=COLUMNS)])
    _stop_if_broken(tables, Counter(), {})
    source = records[columns].astype(object).map(encodable).reset_index(drop=True)
    tables += ex.check(context, "ids", source, [ex.ExpectUniqueIds(column="id")])
    _stop_if_broken(tables, Counter(), {})

    rows: list[Outcome] = []
    bad: dict[int, tuple[str, str]] = {}

    def quarantine(name: str, frame: "pd.DataFrame", wanted: list[Any]) -> "pd.DataFrame":
        """Check rows, note the first rule that each bad one breaks, and return the good ones."""
        found = ex.check(context, name, frame, wanted)
        rows.extend(found)
        for outcome in found:
            rule, column, description = (getattr(outcome.expectation, key) for key in ("rule", "column", "description"))
            for row, value in frame.loc[outcome.unexpected, column].items():
                bad.setdefault(row, (rule, f"{description} ({column}: {_shortened(value)})"))
        return frame[~frame.index.isin(bad)]

    frame = quarantine("presence", source, [ex.ExpectPresent(column=column) for column in columns])
    types = {f"{column}_type": [type(value).__name__ for value in frame[column]] for column in columns}
    frame = quarantine(
        "types", frame.assign(**types), [ex.ExpectString(column=column, value_set=["str"]) for column in types]
    )
    characters = (rules.ExpectNotEmpty, rules.ExpectNoControlCharacters, rules.ExpectNoContactDetails)
    frame = frame.assign(**{side: frame[side].map(normalise) for side in SIDES})
    frame = quarantine("characters", frame, [rule(column=side) for rule in characters for side in SIDES])
    frame = quarantine(
        "measures",
        _measured(frame, parameters.script),
        [
            rules.ExpectFewWords(column="prompt_words", max_value=parameters.max_prompt_words),
            rules.ExpectFewWords(column="text_words", max_value=parameters.max_text_words),
            rules.ExpectScript(column="prompt_foreign_share", max_value=parameters.max_foreign_share),
            rules.ExpectScript(column="text_foreign_share", max_value=parameters.max_foreign_share),
        ],
    )
    frame = frame.assign(split=[split_of(group, parameters.shares) for group in frame["group"]])
    equal = [*columns[2:], "split"]
    first = frame.groupby(equal, sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(equal), None))
    frame = quarantine("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    if "label" in columns:
        frame = frame.assign(labels_of_pair=frame.groupby(SIDES, sort=False)["label"].transform("nunique"))
        frame = quarantine("labels", frame, [ex.ExpectOneLabel(column="labels_of_pair")])
    frame = frame.assign(copy_of=_copies_across_splits(frame, parameters.near_duplicates))
    frame = quarantine("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

    counts = Counter(rule for rule, _ in bad.values())
    rule_of = source.index.to_series().map({row: rule for row, (rule, _) in bad.items()})
    tables += ex.check(
        context,
        "quarantine",
        source.assign(rule=rule_of, defect=rule_of.mask(rule_of.isin(NO_DEFECTS))),
        [
            ex.ExpectFewDefects(column="defect", mostly=1 - parameters.max_defect_share),
            ex.ExpectFewQuarantined(column="rule", mostly=1 - parameters.max_quarantine_share),
        ],
    )
    tables += check_splits(frame, parameters, context)
    _stop_if_broken(tables, counts, _details(frame, len(source), parameters))

    quarantined = sorted(bad)
    return Validated(
        splits={split: frame.loc[frame["split"] == split, columns] for split in RANKING},
        quarantine=source.loc[quarantined].assign(
            rule=[bad[row][0] for row in quarantined], reason=[bad[row][1] for row in quarantined]
        ),
        summary={
            "rows": {
                "read": len(source),
                "quarantined": len(bad),
                **{split: int((frame["split"] == split).sum()) for split in RANKING},
            },
            "share_quarantined": round(len(bad) / len(source), 6),
            "share_defective": round(sum(counts[rule] for rule in counts if rule not in NO_DEFECTS) / len(source), 6),
            "groups": int(frame["group"].nunique()),
            "mean_words": {side: round(float(frame[f"{side}_words"].mean()), 4) for side in SIDES},
            "repeated": {side: int(frame.duplicated(side).sum()) for side in SIDES},
            "quarantine": [
                {"rule": rule, "rows": counts[rule]} for rule in dict.fromkeys(o.expectation.rule for o in rows)
            ],
            "expectations": [_summary(outcome) for outcome in [*rows, *tables]],
        },
    )


def check_splits(frame: "pd.DataFrame", parameters: Parameters, context: Any) -> "list[Outcome]":
    """The table rules on the rows that are left: their number, the splits, leakage, labels.

    Args:
        frame: canonical columns and `split`.
        parameters: the section `validate`.
        context: of `expectations.new_context`.
    """
    from promptgan.quality import expectations as ex
    from promptgan.tasks.text.records import rules

    facts = frame.assign(
        splits_of_group=frame.groupby("group", sort=False)["split"].transform("nunique"),
        splits_of_pair=frame.groupby(SIDES, sort=False)["split"].transform("nunique"),
    )
    wanted = [
        ex.ExpectEnoughRows(min_value=parameters.min_rows),
        ex.ExpectEverySplit(column="split", min_value=len(RANKING)),
        ex.ExpectGroupInOneSplit(column="splits_of_group"),
        rules.ExpectPairInOneSplit(column="splits_of_pair"),
    ]
    if "label" in frame:
        facts["label_share"] = frame.groupby("label", sort=False)["label"].transform("size") / max(1, len(frame))
        wanted.append(ex.ExpectBalancedLabels(column="label_share", max_value=parameters.max_label_share))
    return ex.check(context, "table", facts, wanted)


def _measured(frame: "pd.DataFrame", script: str) -> "pd.DataFrame":
    return frame.assign(
        **{f"{side}_words": [len(words(value)) for value in frame[side]] for side in SIDES},
        **{
            f"{side}_foreign_share": [foreign_share(value, script) if script != "any" else 0.0 for value in frame[side]]
            for side in SIDES
        },
    )


def _copies_across_splits(frame: "pd.DataFrame", measure: NearDuplicates) -> "pd.Series[Any]":
    import pandas as pd

    ids, splits = list(frame["id"]), list(frame["split"])
    ranks = [RANKING.index(split) for split in splits]
    copies = copies_of_pairs(list(frame["prompt"]), list(frame["text"]), ranks, measure)
    named = [None if copy is None else f"{ids[copy]} in {splits[copy]}" for copy in copies]
    return pd.Series(named, index=frame.index, dtype=object)


def _shortened(value: object) -> str:
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _details(frame: "pd.DataFrame", read: int, parameters: Parameters) -> dict[str, str]:
    left, groups = len(frame), frame["group"].nunique()
    empty = [split for split in RANKING if split not in set(frame["split"])]
    return {
        "too-few-rows": f"observed {left}: {read} were read, {read - left} of them are quarantined, and"
        f" validate.min_rows is {parameters.min_rows}",
        "empty-split": f"none in {', '.join(empty)}: a group lies in one split whole, and {left} row(s) make {groups}"
        " group(s)",
    }


def _stop_if_broken(tables: "list[Outcome]", quarantined: Counter[str], details: dict[str, str]) -> None:
    if broken := [outcome for outcome in tables if not outcome.success]:
        raise TableRuleBroken(broken, quarantined, details)


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
