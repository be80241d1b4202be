"""Captions: sentences about labels, and words as numbers."""

from pathlib import Path

import pytest

from promptgan.forms.tensors.captions import LONGEST, SPECIAL, TEMPLATES, Vocabulary, caption_of, words_of


@pytest.mark.parametrize(
    ("label", "thing"),
    [
        ("ankle boot", "an ankle boot"),
        ("T-shirt", "a t shirt"),
        ("7", "a digit seven"),
        ("eight", "a digit eight"),
        ("traffic_light", "a traffic light"),
        ("hour", "an hour"),
        ("unicorn", "a unicorn"),
        ("umbrella", "an umbrella"),
        ("European owl", "a european owl"),
        ("x-ray", "an x ray"),
        ("house", "a house"),
        ("utensil", "a utensil"),
        ("usher", "an usher"),
    ],
)
def test_a_label_reads_as_one_would_say_it(label: str, thing: str) -> None:
    said = {caption_of(f"record {i}", label) for i in range(200)}
    assert len(said) == len(TEMPLATES) >= 6
    assert {thing, f"a picture of {thing}", f"the {thing.partition(' ')[2]}"} <= said


def test_a_record_always_has_the_same_caption() -> None:
    assert [caption_of(f"r{i}", "bag") for i in range(9)] == [caption_of(f"r{i}", "bag") for i in range(9)]


def test_words_become_numbers_and_come_back_from_a_folder(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(["A red bag!", "the bag", "a Red shoe"])
    assert vocabulary.words == [*SPECIAL, "a", "bag", "red", "shoe", "the"]
    assert vocabulary.length == 3
    ids = vocabulary.ids(["a red bag", "the green bag", "", "a red bag too"])
    assert ids.tolist() == [[2, 4, 3], [6, 1, 3], [1, 0, 0], [2, 4, 3]]
    assert str(ids.dtype) == "int16"
    vocabulary.write(tmp_path)
    assert Vocabulary.read(tmp_path) == vocabulary
    assert Vocabulary.of(["word " * 99]).length == LONGEST


def test_punctuation_is_no_word_and_every_script_has_words() -> None:
    assert words_of("Ein Schuh, rot — 3 €!") == ["ein", "schuh", "rot", "3"]
