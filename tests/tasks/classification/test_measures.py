import numpy as np
import pytest
from sklearn import metrics

from promptgan.tasks.classification.measures import bootstrap, calibration, classification, robustness

TEXTS, LABELS = 240, 3
RANDOM = np.random.default_rng(5)
PROBABILITIES = RANDOM.dirichlet(np.ones(LABELS), TEXTS)
TRUE = RANDOM.choice(LABELS, TEXTS, p=[0.6, 0.3, 0.1])
PREDICTED = np.where(RANDOM.random(TEXTS) < 0.5, TRUE, PROBABILITIES.argmax(1))
ONCE = np.ones((1, TEXTS))


@pytest.mark.parametrize("predicted", [PREDICTED, TRUE, np.zeros_like(TRUE)], ids=["some", "all", "one label only"])
def test_scores_are_those_of_scikit_learn(predicted):
    matrix = classification.confusion(TRUE, predicted, LABELS)
    assert (matrix == metrics.confusion_matrix(TRUE, predicted, labels=range(LABELS))).all()
    kwargs = {"labels": range(LABELS), "zero_division": 0}
    macro = metrics.precision_recall_fscore_support(TRUE, predicted, average="macro", **kwargs)[:3]
    expected = [metrics.accuracy_score(TRUE, predicted), *macro]
    assert list(classification.scores(matrix).values()) == pytest.approx(expected)
    each = metrics.precision_recall_fscore_support(TRUE, predicted, **kwargs)
    for ours, theirs in zip(classification.by_label(matrix).values(), each, strict=True):
        assert ours == pytest.approx(theirs)
    weighted = classification.statistic(TRUE, predicted, LABELS)(ONCE)
    assert [float(value[0]) for value in weighted.values()] == pytest.approx(expected)


def test_brier_score_and_likelihood_are_those_of_scikit_learn():
    certain = np.eye(LABELS)[np.roll(TRUE, 1)]
    for probabilities in (PROBABILITIES, certain):
        found = calibration.statistic(probabilities, TRUE)(ONCE)
        brier = metrics.brier_score_loss(TRUE, probabilities, labels=range(LABELS), scale_by_half=False)
        assert found["brier"] == pytest.approx(brier)
        assert found["nll"] == pytest.approx(metrics.log_loss(TRUE, probabilities, labels=range(LABELS)))


def by_hand(probabilities, labels, bins):
    """Equation 3 of Guo et al. as it stands there, text by text."""
    error = 0.0
    for m in range(1, bins + 1):
        inside = [n for n, row in enumerate(probabilities) if (m - 1) / bins < max(row) <= m / bins]
        if inside:
            accuracy = sum(list(probabilities[n]).index(max(probabilities[n])) == labels[n] for n in inside)
            error += abs(accuracy - sum(max(probabilities[n]) for n in inside)) / len(labels)
    return error


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_error_is_the_one_of_its_definition(bins):
    found = calibration.statistic(PROBABILITIES, TRUE, bins)(ONCE)["ece"]
    assert found == pytest.approx(by_hand(PROBABILITIES, TRUE, bins))
    drawn = calibration.reliability(PROBABILITIES, TRUE, bins)
    assert sum(each.texts for each in drawn) == TEXTS
    assert found == pytest.approx(sum(b.texts * abs(b.accuracy - b.confidence) for b in drawn) / TEXTS)
    assert all(each.low < each.confidence <= each.high for each in drawn)


def test_calibration_error_is_that_of_torchmetrics():
    # What torchmetrics 1.9.0 says: multiclass_calibration_error(PROBABILITIES, TRUE, 3, n_bins=15, norm="l1").
    assert calibration.statistic(PROBABILITIES, TRUE)(ONCE)["ece"] == pytest.approx(0.28234741, abs=1e-6)


def test_a_confidence_on_the_edge_of_two_bins_belongs_to_the_lower_one():
    (found,) = calibration.reliability(np.array([[0.6, 0.4]]), np.array([0]), 5)
    assert (found.low, found.high, found.accuracy) == (0.4, 0.6, 1.0)


def test_intervals_are_those_of_drawing_texts_one_by_one():
    found = bootstrap.intervals(classification.statistic(TRUE, PREDICTED, LABELS), TEXTS, seed=1, resamples=4000)
    random = np.random.default_rng(2)
    drawn = (random.integers(TEXTS, size=TEXTS) for _ in range(4000))
    matrices = np.stack([classification.confusion(TRUE[texts], PREDICTED[texts], LABELS) for texts in drawn])
    each = classification.scores(matrices)["macro_f1"]
    assert found["macro_f1"].low == pytest.approx(np.quantile(each, 0.025), abs=0.01)
    assert found["macro_f1"].high == pytest.approx(np.quantile(each, 0.975), abs=0.01)
    assert found["macro_f1"].low < found["macro_f1"].value < found["macro_f1"].high


def test_intervals_do_not_depend_on_how_many_samples_are_held_at_once(monkeypatch):
    measured = calibration.statistic(PROBABILITIES, TRUE)
    found = bootstrap.intervals(measured, TEXTS, seed=1, resamples=50)
    monkeypatch.setattr(bootstrap, "AT_ONCE", 7 * TEXTS)
    again = bootstrap.intervals(measured, TEXTS, seed=1, resamples=50)
    assert all(found[name] == pytest.approx(again[name], abs=1e-12) for name in found)


def test_a_paired_difference_is_surer_than_two_intervals():
    better = PREDICTED.copy()
    better[np.flatnonzero(PREDICTED != TRUE)[:12]] = TRUE[np.flatnonzero(PREDICTED != TRUE)[:12]]
    ours, theirs = (classification.statistic(TRUE, predicted, LABELS) for predicted in (better, PREDICTED))
    paired = bootstrap.intervals(bootstrap.difference(ours, theirs), TEXTS, seed=1)["accuracy"]
    alone = bootstrap.intervals(ours, TEXTS, seed=1)["accuracy"]
    assert paired.value == pytest.approx(12 / TEXTS)
    assert 0 < paired.low < paired.high
    assert paired.high - paired.low < alone.high - alone.low


def test_accuracy_under_attack_counts_errors_that_were_there_and_those_within_the_budget():
    right, misled = np.array([1, 1, 1, 0], bool), np.array([1, 1, 0, 0], bool)
    cost = np.array([1, 3, 2, 0])
    within = robustness.within(right, misled, cost, [0, 1, 2, 3])(np.array([[1.0, 1, 1, 1], [4, 0, 0, 0]]))
    assert {budget: list(each) for budget, each in within.items()} == {
        "0": [0.75, 1], "1": [0.5, 0], "2": [0.5, 0], "3": [0.25, 0]
    }  # fmt: skip
    queries, words = np.array([10, 20, 60, 1]), np.array([4, 6, 9, 9])
    found = robustness.statistic(right, misled, cost, words, queries)(np.array([[1.0, 1, 1, 1], [0, 0, 0, 4]]))
    assert found["accuracy_under_attack"] == pytest.approx([0.25, 0])
    assert found["success_rate"] == pytest.approx([2 / 3, 0])
    assert found["queries"] == pytest.approx([30, 0])
    assert found["changed_share"] == pytest.approx([(1 / 4 + 3 / 6) / 2, 0])
