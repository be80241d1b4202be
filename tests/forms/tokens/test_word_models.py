import numpy as np
import pytest

from promptgan.forms.tokens.kneser_ney import KneserNey
from promptgan.forms.tokens.word_models import WordModels

REAL = [s.split() for s in ["we eat rice", "we eat soup", "you eat rice now", "we cook"]]


def test_equal_to_the_model_over_ids() -> None:
    ids = {word: n for n, word in enumerate(["eat", "we", "rice", "cook", "now", "soup", "you"], 2)}  # by frequency
    coded = [[ids[word] for word in text] for text in REAL]
    told = [["we", "eat", "stones"], []]
    logs = KneserNey(coded, 9, 3, end=0).log_probabilities([[ids["we"], ids["eat"], 1], []])
    models = WordModels(REAL, 3)
    np.testing.assert_allclose(models.nats(told), [-logs[:4].sum(), -logs[4]])
    assert models.cross_entropy(told, REAL) == pytest.approx(-logs.mean())


def test_the_vocabulary_is_that_of_real_texts_whatever_is_fitted() -> None:
    models = WordModels(REAL, 3)
    other, another = [["granite"], ["we", "eat", "granite"]], [["basalt"], ["we", "eat", "basalt"]]
    assert models.words == 7
    assert models.cross_entropy(REAL, other) == models.cross_entropy(REAL, another)
    assert models.cross_entropy([["slate"]], other) == models.cross_entropy([["granite"]], other)


def test_real_order_is_likelier_than_another() -> None:
    likely, unlikely = WordModels(REAL, 3).nats([["we", "eat", "rice"], ["rice", "we", "eat"]])
    assert likely < unlikely
