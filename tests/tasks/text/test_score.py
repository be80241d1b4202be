"""What training validates answers by: near to their own prompts, and no less like real ones than the twin's."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.tasks.text.score.own_prompt import OwnPrompt, Rows
from promptgan.tasks.text.score.score import ENOUGH, Score
from tests.conftest import EXAMPLE
from tests.training.conftest import COMPUTE

COUNT = 60


def rows(seed: int, shared: Rows = ()) -> Rows:
    """Rows of random tokens, some of which hold a token of another's row."""
    random = np.random.default_rng(seed)
    made = [random.integers(4, 40, random.integers(1, 9)).tolist() for _ in range(COUNT)]
    return [[*row, *(shared[i][:1] if i % 2 and shared else [])] for i, row in enumerate(made)]


def test_nearness_to_prompts_is_that_of_scikit_learns_tf_idf() -> None:
    prompts = rows(1)
    real = rows(2, prompts)
    answers = [*rows(3, prompts)[:-2], [], [99, 99]]  # nothing, and what no document holds
    vectorizer = TfidfVectorizer(analyzer=lambda row: [str(token) for token in row]).fit([*prompts, *real])
    scores = (vectorizer.transform(answers) @ vectorizer.transform(prompts).T).toarray().round(9)
    expected = [
        np.mean([(own > other) + 0.5 * (own == other) for j, other in enumerate(row) if j != i])
        for i, (row, own) in enumerate(zip(scores, np.diag(scores), strict=True))
    ]
    ours = OwnPrompt(prompts, real)
    assert ours.each(answers) == pytest.approx(expected)
    assert ours(answers) == pytest.approx(np.mean(expected))
    assert ours.each(answers)[-2:].tolist() == [0.5, 0.5]


def test_only_real_answers_that_are_nearer_to_their_prompts_tell() -> None:
    prompts = rows(1)
    assert OwnPrompt(prompts, rows(2, prompts)).tells
    assert not OwnPrompt(prompts, rows(2)).tells, "random ones"
    assert not OwnPrompt([[4]] * COUNT, rows(2, [[4]] * COUNT)).tells, "one prompt for all"


@pytest.fixture
def score(tokens: Path, generator: Generator, monkeypatch: pytest.MonkeyPatch) -> Score:
    made = Score(Pairs(tokens / "val.arrow"), EXAMPLE, {"generator": generator}, COUNT, COMPUTE, 1)
    made.prompts = [[10 + i] for i in range(COUNT)]
    made.real = [[10 + i, 4 + i % 6, EXAMPLE.eos] if i < COUNT // 2 else [4 + i % 6, EXAMPLE.eos] for i in range(COUNT)]
    made.enough = ENOUGH * 0.5
    return made


def echoed(score: Score) -> list[list[int]]:
    """Answers that say their prompts again."""
    return [[prompt[0], text[-2]] for prompt, text in zip(score.prompts, score.real, strict=True)]


def test_no_answers_score_above_real_ones(score: Score) -> None:
    echo = echoed(score)
    real = [text[:-1] for text in score.real]
    assert score.own_prompt.tells and score.own_prompt(echo) > score.own_prompt.real
    assert score.score(echo) == score.score(real) == score.own_prompt.real


def test_answers_that_are_less_like_real_ones_than_the_twins_lose_by_that(score: Score) -> None:
    echo = echoed(score)
    score.enough = 4 * score.ms_jaccard(echo)
    assert score.score(echo) == pytest.approx(score.own_prompt.real / 4)


def test_where_real_answers_share_nothing_with_prompts_it_is_ms_jaccard(score: Score) -> None:
    score.prompts = [[]] * COUNT
    real = [text[:-1] for text in score.real]
    assert score.score(real) == score.ms_jaccard(real) == 1
    assert score.score([text[:-1] for text in real]) < 1


def test_the_twins_answers_are_good_enough(tokens: Path, generator: Generator) -> None:
    made = Score(Pairs(tokens / "val.arrow"), EXAMPLE, {"generator": generator}, COUNT, COMPUTE, 1)
    row = made({"generator": generator})
    assert made.enough == pytest.approx(ENOUGH * row["ms_jaccard"])
