"""Measures in the space of embeddings, with the real encoder."""

import numpy as np
import pytest

from promptgan.tasks.text.measures import minilm
from promptgan.tasks.text.measures.embedded import Space, preferred
from promptgan.terms.frechet import frechet_distance

THINGS = ["tea", "rice", "soup", "bread", "fish", "cake", "jazz", "chess", "snow", "dogs"]
REAL = [f"i {act} {thing}" for act in ("like", "hate") for thing in THINGS]
PROMPTS = [f"what about {thing}?" for thing in THINGS]


@pytest.fixture(scope="module")
def space() -> Space:
    return Space(minilm.load(), REAL, seed=1)


def test_own_prompts_are_told_from_others(space: Space) -> None:
    fitting = space.see([f"i love {thing}" for thing in THINGS], PROMPTS)
    assert space.numbers(fitting)["relevance_embedding"] > 0.95
    assert space.numbers(space.see(["i love it"] * 10, PROMPTS))["relevance_embedding"] == pytest.approx(0.5)


def test_real_texts_are_nearer_than_others(space: Space) -> None:
    near, far = (space.numbers(space.see(texts)) for texts in (REAL, ["the parliament resigned"] * 20))
    assert near["frechet_embedding"] == pytest.approx(0, abs=1e-6)
    assert near["mauve_embedding"] == pytest.approx(1)
    assert far["frechet_embedding"] > 0.5 and far["mauve_embedding"] < 0.1
    assert "relevance_embedding" not in near


def test_the_numbers_of_those_kept_are_those_of_a_set_of_them(space: Space) -> None:
    seen, keep = space.see(REAL[:10], PROMPTS), np.array([0, 3, 4, 7])
    numbers = space.numbers(seen, keep)
    model = minilm.load()
    expected = frechet_distance(model.embed(REAL), model.embed([REAL[i] for i in keep]))
    assert numbers["frechet_embedding"] == pytest.approx(expected)
    assert seen.relevance is not None
    assert numbers["relevance_embedding"] == pytest.approx(seen.relevance[keep].mean())


def test_the_preference_counts_ties_as_half() -> None:
    scores = np.array([[3.0, 1.0, 3.0], [0.0, 0.0, 0.0], [9.0, 2.0, 1.0]])
    assert preferred(scores).tolist() == [0.75, 0.5, 0.0]
