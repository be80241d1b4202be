"""At which temperature a system stands in tables."""

from collections.abc import Mapping


def temperature(points: Mapping[float, float], real: float) -> float:
    """The temperature whose answers share as many n-grams with validation texts as other real texts do.

    MS-Jaccard rises with temperature and falls again. It is highest, and above real text's, where answers are typical
    and vary too little, and below that temperature they vary still less; so the nearest to real text is sought from
    there on. It is the highest itself where that is no higher than real text's.

    Args:
        points: MS-Jaccard with validation texts at each temperature, to four digits, as plots/curves.csv has it.
        real: that of as many real texts, likewise.
    """
    peak = max(points, key=lambda t: points[t])
    return min((t for t in points if t >= peak), key=lambda t: abs(points[t] - real))
