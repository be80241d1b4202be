import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer, tokenizers

from promptgan.tasks.text.measures.rouge import rouge

TEXT = st.lists(st.sampled_from("abc"), max_size=9)


class Spaces(tokenizers.Tokenizer):
    """Words are what stands between spaces."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


SCORER = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], tokenizer=Spaces())


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
@settings(deadline=None)
def test_equals_rouge_score(pairs: list[tuple[list[str], list[str]]]) -> None:
    scores = [SCORER.score(" ".join(reference), " ".join(text)) for text, reference in pairs]
    expected = np.array([[score[name].fmeasure for score in scores] for name in SCORER.rouge_types])
    found = rouge([text for text, _ in pairs], [reference for _, reference in pairs])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_long_texts_equal_rouge_score() -> None:
    text, reference = (" ".join(np.random.default_rng(n).choice(list("abcdefgh"), 200)) for n in (1, 2))
    score = SCORER.score(reference, text)
    expected = [score[name].fmeasure for name in SCORER.rouge_types]
    np.testing.assert_allclose(rouge([text.split()], [reference.split()])[:, 0], expected, rtol=0, atol=1e-12)
