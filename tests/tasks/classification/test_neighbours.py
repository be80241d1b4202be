import numpy as np
import pytest

from promptgan.tasks.classification.samples import neighbours
from promptgan.tasks.classification.samples.neighbours import Neighbours, NoVectors, counted, label_counts, word_pieces
from promptgan.tasks.text.measures import minilm

TEXTS = [
    f"the {thing} that I {act} is {how} {end}"
    for thing in ("soup", "broth", "car", "bus")
    for act in (("eat", "cook") if thing in ("soup", "broth") else ("drive", "park"))
    for how in (("hot", "salty") if thing in ("soup", "broth") else ("fast", "loud"))
    for end in ("today", "now", "again", "indeed")
]


@pytest.fixture(scope="module")
def pieces():
    return word_pieces()


def test_neighbours_are_those_within_the_cosine_the_nearest_first():
    near = Neighbours(["a", "b", "c", "d"], np.array([[2.0, 0], [1, 1], [3, 1], [-1, 0]]), cosine=0.7)
    assert near("a") == ["c", "b"]
    assert near("d") == []
    assert near("unknown") == []
    assert Neighbours(near.vocabulary, np.eye(4) + 1, most=2)("a") == ["b", "c"]


def test_no_word_stands_for_one_that_is_found_under_clearly_other_labels():
    vectors = np.ones((4, 2))
    labels = {
        "good": np.array([10.0, 90]),
        "bad": np.array([90.0, 10]),
        "great": np.array([1.0, 3]),  # too rare to tell
        "film": np.array([500.0, 600]),
    }
    near = Neighbours(["good", "bad", "great", "film"], vectors, labels)
    assert near("good") == ["great"]
    assert near("bad") == []
    assert near("great") == ["good", "film"]


def test_a_word_counts_once_a_text():
    found = label_counts(["Good, good film", "bad film", "good"], ["pos", "neg", "pos"])
    assert {word: list(row) for word, row in found.items()} == {"good": [0, 2], "film": [1, 1], "bad": [1, 0]}


def test_words_that_stand_beside_the_same_words_are_neighbours():
    vocabulary, vectors = counted(TEXTS, width=8, least=1, fewest=9)
    near = Neighbours(vocabulary, vectors)
    assert near("soup")[0] == "broth"
    assert near("car")[0] == "bus"
    again = counted(TEXTS, width=8, least=1, fewest=9)
    assert again[0] == vocabulary
    assert (again[1] == vectors).all()


def test_counts_are_those_of_a_dense_matrix():
    vocabulary, vectors = counted(["a b c a", "c a d b"] * 3, window=2, width=2, least=1, fewest=4, smoothing=0.5)
    numbers = {word: i for i, word in enumerate(vocabulary)}
    joint = np.zeros((4, 4))
    for text in ["abca", "cadb"] * 3:
        for i, one in enumerate(text):
            for j, other in enumerate(text):
                if 0 < abs(i - j) <= 2:
                    joint[numbers[one], numbers[other]] += 1 / abs(i - j)
    context = joint.sum(1) ** 0.5 / (joint.sum(1) ** 0.5).sum()
    with np.errstate(divide="ignore"):
        information = np.maximum(np.log(joint / (joint.sum(1)[:, None] * context)), 0)
    left, values, _ = np.linalg.svd(information)
    expected = left[:, :2] * np.sqrt(values[:2])
    assert vectors @ vectors.T == pytest.approx(expected @ expected.T)


def test_few_words_have_fewer_numbers():
    vocabulary, vectors = counted([" ".join(f"word{i + j}" for j in range(4)) for i in range(30)] * 5)
    assert vectors.shape == (len(vocabulary), len(vocabulary) // 2) == (33, 16)


def test_too_few_words_are_refused():
    with pytest.raises(NoVectors, match="5 words"):
        counted(["one two three four five"] * 5)


def test_word_pieces_are_those_of_the_text_task(pieces):
    assert minilm.SHA256[neighbours.WEIGHTS] == neighbours.SHA256
    ours, theirs = ((each.PACKAGE, each.MODULE, each.VERSION, each.WEIGHTS) for each in (neighbours, minilm))
    assert ours == theirs
    assert pieces[1].shape == (len(pieces[0]), minilm.WIDTH)


def test_neighbours_of_word_pieces_are_used_alike(pieces):
    near = Neighbours(*pieces)
    assert near("terrible")[:3] == ["horrible", "awful", "dreadful"]
    assert "movie" in near("film")
    assert not any(word.startswith("##") or "[" in word for word in near.vocabulary)
    assert set(word_pieces({"film", "zzzz", "good"})[0]) == {"film", "good"}


def test_another_package_is_refused(monkeypatch):
    monkeypatch.setattr(neighbours, "SHA256", "0" * 64)
    with pytest.raises(NoVectors, match="pinned"):
        word_pieces()
    monkeypatch.setattr(neighbours, "VERSION", "9")
    with pytest.raises(NoVectors, match="not installed"):
        word_pieces()
