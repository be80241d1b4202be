import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from sacrebleu.metrics import BLEU

from promptgan.tasks.text.measures.bleu import bleu, self_bleu

ORDERS = (2, 3, 4, 5)
WEIGHTS = [tuple([1 / n] * n) for n in ORDERS]
TEXT = st.lists(st.sampled_from("abc"), max_size=9)
SENTENCES = [s.split() for s in [
    "the cat sat on the mat .", "the cat sat on the mat .", "yes", "", "a dog and a cat and a dog", "the the the the",
    "on the mat the cat sat", "what do you do on the weekend ?", "i do not know what you do", "yes yes yes", "no",
]]  # fmt: skip


def nltk_bleu(references: list[list[str]], hypothesis: list[str]) -> list[float]:
    scores: list[float] = sentence_bleu(references, hypothesis, WEIGHTS, SmoothingFunction().method1)
    return scores


def nltk_self_bleu(texts: list[list[str]]) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.array([nltk_bleu(texts[:i] + texts[i + 1 :], text) for i, text in enumerate(texts)]).T


@given(st.lists(TEXT, min_size=1, max_size=5), st.lists(TEXT, min_size=1, max_size=6))
@settings(deadline=None)
def test_bleu_equals_nltk(hypotheses: list[list[str]], references: list[list[str]]) -> None:
    expected = np.array([nltk_bleu(references, h) for h in hypotheses]).T
    np.testing.assert_allclose(bleu(hypotheses, references), expected, rtol=0, atol=1e-12)


@given(st.lists(TEXT, min_size=2, max_size=7))
@settings(deadline=None)
def test_self_bleu_equals_nltk(texts: list[list[str]]) -> None:
    np.testing.assert_allclose(self_bleu(texts), nltk_self_bleu(texts), rtol=0, atol=1e-12)


def test_sentences_equal_nltk() -> None:
    expected = np.array([nltk_bleu(SENTENCES[3:], h) for h in SENTENCES]).T
    np.testing.assert_allclose(bleu(SENTENCES, SENTENCES[3:]), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(self_bleu(SENTENCES), nltk_self_bleu(SENTENCES), rtol=0, atol=1e-12)


def test_sentences_of_four_words_and_more_equal_sacrebleu() -> None:
    long = [s for s in SENTENCES if len(s) >= 4]  # it gives shorter ones no BLEU-4
    metric = BLEU(smooth_method="floor", smooth_value=0.1, tokenize="none", effective_order=False)
    scores = [metric.sentence_score(" ".join(h), [" ".join(r) for r in SENTENCES[3:]]).score / 100 for h in long]
    np.testing.assert_allclose(bleu(long, SENTENCES[3:], [4])[0], scores, rtol=0, atol=1e-12)


def test_an_equal_text_elsewhere_stays_a_reference() -> None:
    scores = self_bleu(SENTENCES)
    assert scores[:, 0] == pytest.approx([1.0] * 4, abs=1e-12)


def test_a_single_order() -> None:
    np.testing.assert_array_equal(self_bleu(SENTENCES, [3]), self_bleu(SENTENCES)[1:2])


def test_no_references_is_refused() -> None:
    with pytest.raises(ValueError, match="reference"):
        bleu([["a"]], [])
    with pytest.raises(ValueError, match="two texts"):
        self_bleu([["a"]])
