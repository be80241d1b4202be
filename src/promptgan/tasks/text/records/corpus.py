"""Texts to pretrain on by next token: held to the rules of rows, and free of every text that is measured on."""

from typing import TYPE_CHECKING

from promptgan.quality import corpus
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.tasks.text.records.parameters import Parameters, Unprompted
from promptgan.tasks.text.records.records import COLUMNS, sound

if TYPE_CHECKING:
    import pandas as pd


def with_corpus(validated: Validated, records: "pd.DataFrame", parameters: Parameters) -> Validated:
    """Add the texts of a corpus, without prompts, as `promptgan.quality.corpus` does.

    Texts that break a rule of rows are left out, and near duplicates of a text of test, judge or val, alone or with its
    prompt before it.

    Args:
        validated: the data set that is learnt.
        records: of the corpus: columns id, group, prompt and text.
        parameters: the section `validate` of the data set; its limits on the table are not the corpus's.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
        NothingLeft: no text is left.
    """
    import pandas as pd

    found = Examination(records.drop(columns="label", errors="ignore"))
    frame = sound(found, parameters.model_copy(update={"prompt": Unprompted(kind="none")}))
    held = corpus.held_out(validated)
    # With its prompt too: a prompt may be the beginning of the text itself.
    held = pd.concat([held, held.assign(text=held["prompt"] + " " + held["text"])], ignore_index=True)
    return corpus.with_corpus(validated, found, frame, held, COLUMNS, parameters.near_duplicates)
