"""What is alike in sentences, and how two versions of them differ."""

import pandas as pd
import pytest

from promptgan.tasks.style import likeness, shift

SECTION = {"near_duplicates": {"shingle_words": 2, "threshold": 0.6}}


def records(*texts: str) -> pd.DataFrame:
    names = [f"r{number}" for number in range(len(texts))]
    labels = ["negative" if "bad" in text else "positive" for text in texts]
    return pd.DataFrame({"id": names, "group": names, "text": texts, "label": labels})


def drawn(*texts: str) -> pd.DataFrame:
    models = ["twin", "adversarial"][: len(texts)]
    return pd.DataFrame({"text": texts, "model": models, "prompt": "a bad film", "prompt_id": "x"}).assign(
        temperature=0.1, seed=1
    )


def test_the_same_words_are_a_relative_and_so_are_nearly_the_same() -> None:
    ours = records("a good film that is long and never dull")
    others = records(
        "A good film that is long and never dull", *ours["text"], "a good film that is long, never dull", "no"
    )
    assert likeness.relatives(ours, others, SECTION) == ["nearly the same", "of the same text", "nearly the same", ""]


def test_long_sentences_that_no_other_record_has_are_phrases() -> None:
    ours, others = records("one two three four five six", "one two", "a b c d e f"), records("and a b c d e f g")
    assert likeness.phrases(ours, others) == ("one two three four five six",)


def test_a_sample_that_says_a_record_word_for_word_repeats_it() -> None:
    assert likeness.repeats({"text": "A good film."}, drawn("a good  film", "a good films")) == [0]
    assert likeness.repeats({"text": None}, drawn("a")) == []


def test_a_copy_is_called_one_and_others_have_the_nearest_sentences() -> None:
    table, train = drawn("a good film", "a good play"), records("the play", "A good film!", "a good film for all")
    found = likeness.origin(table.iloc[0], table, train)
    assert found["verdict"].startswith("copied word for word: 1 of 3 training texts say this; it shares")
    assert found["others"] == {"adversarial": "a good play"}
    other = likeness.origin(table.iloc[1], table, train)
    # runs of `a good play`: six; two of them, and `a good`, are among the six of `A good film!`
    assert next((n["id"], n["similarity"]) for n in other["nearest"]) == ("r1", pytest.approx(3 / 9, abs=1e-4))
    assert other["verdict"].startswith("not a training text; the nearest of 3 has a similarity of 0.33")


def test_versions_differ_in_lengths_words_styles_and_repetitions() -> None:
    found = shift.shift(records("good film", "bad film"), records("good film", "good film", "a bad, bad film"))
    moved = {one.name: one for one in found.measures}
    assert moved["words of a sentence, mean"][1:3] == (2.0, pytest.approx(8 / 3))
    assert moved["different words"][1:3] == (3, 4)
    assert moved["repeated sentence"][1:3] == (0.0, pytest.approx(1 / 3))
    assert moved["label negative"][1:3] == (0.5, pytest.approx(1 / 3))
    assert found.histograms == {"words of a sentence": ({2: 2}, {2: 2, 4: 1})}
