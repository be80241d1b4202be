"""Labelled images: row rules, splits, table rules."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from promptgan.core.progress import Progress
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import copies_across_splits, split_of
from promptgan.tasks.image.records.facts import Facts, facts
from promptgan.tasks.image.records.parameters import Parameters
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "image", "label"]
CAPTION = "caption"
"""A column that a data set may have more; a record without one has none."""


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Quarantine bad images, split the rest by group, and check the table.

    An image that lies in a split of higher rank too, by its pixels or nearly, goes to quarantine, so that no model is
    tested on what it has seen; and so does every image of a label that is in the split train or judge no more, for no
    network would know it. What is kept stands in the order of a hash of its id: data often comes sorted by label,
    and whoever reads the first images of a split is to see all kinds.

    Args:
        records: columns id, group, image (the bytes of a picture file), label, and caption where there are captions.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.quality import expectations as ex
    from promptgan.tasks.image.records import rules
    from promptgan.tasks.image.records.near import near_copies_across_splits

    p = parameters
    columns = [*COLUMNS, *([CAPTION] if CAPTION in records else [])]
    found = Examination(records, context)
    frame = found.canonical(columns, COLUMNS)
    frame = _with_facts(frame)
    frame = found.rows("pictures", frame, [rules.ExpectPicture(column="unknown"), rules.ExpectWhole(column="damage")])
    sides = {"width": p.width, "height": p.height}
    sizes = [rules.ExpectSize(column=c, min_value=n or p.min_side, max_value=n) for c, n in sides.items()]
    frame = found.rows("sizes", frame, sizes)
    frame = found.rows("contents", frame, [rules.ExpectContent(column="deviation")])
    frame = frame.assign(split=[split_of(group, p.shares) for group in frame["group"]])
    first = frame.groupby(["pixels", "split"], sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(["pixels", "split"]), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    frame = frame.assign(copy_of=copies_across_splits(frame, "pixels"))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])
    if p.near_bits:
        frame = frame.assign(near_copy_of=near_copies_across_splits(frame, p.near_bits))
        frame = found.rows("near", frame, [ex.ExpectNoDuplicateAcrossSplits(column="near_copy_of")])
    frame = frame.assign(absent_from=_absent_labels(frame))
    frame = found.rows("labels", frame, [rules.ExpectKnownLabel(column="absent_from")])

    found.quarantine_rules(p.max_defect_share, p.max_quarantine_share)
    shares = frame.groupby("label", sort=False)["label"].transform("size") / max(1, len(frame))
    found.table(
        "table",
        frame[["split"]].assign(label_share=shares),
        [
            ex.ExpectEnoughRows(min_value=p.min_rows),
            ex.ExpectEverySplit(column="split", min_value=len(RANKING)),
            ex.ExpectBalancedLabels(column="label_share", max_value=p.max_label_share),
        ],
    )
    found.stop_if_broken()
    counted = {name: _counts(frame[column]) for name, column in (("labels", "label"), ("modes", "mode"))}
    return found.validated(frame.sort_values("id", key=_hashes), columns, **counted)


def _absent_labels(frame: "pd.DataFrame") -> "pd.Series[Any]":
    """By row, which of the splits train and judge have none of its label, such as "judge, train"; None where both do.

    A split that is empty, which the table rules name, has no say.
    """
    held = {split: set(part["label"]) for split, part in frame.groupby("split") if split in ("judge", "train")}
    absent = {
        label: ", ".join(str(split) for split, labels in held.items() if label not in labels) or None
        for label in frame["label"].unique()
    }
    return frame["label"].map(absent).astype(object)


def _hashes(ids: "pd.Series[str]") -> "pd.Series[str]":
    return ids.map(lambda each: hashlib.sha256(each.encode()).hexdigest())


def _with_facts(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The records with a column for each of the `Facts`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool, Progress("images", len(frame)) as progress:
        told = []
        for each in pool.map(facts, frame["image"]):
            told.append(each)
            progress.advance()
    columns: dict[str, Any] = {name: [each[i] for each in told] for i, name in enumerate(Facts._fields)}
    return frame.assign(**columns)


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}
