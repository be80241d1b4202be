"""What is asked of music, and what answers it."""

from typing import get_args

import pytest

from promptgan.media.music import chords, prompts
from promptgan.media.music.prompts import Kind, UnusablePrompt, answer, asked, assembled, parse
from tests.tasks.music import pieces
from tests.tasks.music.pieces import drawn, higher, piece

CADENCE = pieces.chords((67, 64, 60, 48), (69, 65, 60, 53), (71, 65, 62, 43), (72, 64, 60, 48))


@pytest.mark.parametrize(
    ("kind", "prompt", "sounds"),
    [
        ("key", "C major 4/4", "| v1=67 v2=64 @24 v1=65 @48 v2=60"),
        ("melody", "harmonise C major 4/4 | v1=67 @24 v1=65", "| v1=67 v2=64 @24 v1=65 @48 v2=60"),
        ("rhythm", "fill C major 4/4 | x @24 x @48 x", "| v1=67 v2=64 @24 v1=65 @48 v2=60"),
    ],
)
def test_a_prompt_holds_what_is_given_and_the_answer_what_sounds(kind: Kind, prompt: str, sounds: str) -> None:
    music = piece([(0, 24, 67), (24, 72, 65)], [(0, 48, 64), (48, 48, 60)])
    found = asked(music, kind)
    assert (str(found), " ".join(answer(music, found))) == (prompt, sounds)


def test_an_opening_goes_on_where_it_ends_and_does_not_begin_held_notes_again() -> None:
    music = piece([(0, 120, 67), (120, 72, 65)], ticks=192)
    found = asked(music, "opening", 1)
    assert str(found) == "continue C major 4/4 | v1=67"
    assert " ".join(answer(music, found)) == "| @24 v1=65"


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("seed", range(3))
def test_prompt_and_answer_together_are_the_piece(kind: Kind, seed: int) -> None:
    music = drawn(seed)
    prompt = asked(music, kind, 2)
    made, mended = assembled(prompt, answer(music, prompt), 4)
    assert mended == 0
    assert made.voices == music.voices
    assert (made.key, made.metre, made.ticks) == (music.key, music.metre, music.ticks)


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("semitones", [-5, 3])
def test_a_transposed_prompt_is_the_prompt_of_the_transposed_piece(kind: Kind, semitones: int) -> None:
    moved = higher(CADENCE, semitones)
    found = asked(CADENCE, kind)
    assert found.transposed(semitones) == asked(moved, kind)
    assert prompts.transposed(answer(CADENCE, found), semitones) == answer(moved, asked(moved, kind))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_prompt_is_read_as_it_is_written_and_its_words_are_in_the_vocabulary(kind: Kind) -> None:
    prompt = asked(CADENCE, kind)
    assert parse(str(prompt)) == prompt
    known = prompts.vocabulary(kind, 4, 36, 81, ["4/4", "3/4"], 6)
    assert {*str(prompt).split(), *answer(CADENCE, prompt)} <= set(known)
    assert len(known) == len(set(known))


def test_a_melody_stays_as_it_was_given_whatever_the_answer_says_of_it() -> None:
    prompt = parse("harmonise C major 4/4 | v1=67 | v1=65")
    made, mended = assembled(prompt, ["|", "v1=67", "v2=60", "|", "v1=80", "v2=62", "|", "v2=64"], 2)
    assert mended == 2  # another event of the melody, and one beyond its end
    assert [[note.pitch for note in voice.notes] for voice in made.voices] == [[67, 65], [60, 62]]
    assert made.ticks == 192


def test_nothing_is_an_empty_bar() -> None:
    made, _ = assembled(parse("D minor 3/4"), [], 4)
    assert (made.ticks, made.key, [voice.name for voice in made.voices]) == (72, "D minor", list(prompts.CHOIR))


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("", "names no key and metre"),
        ("C major", "names no key and metre"),
        ("H major 4/4", "names no key"),
        ("C major 4/0", "names no metre"),
        ("C major four", "names no metre"),
        ("C major 4/4 | v1=60", "says too much"),
        ("continue C major 4/4", "gives no bar"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(prompt: str, problem: str) -> None:
    with pytest.raises(UnusablePrompt, match=problem):
        parse(prompt)


def test_other_spellings_of_a_key_are_the_same_key() -> None:
    assert parse("C# major 4/4").key == "Db major"


def test_chords_of_a_cadence() -> None:
    assert chords.found(CADENCE) == {0: "C:maj", 24: "F:maj", 48: "G:7", 72: "C:maj"}


def test_a_chord_that_goes_on_and_a_beat_of_silence_have_no_name() -> None:
    assert chords.found(piece([(0, 48, 67)], [(0, 48, 64)], [(0, 48, 60)])) == {0: "C:maj"}


def test_a_triad_whose_tones_fit_two_names_is_called_after_its_bass() -> None:
    one, other = (chords.found(pieces.chords(each))[0] for each in ((72, 69, 64, 57), (69, 67, 64, 60)))
    assert (one, other) == ("A:min", "A:min7")
