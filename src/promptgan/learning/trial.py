"""A successor against the model that serves: what it forgets, what it gains, how it does in the shadow; a verdict."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.core.record import sha256
from promptgan.learning import promotion
from promptgan.lineage.records import versions
from promptgan.serving.log import Asked, rows
from promptgan.serving.shadow import CLEAR, Comparison, shadowed
from promptgan.serving.shadow import FEWEST as FEWEST_ANSWERS
from promptgan.terms.comparison import Floats, Integers, jackknife

GROUPS = 20
"""Of records, left out in turn for standard errors."""
SEED = 1
"""Of the groups."""
FEWEST = 2 * GROUPS
"""Records of a split that a word on it needs."""
MAY_FORGET = 0.01
"""Share by which the loss on old records may rise, chance apart."""
SIDES = ["prompt", "text"]
UNSEEN = ("test", "judge")
"""Splits that no generator sees."""


class NotComparable(PromptganError):
    """The two models cannot be measured by the likelihood of texts."""


class Measured(NamedTuple):
    """Both models on the same records."""

    records: int
    serving: float
    """Nats per character of the model that serves."""
    successor: float
    error: float
    """Standard error of the difference, over records."""

    @property
    def change(self) -> float:
        """Of the loss, from the one that serves to its successor: below 0 is better."""
        return self.successor - self.serving


@dataclass(frozen=True)
class Trial:
    """What is known of a successor."""

    old: Measured | None
    """On the records that the serving model was tested on; None where there are too few."""
    new: Measured | None
    """On held-out records that it did not know; None where there are too few."""
    new_records: int
    shadow: Comparison | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> tuple[bool, list[str]]:
        """Whether the successor should serve, and why, in sentences."""
        said, holds = [], True
        if self.old is None:
            said.append(f"forgetting: not known, fewer than {FEWEST} old test records")
            holds = False
        else:
            rise = self.old.change / abs(self.old.serving)
            beyond = self.old.change - CLEAR * self.old.error > MAY_FORGET * abs(self.old.serving)
            holds = holds and not beyond
            said.append(
                f"forgetting: the loss on {self.old.records} old test records changes by {rise:+.2%}"
                f" ({self.old.change:+.4f} nats per character, standard error {self.old.error:.4f}),"
                f" {'beyond' if beyond else 'within'} the {MAY_FORGET:.0%} allowed"
            )
        if self.new is None:
            said.append(f"gain: not known, {self.new_records} new held-out records, and it takes {FEWEST}")
            holds = False
        else:
            gains = -self.new.change > CLEAR * self.new.error
            holds = holds and gains
            said.append(
                f"gain: the loss on {self.new.records} new held-out records changes by"
                f" {self.new.change / abs(self.new.serving):+.2%} ({self.new.change:+.4f} nats per character, standard"
                f" error {self.new.error:.4f}), {'a gain' if gains else 'no gain'} beyond {CLEAR:g} standard errors"
            )
        if self.shadow:
            holds = holds and not self.shadow.worse
            said.append(self.shadow.sentence)
        else:
            said.append(
                f"shadow: the log holds fewer than {FEWEST_ANSWERS} scored answers of the successor, or of the serving"
                " model meanwhile; the verdict rests on held-out records"
            )
        return holds, [*said, *self.notes]

    def document(self) -> dict[str, Any]:
        """All of it, for a program."""
        holds, said = self.verdict
        parts = {"old": self.old, "new": self.new, "shadow": self.shadow}
        return {"promote": holds, "verdict": said} | {k: v and v._asdict() for k, v in parts.items()}


def trial(serving: str, successor: str, log: Path) -> Trial:
    """Compare the models of two commits, each with the data that it was trained on, from DVC's cache.

    Args:
        serving, successor: commits.
        log: of the service; where there is none, nothing is said of the shadow.

    Raises:
        ModelNotHere, NotInCache, RevisionUnknown, LockUnreadable: a commit's model or data is not here.
        NotComparable: both commits have the same model, or records that are no prompts and texts; see also `scored`.
        LogUnusable: the log is broken.
    """
    if promotion.model_md5(serving) == promotion.model_md5(successor):
        raise NotComparable(
            f"{successor[:7]} has the very model that serves: nothing was trained since",
            "`make run`, commit what it changed, then come back",
        )
    before, after = (versions.read(commit).records() for commit in (serving, successor))
    if lacking := [side for side in SIDES for records in (before, after) if side not in records]:
        raise NotComparable(
            f"the records have no {lacking[0]}: versions are compared by the likelihood of texts",
            "look at what both make, then promote with --force",
        )
    old, new, learnt = held_out(before, after)
    with tempfile.TemporaryDirectory() as scratch:
        folders = [promotion.model_at(commit, Path(scratch, commit)) for commit in (serving, successor)]
        revisions = [sha256(folder / promotion.INDEX) for folder in folders]
        losses = [scored(folder) for folder in folders]
        measured = [measure(records, losses[0], losses[1]) for records in (old, new)]
    notes = [f"{learnt} old test record(s) left out, since the successor learnt from them"] if learnt else []
    unseen = shadow(log, revisions[0], revisions[1]) if log.is_file() else None
    return Trial(measured[0], measured[1], len(new), unseen, tuple(notes))


def held_out(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Old test records, new held-out ones, and how many old ones are left out because the successor learnt from them.

    Args:
        before: records with their split, of the data that the serving model was trained on.
        after: of the successor's.
    """
    learnt = _pairs(after[after["split"].isin(("train", "val"))])
    tested = before[before["split"] == "test"]
    old = tested[~_pairs(tested).isin(learnt)]
    unseen = after[after["split"].isin(UNSEEN)]
    new = unseen[~_pairs(unseen).isin(_pairs(before))]
    return old[SIDES], new[SIDES], len(tested) - len(old)


