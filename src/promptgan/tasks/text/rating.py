"""What people can rate of a finished run: an answer of every system, the real one too, to the same prompts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from promptgan.core.record import sha256
from promptgan.forms.tokens import form
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.ratings.sheet import Answers, SheetUnusable
from promptgan.terms.systems import REAL


def answers(root: Path) -> Answers:
    """Each system's answers at the temperature chosen on validation; real ones as a generator would write them.

    Args:
        root: of the repository, in which a run has finished.

    Raises:
        SheetUnusable: there are no samples.
    """
    samples = root / "samples/generated/samples.parquet"
    try:
        drawn = pd.read_parquet(samples)
        systems = json.loads((root / "metrics/evaluation.json").read_text(encoding="utf-8"))["systems"]
        real = _real(root)
    except (OSError, ValueError, KeyError) as error:
        raise SheetUnusable(f"there are no samples to rate: {error}", "`make run` first, or `dvc pull`") from error
    drawn = drawn[drawn["purpose"] == "curve"]
    chosen = {name: system["temperature"] for name, system in systems.items() if name in set(drawn["model"])}
    texts = {
        name: drawn[(drawn["model"] == name) & (drawn["temperature"] == at)].set_index("prompt_id")["text"].to_dict()
        for name, at in chosen.items()
    }
    prompts = dict(zip(drawn["prompt_id"], drawn["prompt"], strict=True))
    return Answers("text", sha256(samples), prompts, {REAL.name: real, **texts})


def _real(root: Path) -> dict[str, str]:
    """The real answers of the test split by id, as the tokenizer spells them."""
    ids = pd.read_parquet(root / "data/validated/test.parquet", columns=["id"])["id"]
    tokens = root / "data/tokens"
    rows = form.split(tokens, "test").rows("text", np.arange(len(ids)))
    return dict(zip(ids, decode(load_tokenizer(tokens), rows), strict=True))
