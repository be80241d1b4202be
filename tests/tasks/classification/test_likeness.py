"""What is alike in labelled texts, and how two versions of them differ."""

from pathlib import Path

import pandas as pd
import pytest

from promptgan.tasks.classification import likeness, shift

SECTION = {"near_duplicates": {"shingle_words": 2, "threshold": 0.6}}


def records(*texts: str) -> pd.DataFrame:
    names = [f"r{number}" for number in range(len(texts))]
    labels = ["negative" if "bad" in text else "positive" for text in texts]
    return pd.DataFrame({"id": names, "group": names, "text": texts, "label": labels, "source": ""})


def test_the_same_words_are_a_relative_and_so_are_nearly_the_same() -> None:
    ours = records("a good film that is long and never dull")
    others = records(*ours["text"], "a good film that is long, never dull", "no")
    assert likeness.relatives(ours, others, SECTION) == ["of the same text", "nearly the same", ""]


def test_a_text_that_says_a_record_word_for_word_repeats_it() -> None:
    samples = pd.DataFrame({"text": ["a good  film", "a good films"]})
    assert likeness.repeats({"text": "A good film."}, samples) == [0]


def test_a_drawn_text_is_led_back_to_the_text_of_its_prompt_and_others_to_their_test_text(walked: Path) -> None:
    samples = pd.read_parquet(walked / "samples/generated/samples.parquet")
    train = pd.read_parquet(walked / "data/validated/train.parquet")
    drawn = samples[samples["kind"] == "drawn"].iloc[0]
    source = train[train["id"] == drawn["id"]]["text"].item()
    found = likeness.origin(drawn, samples, train)
    assert f"with {drawn['id']}, whose latent vector was its prompt: {source}" in found["verdict"]
    assert len(found["nearest"]) <= likeness.likeness.NEAREST
    asked = samples[samples["kind"] == "prediction"].iloc[0]
    found = likeness.origin(asked, samples, train)
    assert f"it is test text {asked['id']}, prediction" in found["verdict"]
    assert found["others"] == dict.fromkeys(["control", "adversarial"], asked["text"])


def test_versions_differ_in_lengths_words_labels_and_repetitions() -> None:
    found = shift.shift(records("good film", "bad film"), records("good film", "good film", "a bad, bad film"))
    moved = {one.name: one for one in found.measures}
    assert moved["label negative"][1:3] == (0.5, pytest.approx(1 / 3))
    assert moved["different words"][1:3] == (3, 4)
