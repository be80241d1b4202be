"""Labelled images: row rules, splits, table rules."""

import hashlib
import io
from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import copies_across_splits, split_of
from promptgan.tasks.image.records.parameters import Parameters
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "image", "label"]


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Quarantine bad images, split the rest by group, and check the table.

    An image whose pixels lie in a split of higher rank too goes to quarantine, so that no model is tested on what it
    has seen.

    Args:
        records: columns id, group, image (the bytes of a picture file) and label.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    from promptgan.quality import expectations as ex
    from promptgan.tasks.image.records import rules

    p = parameters
    found = Examination(records, context)
    frame = found.canonical(COLUMNS)
    facts = [_facts(image) for image in frame["image"]]
    names = ("size", "contrast", "pixels")
    frame = frame.assign(**{name: list(column) for name, column in zip(names, zip(*facts, strict=True), strict=True)})
    frame = found.rows("sizes", frame, [rules.ExpectSize(column="size", value_set=[f"{p.width} x {p.height}"])])
    frame = found.rows("contents", frame, [rules.ExpectContent(column="contrast")])
    frame = frame.assign(split=[split_of(group, p.shares) for group in frame["group"]])
    first = frame.groupby(["pixels", "split"], sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(["pixels", "split"]), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    frame = frame.assign(copy_of=copies_across_splits(frame, "pixels"))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

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
    labels = {str(label): int(count) for label, count in frame["label"].value_counts().sort_index().items()}
    return found.validated(frame, COLUMNS, labels=labels)


def _facts(image: bytes) -> tuple[str, int, str]:
    """Width and height in words, the difference between the darkest and the brightest pixel, and the pixels' sha256."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        pixels = np.asarray(Image.open(io.BytesIO(image)))
    except (UnidentifiedImageError, OSError):
        return "unreadable", 0, ""
    height, width = pixels.shape[:2]
    contrast = int(pixels.max()) - int(pixels.min())
    return f"{width} x {height}", contrast, hashlib.sha256(pixels.tobytes()).hexdigest()
