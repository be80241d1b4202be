"""The frontier against the authors' own package, mauve-text; its clusters come from another k-means."""

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2, vq

from promptgan.tasks.text.measures.mauve import Floats, clusters, frontier_area, kmeans


def unit_vectors(count: int, shift: float, seed: int) -> Floats:
    """Embeddings around twenty topics, of which ``shift`` makes some rarer."""
    random = np.random.default_rng(seed)
    topics = np.random.default_rng(0).normal(size=(20, 32)) * 2
    shares = np.exp(-shift * np.arange(20.0))
    x = topics[random.choice(20, count, p=shares / shares.sum())] + random.normal(size=(count, 32))
    unit: Floats = x / np.linalg.norm(x, axis=1, keepdims=True)
    return unit


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0.0, 0.05, 0.5])
def test_near_to_the_authors_own(shift: float) -> None:
    from mauve import compute_mauve  # loads transformers

    one, other = unit_vectors(400, 0.0, 1), unit_vectors(400, shift, 2)
    authors = compute_mauve(p_features=one, q_features=other)
    labels = (np.repeat(np.arange(40), np.round(400 * hist).astype(int)) for hist in (authors.p_hist, authors.q_hist))
    assert frontier_area(*labels) == pytest.approx(authors.mauve, abs=1e-9)  # the same, where the clusters are
    assert frontier_area(*clusters(one, other, 1)) == pytest.approx(authors.mauve, abs=0.06)


def test_equal_sets_and_disjoint_ones() -> None:
    labels = np.array([0, 0, 1, 2])
    assert frontier_area(labels, labels[::-1]) == pytest.approx(1.0)
    assert frontier_area(labels, labels + 3) < 0.1
    assert frontier_area(labels, labels + 1) == pytest.approx(frontier_area(labels + 1, labels))


def test_clusters_are_as_tight_as_scipys() -> None:
    points = unit_vectors(300, 0.0, 3)
    found = kmeans(points, 20, 1)
    centres = np.array([points[found == k].mean(0) for k in range(found.max() + 1)])
    ours = np.square(points - centres[found]).sum()
    theirs = []
    for seed in range(10):
        codes, _ = kmeans2(points, 20, minit="++", rng=seed, missing="raise")
        theirs.append(np.square(vq(points, codes)[1]).sum())
    assert ours <= np.median(theirs) * 1.01
    assert (np.square(points[:, None] - centres).sum(2).argmin(1) == found).all()


def test_fewer_different_points_than_clusters() -> None:
    same = np.repeat(np.eye(3), 20, axis=0)
    one, other = clusters(same, same, 1)
    assert (one == other).all() and len(set(one.tolist())) == 3


def test_one_cluster_for_ten_texts_of_a_side() -> None:
    one, other = clusters(unit_vectors(100, 0, 1), unit_vectors(250, 0, 2), 1)
    assert (len(one), len(other), int(max(one.max(), other.max())) + 1) == (100, 250, 10)
