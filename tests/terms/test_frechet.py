import numpy as np
import pytest
from scipy.linalg import sqrtm

from promptgan.terms.frechet import frechet_distance


@pytest.mark.parametrize("features", [1, 5, 20])
def test_the_frechet_distance_is_that_of_the_formula(features: int) -> None:
    random = np.random.default_rng(features)
    one = random.normal(size=(60, features)) @ random.normal(size=(features, features))
    other = random.normal(1, 2, size=(80, features))
    c1, c2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (one, other))
    expected = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert frechet_distance(one, other) == pytest.approx(expected)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
