"""Measures in the space of embeddings, with the real encoder."""

import numpy as np
import pytest

from promptgan.tasks.text.measures import minilm
from promptgan.tasks.text.measures.embedded import Floats, Space, signature
from promptgan.tasks.text.score.own_prompt import preferred
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
    assert near["mauve_embedding"] == pytest.approx(1)
    assert far["mauve_embedding"] < 0.1
    assert "relevance_embedding" not in near


def test_the_numbers_of_those_kept_are_those_of_a_set_of_them(space: Space) -> None:
    seen, keep = space.see(REAL[:10], PROMPTS), np.array([0, 3, 4, 7])
    numbers = space.numbers(seen, keep)
    assert seen.relevance is not None
    assert numbers["relevance_embedding"] == pytest.approx(seen.relevance[keep].mean())


def test_a_frechet_distance_takes_more_texts_than_dimensions() -> None:
    class Three:
        """An encoder of three dimensions."""

        def embed(self, texts: list[str]) -> Floats:
            return np.array([np.random.default_rng(len(text)).normal(size=3) for text in texts])

    real = ["a" * n for n in range(12)]
    space = Space(Three(), real, seed=1)  # type: ignore[arg-type]
    seen, keep = space.see(real[4:9]), np.array([0, 2, 3, 4])
    expected = frechet_distance(Three().embed(real), Three().embed([real[4 + i] for i in keep]))
    assert space.numbers(seen, keep)["frechet_embedding"] == pytest.approx(expected)
    assert space.numbers(space.see(real)) == pytest.approx({"frechet_embedding": 0, "mauve_embedding": 1}, abs=1e-6)
    assert "frechet_embedding" not in space.numbers(space.see(real[:3]))
    few = Space(Three(), real[:3], seed=1)  # type: ignore[arg-type]
    assert "frechet_embedding" not in few.numbers(few.see(real))
    left_out = "frechet_embedding: left out, since 384 texts are not more than the 384 dimensions"
    assert (left_out in signature(384), left_out in signature(385)) == (True, False)
    assert any(line.startswith("frechet_embedding, mauve_embedding: ") for line in signature(385))


def test_the_preference_counts_ties_as_half() -> None:
    scores = np.array([[3.0, 1.0, 3.0], [0.0, 0.0, 0.0], [9.0, 2.0, 1.0]])
    assert preferred(scores).tolist() == [0.75, 0.5, 0.0]
