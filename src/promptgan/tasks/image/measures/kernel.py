"""The kernel distance: the maximum mean discrepancy of features under a cubic kernel."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHUNK = 512


class KernelTo:
    """The unbiased estimate of the squared MMD to one set of features, under ``k(x, y) = (x y / F + 1)^3``.

    Binkowski et al., 2018, arXiv:1801.01401, section 4; on features of Inception-v3 it is called KID, on others it is
    not. It is computed over all pairs, in chunks, and not averaged over random subsets, of which it is the mean: so no
    further chance comes in. It may be below 0.

    Args:
        real: that set, (N, F).
    """

    def __init__(self, real: Floats) -> None:
        self._real = real
        self._among = _sums(real, real, np.ones((len(real), 1)), np.ones((len(real), 1)), same=True).item()

    def __call__(self, features: Floats, parts: Sequence[Integers] = ()) -> Floats:
        """The distance of another set, (M, F), and then what it is without each of the ``parts``; (1 + parts,).

        Args:
            features: of the other set.
            parts: indices of its examples; together all of them, each once.
        """
        chosen = np.zeros((len(features), max(1, len(parts))))
        for column, part in enumerate(parts or [np.arange(len(features))]):
            chosen[part, column] = 1
        within = _sums(features, features, chosen, chosen, same=True)
        between = _sums(features, self._real, chosen, np.ones((len(self._real), 1)))[:, 0]
        sizes = chosen.sum(0)
        without = within.sum() - within.sum(0) - within.sum(1) + np.diag(within)
        sums = np.array([(len(features), within.sum(), between.sum())])
        if len(parts):
            left = np.stack([len(features) - sizes, without, between.sum() - between], axis=1)
            sums = np.concatenate([sums, left])
        m, n = sums[:, 0], len(self._real)
        found: Floats = self._among / (n * (n - 1)) + sums[:, 1] / (m * (m - 1)) - 2 * sums[:, 2] / (m * n)
        return found


def _sums(one: Floats, other: Floats, rows: Floats, columns: Floats, *, same: bool = False) -> Floats:
    """Sums of the kernel over groups of pairs, (G, H): ``rows`` (N, G) and ``columns`` (M, H) say who is in which.

    Where both are the ``same`` set, no example is paired with itself.
    """
    found = np.zeros((rows.shape[1], columns.shape[1]))
    for start in range(0, len(one), CHUNK):
        part = one[start : start + CHUNK]
        kernel = (part @ other.T / one.shape[1] + 1) ** 3
        if same:
            kernel[np.arange(len(part)), start + np.arange(len(part))] = 0
        found += rows[start : start + CHUNK].T @ (kernel @ columns)
    return found
