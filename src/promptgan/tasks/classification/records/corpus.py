"""Texts to pretrain on by masked tokens: held to the rules of rows, and free of every text that is measured on."""

from typing import TYPE_CHECKING

from promptgan.quality import corpus
from promptgan.quality.examination import Examination
from promptgan.quality.labelled_texts import sound
from promptgan.quality.output import Validated
from promptgan.tasks.classification.records.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "text"]


def with_corpus(validated: Validated, records: "pd.DataFrame", parameters: Parameters) -> Validated:
    """Add the texts of a corpus, whose labels are not looked at, as `promptgan.quality.corpus` does.

    Texts that break a rule of rows are left out.

    Args:
        validated: the data set whose labels are learnt.
        records: of the corpus: columns id, group and text, and others that are not read.
        parameters: the section `validate` of the data set; its limits on the table are not the corpus's.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
        NothingLeft: no text is left.
    """
    found = Examination(records.drop(columns=["label", "source"], errors="ignore"))
    frame = sound(found, COLUMNS, parameters, parameters.allow_contact_details)
    held = corpus.held_out(validated)
    return corpus.with_corpus(validated, found, frame, held, COLUMNS, parameters.near_duplicates)
