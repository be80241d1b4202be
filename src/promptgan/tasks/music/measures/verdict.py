"""How the adversarial curve lies to those of its rivals: numbers and sentences, or why there is no verdict."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promptgan.tasks.music.measures.distributions import variety
from promptgan.tasks.music.measures.metrics import MEASURES
from promptgan.terms import comparison
from promptgan.terms.comparison import NO_VERDICT, Points, gap_at_equal_diversity, jackknife, sentence, standing
from promptgan.terms.systems import ADVERSARIAL, REAL, RIVALS

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
Curves = dict[str, dict[float, pd.DataFrame]]
"""Of each system, its pieces at each temperature, as `Yardstick.per_piece` makes them."""


def verdict(curves: Curves, indices: Mapping[str, Row], groups: int, seed: int) -> tuple[Row, list[str]]:
    """Mean differences of the qualities at equal variety, and sentences.

    Args:
        curves: by system, each set of as many pieces.
        indices: index.json of each system's model folder.
        groups: of the jackknife over pieces.
        seed: of the groups.
    """
    real = next(iter(curves[REAL.name].values()))
    if reason := comparison.withheld(indices, len(real), groups):
        return {}, [reason]
    others = [rival.name for rival in RIVALS if rival.name in curves]
    qualities = [quality for quality in MEASURES.qualities if real[quality].notna().any()]
    compared = list(product(others, qualities))

    def pairs(keep: Integers) -> list[tuple[Points, Points]]:
        """The adversarial curve and another one, for each of those and each quality."""
        parts = {name: [pieces.iloc[keep] for pieces in curves[name].values()] for name in (ADVERSARIAL.name, *others)}
        across = {name: [variety(part["progressions"]) for part in each] for name, each in parts.items()}

        def points(name: str, quality: str) -> Points:
            return [(x, part[quality].mean()) for x, part in zip(across[name], parts[name], strict=True)]

        return [(points(ADVERSARIAL.name, quality), points(other, quality)) for other, quality in compared]

    def statistic(keep: Integers) -> list[float]:
        gaps = (gap_at_equal_diversity(*both) for both in pairs(keep))
        return [np.nan if gap is None else gap for gap in gaps]

    everything = np.arange(len(real))
    spreads = jackknife(len(real), groups, seed, statistic)
    gaps, sentences = dict[str, Any](), list[str]()
    found = zip(compared, pairs(everything), statistic(everything), spreads, strict=True)
    for (other, quality), both, gap, spread in found:
        stands = standing(*both)
        if stands is None or np.isnan([gap, spread]).any():
            sentences.append(f"{quality} against {other}: {NO_VERDICT}, the curves share no range of variety")
            continue
        gaps.setdefault(other, {})[quality] = gap
        clear = abs(gap) > 2 * spread
        sentences.append(sentence(quality, other, stands, gap, spread, clear=clear, at=str(MEASURES.diversity)))
    return gaps, comparison.verdict(sentences)
