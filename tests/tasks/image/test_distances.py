"""Distances between sets of features, against independent implementations and the definitions."""

import numpy as np
import pytest
import torch

from promptgan.tasks.image.measures.copies import nearest
from promptgan.tasks.image.measures.jackknife import parts, standard_error
from promptgan.tasks.image.measures.kernel import KernelTo
from promptgan.tasks.image.measures.manifold import ManifoldOf
from promptgan.tasks.image.measures.moments import FrechetTo, Moments
from promptgan.terms.comparison import jackknife
from promptgan.terms.frechet import frechet_distance

Floats = np.ndarray
K = 3


@pytest.fixture(scope="module")
def features() -> tuple[Floats, Floats]:
    """Real and generated ones: more than a chunk holds, of other means, scales and directions."""
    random = np.random.default_rng(1)
    return random.normal(size=(600, 12)), random.normal(0.3, 1.2, (550, 12)) @ (np.eye(12) + 0.1)


def gathered(features: Floats, step: int) -> Moments:
    moments = Moments()
    for start in range(0, len(features), step):
        moments.add(features[start : start + step])
    return moments


def test_moments_of_parts_are_those_of_the_whole(features: tuple[Floats, Floats]) -> None:
    real = features[0] + 1e6  # where a sum of squares would lose every digit
    moments = gathered(real, 7)
    assert moments.count == 600
    np.testing.assert_allclose(moments.mean, real.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(real, rowvar=False), rtol=1e-6, atol=1e-8)


def test_the_frechet_distance_is_that_of_torch_fidelity_and_of_the_other_task(
    features: tuple[Floats, Floats],
) -> None:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    real, made = features
    theirs = [fid_features_to_statistics(torch.from_numpy(x)) for x in (made, real)]
    expected = fid_statistics_to_metric(*theirs, verbose=False)["frechet_inception_distance"]
    found, _ = FrechetTo(gathered(real, 100))(made)
    assert found == pytest.approx(expected, rel=1e-9)
    assert found == pytest.approx(frechet_distance(made, real), rel=1e-9)


def test_the_frechet_distance_s_error_is_that_of_leaving_out_each_image(features: tuple[Floats, Floats]) -> None:
    real, made = features
    distance = FrechetTo(gathered(real, 100))
    (expected,) = jackknife(len(made), len(made), 1, lambda keep: [distance(made[keep])[0]])
    assert distance(made)[1] == pytest.approx(expected, rel=0.02)


def test_a_feature_that_never_varies_changes_no_frechet_distance(features: tuple[Floats, Floats]) -> None:
    padded = [np.hstack([x, np.zeros((len(x), 1))]) for x in features]
    found = [FrechetTo(gathered(real, 100))(made) for real, made in (features, padded)]
    assert found[0] == pytest.approx(found[1])


def test_the_kernel_distance_is_that_of_torch_fidelity(features: tuple[Floats, Floats]) -> None:
    from torch_fidelity.metric_kid import kid_features_to_metric

    real, made = features[0][:550], features[1]
    theirs = kid_features_to_metric(
        *(torch.from_numpy(x) for x in (made, real)), kid_subsets=1, kid_subset_size=550, verbose=False
    )
    expected = theirs["kernel_inception_distance_mean"]
    assert KernelTo(real)(made) == pytest.approx([expected], rel=1e-9)


def test_the_kernel_distance_is_unbiased() -> None:
    random = np.random.default_rng(2)
    found = [KernelTo(random.normal(size=(20, 4)))(random.normal(size=(20, 4)))[0] for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_left_without_a_group_is_measured_as_if_it_had_never_been_there(
    seed: int, features: tuple[Floats, Floats]
) -> None:
    real, made = features
    groups = parts(len(made), 4, seed)
    kernel, manifold = KernelTo(real), ManifoldOf(real, K)
    whole = {"kernel": kernel(made, groups), **manifold(made, groups)}
    kept = [np.arange(len(made)), *(np.setdiff1d(np.arange(len(made)), part) for part in groups)]
    for n, keep in enumerate(kept):
        alone = {"kernel": kernel(made[keep]), **manifold(made[keep])}
        assert {name: values[n] for name, values in whole.items()} == pytest.approx(
            {name: values[0] for name, values in alone.items()}, rel=1e-9
        )
    (expected,) = jackknife(len(made), 4, seed, lambda keep: [kernel(made[keep])[0]])
    assert standard_error(whole["kernel"][1:]) == pytest.approx(expected)


def test_precision_recall_density_and_coverage_are_those_of_prdc(features: tuple[Floats, Floats]) -> None:
    from prdc import compute_prdc

    real, made = features
    found = {name: values.item() for name, values in ManifoldOf(real, K)(made).items()}
    assert found == pytest.approx(compute_prdc(real, made, K))
    assert all(value > 0 for value in found.values()) and found["recall"] < 1


def test_precision_and_recall_are_those_of_torch_fidelity(features: tuple[Floats, Floats]) -> None:
    from torch_fidelity.metric_prc import prc_features_to_metric

    real, made = features
    tensors = (torch.from_numpy(x) for x in (made, real))
    expected = prc_features_to_metric(*tensors, prc_neighborhood=K, save_cpu_ram=True, verbose=False)
    found = ManifoldOf(real, K)(made)
    assert found["precision"].item() == pytest.approx(expected["precision"])
    assert found["recall"].item() == pytest.approx(expected["recall"])


def test_the_nearest_image_is_found_across_chunks() -> None:
    random = np.random.default_rng(2)
    asked, known = (random.integers(0, 256, (n, 1, 4, 4), dtype=np.uint8) for n in (7, 2500))
    expected = [min(np.square(a / 255 - b / 255).sum() for b in known) for a in asked]
    assert nearest(asked, known) == pytest.approx(expected, rel=1e-4)


def test_an_image_is_not_its_own_neighbour() -> None:
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (1200, 1, 4, 4), dtype=np.uint8)
    images[1100] = images[3]  # in another chunk
    found = nearest(images, images, others=True)
    assert np.flatnonzero(found < 1e-3).tolist() == [3, 1100]
