"""What it takes to mislead a classifier: accuracy under attack, and what attacks cost.

An attack changes words one by one and ends when the classifier errs, so what a smaller budget would have come to is
read off the attack with the largest one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from promptgan.tasks.classification.measures.bootstrap import Statistic

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def within(right: Flags, misled: Flags, cost: Integers, budgets: Sequence[int]) -> Statistic:
    """The share of texts that are still read right after attacks with each budget, by the budget.

    Args:
        right: whether the classifier is right about the text as it is, (N,).
        misled: whether the attack with the largest budget made it err, (N,).
        cost: what that one took, (N,): changed words, or queries.
        budgets: of the same.
    """
    kept = {str(budget): right & ~(misled & (cost <= budget)) for budget in budgets}
    return lambda weights: {name: weights @ each / weights.sum(1) for name, each in kept.items()}


def statistic(right: Flags, misled: Flags, changed: Integers, words: Integers, queries: Integers) -> Statistic:
    """Numbers of an attack on weighted texts, to be drawn again.

    ``accuracy_under_attack`` over all texts; ``success_rate`` and ``queries`` (the mean) over those that were read
    right, which alone are attacked; ``changed_share``, the mean share of a text's words that were changed, over those
    about which the classifier was misled. A number that is over no text is 0.

    Args:
        right: whether the classifier is right about the text as it is, (N,).
        misled: whether the attack made it err, (N,).
        changed: words, (N,).
        words: of the text, (N,).
        queries: that the attack took, (N,).
    """
    share = changed / words.clip(1)

    def mean(weights: Floats, values: npt.NDArray[Any], over: Flags) -> Floats:
        total = weights @ over
        found: Floats = np.divide(weights @ (values * over), total, out=np.zeros(len(weights)), where=total > 0)
        return found

    def measured(weights: Floats) -> dict[str, Floats]:
        everywhere = np.ones_like(right)
        return {
            "accuracy_under_attack": mean(weights, right & ~misled, everywhere),
            "success_rate": mean(weights, misled, right),
            "queries": mean(weights, queries, right),
            "changed_share": mean(weights, share, misled),
        }

    return measured