def measure(records: pd.DataFrame, serving: "Scored", successor: "Scored") -> Measured | None:
    """Both models on the same records; None where these are fewer than `FEWEST`.

    Nats per character, so that models with different tokenizers compare; the standard error is that of the difference
    of the two ratios, by the jackknife over groups of records.

    Args:
        records: prompt and text.
        serving, successor: the loss in nats of each text.
    """
    if len(records) < FEWEST:
        return None
    prompts, texts = records["prompt"].tolist(), records["text"].tolist()
    characters = np.array([len(text) + 1 for text in texts], float)  # the end counts, as it does in the loss
    ours, theirs = successor(prompts, texts), serving(prompts, texts)

    def change(kept: Integers) -> Sequence[float]:
        return [float((ours[kept] - theirs[kept]).sum() / characters[kept].sum())]

    (error,) = jackknife(len(texts), GROUPS, SEED, change)
    total = characters.sum()
    return Measured(len(texts), float(theirs.sum() / total), float(ours.sum() / total), error)


Scored = Callable[[Sequence[str], Sequence[str]], Floats]
"""Prompts and texts, to the loss in nats of each text, (N,)."""


def scored(model: Path) -> Scored:
    """What a model folder says of texts.

    Raises:
        NotAModelFolder, NoTokenizer: it cannot be loaded.
        NotComparable: its generator has latent vectors, so that the likelihood of a text is not known.
    """
    from promptgan.forms.tokens import likelihood
    from promptgan.forms.tokens.generator import Batch
    from promptgan.forms.tokens.pairs import pad
    from promptgan.tasks.text.samples import samples

    loaded = samples.load(model)
    generator, limit = loaded.generator, loaded.index["example"]["max_tokens"]
    if generator.latent:
        raise NotComparable(
            f"{model} begins its texts with latent vectors", "compare it by `promptgan compare`, then --force"
        )

    def losses(prompts: Sequence[str], texts: Sequence[str]) -> Floats:
        asked, said = (
            [each.ids for each in loaded.tokenizer.encode_batch_fast(list(part), add_special_tokens=False)]
            for part in (prompts, texts)
        )
        found = []
        with Progress(f"loss by {model.name[:7]}", len(texts)) as progress:
            for begin in range(0, len(texts), likelihood.BATCH):
                part = slice(begin, begin + likelihood.BATCH)
                prompt = pad([row[-limit:] for row in asked[part]])
                text = pad([row[:limit] for row in said[part]], closing=(generator.example.eos,))
                found.append(likelihood.nll_by_text(generator, Batch(*prompt, *text)).numpy())
                progress.advance(len(found[-1]))
        return np.concatenate(found)

    return losses


def shadow(log: Path, serving: str, successor: str) -> Comparison | None:
    """What the log says of a successor's answers in the shadow of the model that serves; None where it is too little.

    Args:
        log: of the service.
        serving, successor: revisions, the sha256 of each model folder's index.json.

    Raises:
        NoLog, LogUnusable: there is no log, or it is none.
    """
    found = shadowed([row for row in rows(log, Asked) if row.revision in (serving, successor)])
    both = found.get((serving, successor))
    return both.comparison if both else None


def _pairs(records: pd.DataFrame) -> "pd.Series[Any]":
    return records["prompt"].astype(str) + "\0" + records["text"].astype(str)
