"""Texts to pretrain on by next token: held to the rules of rows, and free of every text that is measured on."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptgan.core.errors import PromptganError
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.tasks.text.records.parameters import Parameters, Unprompted
from promptgan.tasks.text.records.records import COLUMNS, sound
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd


class NothingLeft(PromptganError):
    """The rules have taken every text of a corpus."""


def with_corpus(validated: Validated, records: "pd.DataFrame", parameters: Parameters) -> Validated:
    """Add the texts of a corpus, without prompts; splits, quarantine and what is said of them stay as they are.

    Texts that break a rule of rows are left out, and so are all but the first of equal ones and every near duplicate of
    a text of test, judge or val, alone or with its prompt before it.

    Args:
        validated: the data set that is learnt.
        records: of the corpus: columns id, group, prompt and text.
        parameters: the section `validate` of the data set; its limits on the table are not the corpus's.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
        NothingLeft: no text is left.
    """
    from promptgan.quality import expectations as ex

    found = Examination(records.drop(columns="label", errors="ignore"))
    frame = sound(found, parameters.model_copy(update={"prompt": Unprompted(kind="none")}))
    first = frame.groupby("text", sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated("text"), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    frame = frame.assign(copy_of=_held_out(frame["text"], validated, parameters.near_duplicates))
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


def _held_out(texts: "pd.Series[Any]", validated: Validated, measure: NearDuplicates) -> "pd.Series[Any]":
    """By text, the first held-out record that it is near, such as "r7 in test"; or None."""
    import pandas as pd

    held = [validated.splits[name].assign(split=name) for name in RANKING if name != "train"]
    above = pd.concat(held, ignore_index=True)
    # With its prompt too: a prompt may be the beginning of the text itself.
    compared = [*above["text"], *(above["prompt"] + " " + above["text"]), *texts]
    ranks = [0] * (2 * len(above)) + [1] * len(texts)
    copies = higher_ranked_copies([[words(text) or [text]] for text in compared], ranks, measure)[2 * len(above) :]
    ids, splits = list(above["id"]), list(above["split"])
    named = [None if copy is None else f"{ids[copy % len(ids)]} in {splits[copy % len(ids)]}" for copy in copies]
    return pd.Series(named, index=texts.index, dtype=object)
