"""How the adversarial curve lies to those of its rivals: numbers and sentences, or why there is no verdict."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promptgan.tasks.text.measures.bleu import self_bleu
from promptgan.tasks.text.measures.metrics import MEASURES
from promptgan.tasks.text.measures.parameters import Parameters
from promptgan.terms import comparison
from promptgan.terms.comparison import NO_VERDICT, Points, gap_at_equal_diversity, jackknife, sentence, standing
from promptgan.terms.systems import REAL, RIVALS

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
Curves = dict[str, dict[float, pd.DataFrame]]
"""Of each system, its answers at each temperature."""


def verdict(curves: Curves, indices: dict[str, Row], parameters: Parameters, seed: int) -> tuple[Row, list[str]]:
    """How the adversarial curve lies to each other one at equal Self-BLEU-4: mean differences, and sentences."""
    real = next(iter(curves[REAL.name].values()))
    count = len(real)
    if reason := comparison.withheld(indices, count, parameters.jackknife_groups):
        return {}, [reason]
    gaps: Row = {}
    sentences = []
    qualities = [quality for quality in MEASURES.qualities if real[quality].notna().all()]
    blind = _blind(real, parameters.jackknife_groups, seed) if "relevance" in qualities else []
    qualities = [quality for quality in qualities if not (blind and quality == "relevance")]

    def pairs(keep: Integers) -> Iterator[tuple[Points, Points]]:
        """The adversarial curve and another one, for each of those and each quality."""
        points = {
            name: {t: (self_bleu([a["word"][i] for i in keep], [4]).mean(), a) for t, a in curve.items()}
            for name, curve in curves.items()
            if name != REAL.name
        }
        for other, quality in product(others, qualities):
            ours, theirs = (
                [(x, a[quality].to_numpy()[keep].mean()) for x, a in points[name].values()]
                for name in ("adversarial", other)
            )
            yield ours, theirs

    def statistic(keep: Integers) -> list[float]:
        gaps = (gap_at_equal_diversity(*curves) for curves in pairs(keep))
        return [float("nan") if gap is None else gap for gap in gaps]

    others = [rival.name for rival in RIVALS if rival.name in curves]
    whole = list(pairs(np.arange(count)))
    values = statistic(np.arange(count))
    spreads = jackknife(count, parameters.jackknife_groups, seed, statistic)
    compared = zip(product(others, qualities), whole, values, spreads, strict=True)
    for (other, quality), (ours, theirs), gap, spread in compared:
        stands = standing(ours, theirs)
        if stands is None or np.isnan([gap, spread]).any():
            sentences.append(f"{quality} against {other}: {NO_VERDICT}, the curves share no range of self_bleu_4")
            continue
        gaps.setdefault(other, {})[quality] = gap
        sentences.append(sentence(quality, other, stands, gap, spread, clear=abs(gap) > 2 * spread))
    return gaps, [*comparison.verdict(sentences), *blind]


def _blind(real: pd.DataFrame, groups: int, seed: int) -> list[str]:
    """Why nothing is said of relevance, where the matcher cannot tell the prompts of real text; else nothing."""
    scores = real["relevance"].to_numpy()
    mean, (error,) = scores.mean(), jackknife(len(real), groups, seed, lambda keep: [scores[keep].mean()])
    if mean > 0.5 + 2 * error:
        return []
    return [
        f"relevance is not compared: the matcher cannot tell the prompts of real text, whose relevance of {mean:.4f} is"
        f" not above 0.5 by twice its standard error over prompts ({error:.4f})"
    ]
