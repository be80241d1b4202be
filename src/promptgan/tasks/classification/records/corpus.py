"""Texts to pretrain on by masked tokens: held to the rules of rows, and free of every text that is measured on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from promptgan.core.errors import PromptganError
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import near_copies_across_splits
from promptgan.tasks.classification.records.parameters import Parameters
from promptgan.tasks.classification.records.records import sound
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "text"]


class NothingLeft(PromptganError):
    """The rules have taken every text of a corpus."""


def with_corpus(validated: Validated, records: "pd.DataFrame", parameters: Parameters) -> Validated:
    """Add the texts of a corpus, whose labels are not looked at; splits, quarantine and what is said of them stay.

    Texts that break a rule of rows are left out, and so are all but the first of equal ones and every near duplicate of
    a text of test, judge or val.

    Args:
        validated: the data set whose labels are learnt.
        records: of the corpus: columns id, group and text, and others that are not read.
        parameters: the section `validate` of the data set; its limits on the table are not the corpus's.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
        NothingLeft: no text is left.
    """
    import pandas as pd

    from promptgan.quality import expectations as ex

    found = Examination(records.drop(columns=["label", "source"], errors="ignore"))
    frame = sound(found, COLUMNS, parameters)
    first = frame.groupby("text", sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated("text"), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    held_out = [validated.splits[split].assign(split=split) for split in RANKING[:-1]]
    ranked = pd.concat([*held_out, frame.assign(split=RANKING[-1])], ignore_index=True)
    texts = [[words(text) or [text]] for text in ranked["text"]]
    copies = near_copies_across_splits(ranked, texts, parameters.near_duplicates)
    frame = frame.assign(copy_of=copies.iloc[len(ranked) - len(frame) :].to_list())
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])
    left_out = [{"rule": rule, "rows": rows} for rule, rows in sorted(found.counts.items())]
    if frame.empty:
        raise NothingLeft(
            f"none of the {len(records)} texts of the corpus is left: "
            + ", ".join(f"{entry['rule']} {entry['rows']}" for entry in left_out),
            "name another corpus.name, or none; or change the rules in the section `validate`",
        )
    counts = {"read": len(records), "kept": len(frame), "left_out": left_out}
    return replace(validated, corpus=frame[COLUMNS], summary={**validated.summary, "corpus": counts})
