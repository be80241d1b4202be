"""Labelled texts: normalisation, row rules, splits, table rules."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.normalise import foreign_share, normalise
from promptgan.quality.output import Validated
from promptgan.quality.splits import near_copies_across_splits, split_of
from promptgan.tasks.classification.records.parameters import Parameters
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

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
    from promptgan.quality import expectations as ex
    from promptgan.tasks.classification.records.rules import ExpectEveryLabelInEverySplit, ExpectSeveralLabels

    p = parameters
    found = Examination(records, context)
    frame = sound(found, COLUMNS, p)
    labels = sorted({label for label in found.source["label"] if isinstance(label, str)})
    frame = frame.assign(labels_of_text=frame.groupby("text", sort=False)["label"].transform("nunique"))
    frame = found.rows("labels", frame, [ex.ExpectOneLabel(column="labels_of_text")])
    frame = frame.assign(split=[split_of(group, p.shares) for group in frame["group"]])
    equal = ["text", "split"]
    first = frame.groupby(equal, sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(equal), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    texts = [[words(text) or [text]] for text in frame["text"]]
    frame = frame.assign(copy_of=near_copies_across_splits(frame, texts, p.near_duplicates))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

    found.quarantine_rules(p.max_defect_share, p.max_quarantine_share)
    facts = frame.assign(
        splits_of_group=frame.groupby("group", sort=False)["split"].transform("nunique"),
        label_share=frame.groupby("label", sort=False)["label"].transform("size") / max(1, len(frame)),
    )
    wanted = [
        ex.ExpectEnoughRows(min_value=p.min_rows),
        ex.ExpectEverySplit(column="split", min_value=len(RANKING)),
        ex.ExpectGroupInOneSplit(column="splits_of_group"),
        ExpectSeveralLabels(column="label"),
        ex.ExpectBalancedLabels(column="label_share", max_value=p.max_label_share),
    ]
    found.table("table", facts, wanted)
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


def sound(found: Examination, columns: list[str], parameters: Parameters) -> "pd.DataFrame":
    """Note the rows that break a rule by themselves, and return the others, their texts normalised.

    Args:
        found: holds the records.
        columns: that they must have, and are reduced to.
        parameters: the section `validate`.

    Returns:
        The columns, and `words` and `foreign_share` of the text.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
    """
    from promptgan.quality import text_rules as rules

    p = parameters
    frame = found.texts(columns)
    frame = frame.assign(text=frame["text"].map(normalise))
    characters = [rules.ExpectNotEmpty, rules.ExpectNoControlCharacters]
    if not p.allow_contact_details:
        characters.append(rules.ExpectNoContactDetails)
    frame = found.rows("characters", frame, [rule(column="text") for rule in characters])
    foreign = [foreign_share(text, p.script) if p.script != "any" else 0.0 for text in frame["text"]]
    frame = frame.assign(words=[len(words(text)) for text in frame["text"]], foreign_share=foreign)
    measures = [
        rules.ExpectFewWords(column="words", max_value=p.max_words),
        rules.ExpectScript(column="foreign_share", max_value=p.max_foreign_share),
    ]
    return found.rows("measures", frame, measures)


def _counts(frame: "pd.DataFrame", labels: list[str]) -> "pd.DataFrame":
    """Columns label, split and rows: how many there are of each label in each split, 0 where there is none."""
    import pandas as pd

    every = pd.MultiIndex.from_product([labels, RANKING], names=["label", "split"])
    counts = frame.groupby(["label", "split"]).size().reindex(every, fill_value=0)
    return counts.reset_index(name="rows")
