"""Naive Bayes over tokens and pairs, beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from promptgan.forms.tokens.naive_bayes import NaiveBayes

VOCABULARY = 20


@pytest.fixture
def texts() -> list[list[int]]:
    random = np.random.default_rng(1)
    return [random.integers(4, VOCABULARY, random.integers(1, 9)).tolist() for _ in range(60)]


@pytest.fixture
def labels() -> list[int]:
    return np.random.default_rng(2).integers(0, 2, 60).tolist()


def reference(texts: list[list[int]], labels: list[int], told: list[list[int]]) -> list[float]:
    """The same of scikit-learn, whose prior is not smoothed."""
    count = CountVectorizer(token_pattern=r"\d+", ngram_range=(1, 2), binary=True)
    sentences, others = ([" ".join(map(str, text)) for text in part] for part in (texts, told))
    prior = (np.bincount(labels) + 1) / (len(labels) + 2)
    model = MultinomialNB(alpha=1.0, class_prior=prior).fit(count.fit_transform(sentences), labels)
    logs = model.predict_joint_log_proba(count.transform(others))
    return list(logs[:, 1] - logs[:, 0])


def test_it_is_that_of_scikit_learn(texts: list[list[int]], labels: list[int]) -> None:
    told = [*texts[:5], [4, 5], [19], [0, 1, 2]]
    found = NaiveBayes.fitted(texts, labels, VOCABULARY).log_odds(told)
    assert found == pytest.approx(reference(texts, labels, told))


def test_a_text_apart_is_judged_as_by_counts_without_it(texts: list[list[int]], labels: list[int]) -> None:
    vocabulary = [
        [i, j] for i in range(4, VOCABULARY) for j in range(4, VOCABULARY)
    ]  # so that none is known by one alone
    everything, all_labels = [*vocabulary, *texts], [*[0] * len(vocabulary), *labels]
    whole = NaiveBayes.fitted(everything, all_labels, VOCABULARY)
    at = len(vocabulary) + 7
    without = NaiveBayes.fitted(
        everything[:at] + everything[at + 1 :], all_labels[:at] + all_labels[at + 1 :], VOCABULARY
    )
    other = [[5, 6, 7]]
    assert whole.log_odds(other, ([everything[at]], [all_labels[at]])) == pytest.approx(without.log_odds(other))
    assert whole.log_odds(other) != pytest.approx(without.log_odds(other))


def test_what_is_saved_judges_alike(texts: list[list[int]], labels: list[int]) -> None:
    fitted = NaiveBayes.fitted(texts, labels, VOCABULARY)
    assert (NaiveBayes(VOCABULARY, **fitted.state()).log_odds(texts) == fitted.log_odds(texts)).all()
