"""Form and rhyme by hand, of poems of two characters a line."""

import pytest

from promptgan.tasks.text.measures.verse import Verse, lines, shape

COUPLETS = [("江天，江同。", "山水，山中。"), ("江中，江水。", "山月，山年。"), ("花月，花中。", "鳥日，鳥風！"),
            ("花山，花風。", "鳥川？鳥空。")]  # fmt: skip
"""The even lines end with 同 中, 水 年, 中 風 and 風 空."""
PROMPTS, TEXTS = map(list, zip(*COUPLETS, strict=True))
TITLES = ["江上", "月夜", "送人", "山中"]
POEMS = [prompt + text for prompt, text in COUPLETS]


@pytest.mark.parametrize("text", ["江天，江同。", "江天,江同.", "江天 江同", "「江天」\n江同"])
def test_punctuation_and_spaces_end_lines(text: str) -> None:
    assert lines(text) == ["江天", "江同"]
    assert shape(text) == (2, 2)


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ("同", "中", True),  # of one poem
        ("同", "風", True),  # each with 中
        ("同", "空", False),  # only through two others
        ("同", "年", False),
        ("中", "中", False),  # it repeats
        ("天", "同", False),  # the first line need not rhyme
        ("犬", "犬", False),  # in no poem
    ],
)
def test_what_is_known_to_rhyme(one: str, other: str, known: bool) -> None:
    verse = Verse(PROMPTS, TEXTS)
    assert verse.rhyme(one, other) is verse.rhyme(other, one) is known
    assert Verse(TITLES, POEMS).rhyme(one, other) is known, "whole poems have the same rhymes"


@pytest.mark.parametrize(
    ("text", "in_form", "rhymes"),
    [
        ("山水，山中。", True, True),
        ("山水，山同。", True, False),  # 同 again
        ("山水，山年。", True, False),
        ("山水中。", False, False),  # one line: the poem ends with an odd one
        ("山水，山山中。", False, True),
        ("山水，山中。山水，山風。", False, True),
        ("山水，山中。山水，山年。", False, False),
        ("", False, False),
        ("，。", False, False),
    ],
)
def test_an_answer_goes_on_the_couplet_that_it_answers(text: str, in_form: bool, rhymes: bool) -> None:
    verse = Verse(PROMPTS, TEXTS)
    assert (verse.form, verse.continued) == ((2, 2), True)
    assert verse.in_form([text]).tolist() == [in_form]
    assert verse.rhymes(["江天，江同。"], [text]).tolist() == [rhymes]


@pytest.mark.parametrize(
    ("text", "in_form", "rhymes"),
    [
        ("江天，江同。山水，山中。", True, True),
        ("江天，江同。山水，山年。", True, False),
        ("江天，江同。", False, False),  # one even line rhymes with nothing
    ],
)
def test_whole_poems_rhyme_in_themselves(text: str, in_form: bool, rhymes: bool) -> None:
    verse = Verse(TITLES, POEMS)
    assert (verse.form, verse.continued) == ((2, 2, 2, 2), False)
    assert verse.in_form([text]).tolist() == [in_form]
    assert verse.rhymes(["江中"], [text]).tolist() == [rhymes]


def test_the_signature_says_what_the_relation_misses_and_finds_by_chance() -> None:
    prompts, texts = ["江天，江同。", "江天，江水。", "江天，江犬。"], ["山水，山中。", "山水，山年。", "山水，山風。"]
    said = Verse(PROMPTS, TEXTS).signature(prompts, texts)  # with the next prompt: 水 中, 犬 年, 同 風
    assert "lines of 2, 2 characters" in said
    assert "of prompt and text together" in said and "two of 6 characters" in said
    assert said.endswith("so known of 0.6667 of the test texts, and of 0.3333 where another's first end is set in")
    assert "of the text, known" in Verse(TITLES, POEMS).signature(TITLES, POEMS)
