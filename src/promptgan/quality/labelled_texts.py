"""Texts with a label each: what their records are held to, whatever the labels are."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.normalise import foreign_share, normalise
from promptgan.quality.parameters import LabelledTexts
from promptgan.quality.splits import near_copies_across_splits, split_of
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd


def sound(
    found: Examination, columns: list[str], parameters: LabelledTexts, contact_details: bool = False
) -> "pd.DataFrame":
    """Note the rows that break a rule by themselves, and return the others, their texts normalised.

    Args:
        found: holds the records.
        columns: that they must have, and are reduced to; text is one of them.
        parameters: the section `validate`.
        contact_details: whether texts may hold addresses and telephone numbers.

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
    if not contact_details:
        characters.append(rules.ExpectNoContactDetails)
    frame = found.rows("characters", frame, [rule(column="text") for rule in characters])
    foreign = [foreign_share(text, p.script) if p.script != "any" else 0.0 for text in frame["text"]]
    frame = frame.assign(words=[len(words(text)) for text in frame["text"]], foreign_share=foreign)
    measures = [
        rules.ExpectFewWords(column="words", max_value=p.max_words),
        rules.ExpectScript(column="foreign_share", max_value=p.max_foreign_share),
    ]
    return found.rows("measures", frame, measures)


def examined(
    found: Examination, columns: list[str], parameters: LabelledTexts, labels: Any, contact_details: bool = False
) -> "pd.DataFrame":
    """Quarantine bad rows, split the rest by group, and check the table; the caller stops where that is broken.

    Args:
        found: holds the records.
        columns: of them: id, group, text, label, and others that are kept as they are.
        parameters: the section `validate`.
        labels: the expectation that the column of labels is held to.
        contact_details: whether texts may hold addresses and telephone numbers.

    Returns:
        The rows that are kept: the columns, `words` and `split`.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
    """
    from promptgan.quality import expectations as ex

    p = parameters
    frame = sound(found, columns, p, contact_details)
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
        labels,
        ex.ExpectBalancedLabels(column="label_share", max_value=p.max_label_share),
    ]
    found.table("table", facts, wanted)
    return frame
