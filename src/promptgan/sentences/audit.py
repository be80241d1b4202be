"""What audits of single texts derive again: records, token ids of labelled texts, and the judge of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptgan.quality.normalise import encodable, normalise
from promptgan.terms.audit import Found, Outputs, compared

if TYPE_CHECKING:
    import pandas as pd

VALIDATED, TOKENS, JUDGES = "data/validated", "data/tokens", "models/judges/index.json"
META = f"{TOKENS}/meta.json"
REMEDY = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    records = records.astype(object).map(encodable)
    return records.assign(text=[normalise(x) if isinstance(x, str) else x for x in records["text"]])


def compared_ids(
    run: Outputs, split: str, identifiers: list[str], sides: Sequence[list[list[int]]], records: int
) -> Iterator[Found]:
    """A broken link where a split, made of so many records, holds other ids, prompts or texts than these."""
    path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
    tokens = run.table(path)
    if tokens["id"].to_pylist() != identifiers:
        yield Found(f"{path} id -> {source} id", f"{len(identifiers)} ids", "other ids or another order", REMEDY)
        return
    counts = {"records": records}
    for side, expected in zip(("prompt", "text"), sides, strict=True):
        there = tokens[side].to_pylist()
        counts[f"{side}_tokens"] = sum(map(len, there))
        for identifier, ids, found in zip(identifiers, expected, there, strict=True):
            if ids != found:
                yield Found(f"{path} {side} of {identifier} -> {source}", f"{ids}", f"{found}", REMEDY)
    yield from compared(f"{META} {split}", path, counts, run.json(META)["splits"][split])


def compared_judge(run: Outputs, texts: str) -> Iterator[Found]:
    """A broken link where the judge is of another kind or vocabulary, or has not counted all ``texts`` of its split."""
    facts = {
        "classifier": run.parameters("judges")["judges"]["kind"],
        "vocabulary": run.json(META)["vocabulary"],
        texts: len(run.table(f"{TOKENS}/judge.arrow")),
    }
    yield from compared(JUDGES, f"dvc.lock (stage judges), {TOKENS}", facts, run.json(JUDGES))
