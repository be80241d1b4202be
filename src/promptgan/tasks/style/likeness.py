"""What is alike in sentences: a record and the others, a sample and the training data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptgan.sentences import likeness
from promptgan.sentences.likeness import phrases, relatives, repeats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["origin", "phrases", "relatives", "repeats"]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Whether a sample was copied, of the sentence it was made of or of a training sentence, and the nearest of these.

    Args:
        sample: its row of ``samples``.
        samples: all of samples.parquet.
        train: the training split.
    """
    near, verdict, equal = likeness.nearest(sample["text"], train)
    settings = ["prompt_id", "temperature", "seed"]
    same = samples[(samples[settings] == [sample[name] for name in settings]).all(axis=1)]
    others = dict(zip(same["model"], same["text"], strict=True))
    kept = likeness.kept(sample["text"], sample["prompt"])
    return {
        "verdict": f"{verdict}; it shares {kept:.2f} with the sentence that it was made of",
        "others": {model: text for model, text in others.items() if model != sample["model"]},
        "equal": equal,
        "nearest": near,
        "measure": likeness.MEASURE,
    }
