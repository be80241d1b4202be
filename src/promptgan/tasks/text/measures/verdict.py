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
from promptgan.terms.comparison import Points, gap_at_equal_diversity, jackknife, sentence, standing
from promptgan.terms.systems import REAL, RIVALS

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
Curves = dict[str, dict[float, pd.DataFrame]]
"""Of each system, its answers at each temperature."""

NO_VERDICT = "no verdict"
FEWEST, FEWEST_A_GROUP = 100, 5
"""Answers, and answers in each group of the jackknife, that a verdict needs. Twice the standard error covers 95 % where
a mean is near normal, which takes many answers where scores are as skewed as BLEU-4; and the jackknife of what is not
smooth, such as where two curves meet, needs groups of several answers (Shao and Wu, 1989)."""


def verdict(curves: Curves, indices: dict[str, Row], parameters: Parameters, seed: int) -> tuple[Row, list[str]]:
    """How the adversarial curve lies to each other one at equal Self-BLEU-4: mean differences, and sentences."""
    gaps: Row = {}
    sentences = []
    if "adversarial" not in curves:
        return gaps, [f"{NO_VERDICT}: the recipe trains no adversarial model"]
    if indices["twin"].get("converged") is False:
        return gaps, [f"{NO_VERDICT}: the likelihood twin was still improving when its training ended"]
    answers = next(iter(curves["adversarial"].values()))
    qualities = [quality for quality in MEASURES.qualities if answers[quality].notna().all()]
    count = len(answers)
    if count < (needed := max(FEWEST, FEWEST_A_GROUP * parameters.jackknife_groups)):
        return gaps, [
            f"{NO_VERDICT}: {count} answers a system and temperature are too few for a standard error over prompts;"
            f" it takes {needed}, at least {FEWEST_A_GROUP} in each of the {parameters.jackknife_groups} jackknife"
            " groups"
        ]

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
    return gaps, [
        *sentences,
        "one training seed: how far another would move these numbers is not known, so none is called significant",
    ]
