"""What music is measured against: the real passages of every split, and the judge."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.media.music import prompts
from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece
from promptgan.tasks.music.judges.extractor import Extractor, pieces_heard
from promptgan.tasks.music.measures import copies
from promptgan.tasks.music.measures.distributions import distances, distributions, pooled, progressions, variety
from promptgan.tasks.music.measures.obedience import obedience
from promptgan.tasks.music.measures.statistics import STATISTICS, statistics
from promptgan.tasks.music.measures.voice_leading import Faults, faults
from promptgan.terms.frechet import Frechet

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]

MEANS = (
    *(statistic.__name__ for statistic in STATISTICS),
    *Faults._fields,
    "judged_real",
    "obedience",
    "copied_runs",
    "longest_copied",
    "quarters",
    "mended",
)
"""Columns of `Yardstick.per_piece` whose means are metrics, over the pieces of which they are numbers."""


class TooFewWindows(PromptganError):
    """There are no more windows than features, so that nothing varies in most directions."""


class Yardstick:
    """What music is measured against: the real passages of every split, and the judge.

    Args:
        tokens: the folder of the splits.
        extractor: the judge.

    Raises:
        TooFewWindows: a Frechet distance to validation or test music would be of fewer windows than features.
    """

    def __init__(self, tokens: Path, extractor: Extractor) -> None:
        self.extractor = extractor
        form = json.loads((tokens / "meta.json").read_bytes())["form"]
        self.form = choose("promptgan.tasks.music.measures", form, "form")
        """What reads passages and measures likelihood."""
        self.real = {split: self.form.passages(tokens, split) for split in ("train", "val", "test")}
        self.windows = {split: self._windows(self.real[split]["piece"]) for split in ("val", "test")}
        self._frechet = {split: Frechet(enough(features)) for split, features in self.windows.items()}
        self.kind = prompts.parse(self.real["test"]["prompt"].iloc[0]).kind
        first = self.real["test"]["piece"].iloc[0].voices[:1]
        self.given = [voice.name for voice in first] if self.kind == "melody" else []
        """The voices that no system writes: no copy of theirs counts, and no note where notes are counted."""
        self.test = pooled(distributions(piece, self.given) for piece in self.real["test"]["piece"])
        known = [line for piece in self.real["train"]["piece"] for line in copies.steps(piece, self.given)]
        self._known = list(dict.fromkeys(map(tuple, known)))

    @property
    def quarters(self) -> float:
        """Length of the test passages, without the bars that an opening gives."""
        test = self.real["test"]
        given = [prompts.parse(prompt).bars if self.kind == "opening" else 0 for prompt in test["prompt"]]
        ticks = sum(p.ticks - bars * p.bar_ticks for p, bars in zip(test["piece"], given, strict=True))
        return float(ticks / TICKS_PER_QUARTER)

    def per_piece(self, pieces: pd.DataFrame) -> pd.DataFrame:
        """What each piece scores by itself, as new columns; ``pieces`` has the columns piece, prompt and mended."""
        music: list[Piece] = pieces["piece"].tolist()
        asked = map(prompts.parse, pieces["prompt"])
        heard = pieces_heard(self.extractor, music)
        own = [copies.steps(piece, self.given) for piece in music]
        copied = copies.copied(own, self._known)
        columns: Row = {
            "judged_real": [sure for _, sure in heard],
            "obedience": [obedience(*pair) for pair in zip(music, asked, strict=True)],
            "copied_runs": [share for share, _ in copied],
            "longest_copied": [longest for _, longest in copied],
            "quarters": [piece.ticks / TICKS_PER_QUARTER for piece in music],
            "mended": [mended > 0 for mended in pieces["mended"]],
            "features": [features for features, _ in heard],
            "distributions": [distributions(piece, self.given) for piece in music],
            "progressions": [progressions(piece) for piece in music],
            "steps": [str(copies.steps(piece)) for piece in music],
        }
        rows = [{**statistics(piece), **faults(piece)._asdict()} for piece in music]
        return pieces.assign(**columns, **pd.DataFrame(rows, pieces.index))

    def summary(self, pieces: pd.DataFrame) -> Row:
        """All metrics of a set of pieces that `per_piece` has been over; none where nothing is a number."""
        return {
            "frechet_music": self.frechet(pieces, "test"),
            "variety": variety(pieces["progressions"]),
            "duplicates": 1 - pieces["steps"].nunique() / len(pieces),
            **distances(pieces["distributions"], self.test),
            **{name: pieces[name].mean() for name in MEANS},
        }

    def frechet(self, pieces: pd.DataFrame, split: str) -> float:
        """Frechet distance of the features of all windows of pieces from those of a split; NaN where too few sound."""
        features = np.concatenate(pieces["features"].tolist())
        return self._frechet[split](features) if len(features) > features.shape[1] else np.nan

    def _windows(self, pieces: "pd.Series[Any]") -> Floats:
        return np.concatenate([features for features, _ in pieces_heard(self.extractor, pieces.tolist())])


def enough(features: Floats) -> Floats:
    """The features (windows, F), of which there are enough for a covariance of full rank.

    Raises:
        TooFewWindows: there are not.
    """
    if len(features) <= features.shape[1]:
        raise TooFewWindows(
            f"the Frechet distance in {features.shape[1]} features takes more windows than {len(features)}",
            "lower judges.features, or give the pipeline more music",
        )
    return features
