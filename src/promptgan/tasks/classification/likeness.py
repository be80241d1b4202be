"""What is alike in labelled texts: a record and the others, a sample and the training data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptgan.sentences import likeness
from promptgan.sentences.likeness import phrases, relatives, repeats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["origin", "phrases", "relatives", "repeats"]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Which training texts a text is most like; of one that a generator wrote, of which its prompt was made.

    Args:
        sample: its row of ``samples``.
        samples: all of samples.parquet.
        train: the training split.
    """
    near, verdict, equal = likeness.nearest(sample["text"], train)
    if sample["kind"] == "drawn":
        source = train[train["id"] == sample["id"]]["text"].iloc[0]
        kept = likeness.kept(sample["text"], source)
        verdict = f"{verdict}; it shares {kept:.2f} with {sample['id']}, whose latent vector was its prompt: {source}"
    else:
        verdict = f"{verdict}; it is test text {sample['id']}, {sample['kind']}"
    same = samples[(samples[["kind", "by", "id"]] == [sample[name] for name in ("kind", "by", "id")]).all(axis=1)]
    others = dict(zip(same["model"], same["text"], strict=True))
    return {
        "verdict": verdict,
        "others": {model: text for model, text in others.items() if model != sample["model"]},
        "equal": equal,
        "nearest": near,
        "measure": likeness.MEASURE,
    }
