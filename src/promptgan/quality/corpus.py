"""Texts to pretrain on: each once, and none that is near a text that is measured on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from promptgan.core.errors import PromptganError
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd


class NothingLeft(PromptganError):
    """The rules have taken every text of a corpus."""


def held_out(validated: Validated) -> "pd.DataFrame":
    """The records that are measured on, of all splits but train, with a column split."""
    import pandas as pd

    held = [validated.splits[name].assign(split=name) for name in RANKING if name != "train"]
    return pd.concat(held, ignore_index=True)


def with_corpus(
    validated: Validated,
    found: Examination,
    frame: "pd.DataFrame",
    held: "pd.DataFrame",
    columns: list[str],
    measure: NearDuplicates,
) -> Validated:
    """Add the texts of a corpus; splits, quarantine and what is said of them stay as they are.

    All but the first of equal texts are left out, and every near duplicate of a held-out one.

    Args:
        validated: the data set that is learnt.
        found: the examination of the corpus, which has noted the rows that break a rule by themselves.
        frame: the others: ``columns``, of which text is one.
        held: columns id, split and text; a record may have several texts.
        columns: that are kept.
        measure: what counts as near.

    Raises:
        NothingLeft: no text is left.
    """
    import pandas as pd

    from promptgan.quality import expectations as ex

    first = frame.groupby("text", sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated("text"), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    texts = [[words(text) or [text]] for text in [*held["text"], *frame["text"]]]
    copies = higher_ranked_copies(texts, [0] * len(held) + [1] * len(frame), measure)[len(held) :]
    names = [f"{row.id} in {row.split}" for row in held.itertuples()]
    copy_of = [None if copy is None else names[copy] for copy in copies]
    frame = frame.assign(copy_of=pd.Series(copy_of, index=frame.index, dtype=object))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])
    left_out = [{"rule": rule, "rows": rows} for rule, rows in sorted(found.counts.items())]
    read = len(found.source)
    if frame.empty:
        raise NothingLeft(
            f"none of the {read} texts of the corpus is left: "
            + ", ".join(f"{entry['rule']} {entry['rows']}" for entry in left_out),
            "name another corpus.name, or none; or change the rules in the section `validate`",
        )
    counts = {"read": read, "kept": len(frame), "left_out": left_out}
    return replace(validated, corpus=frame[columns], summary={**validated.summary, "corpus": counts})
