"""Music as words, and what is made of words that are no music."""

import pytest

from promptgan.media.music.events import notes, read, transposed, written
from promptgan.media.music.passages import fitted, passages
from promptgan.media.music.piece import Note, Piece
from tests.tasks.music.pieces import drawn, piece


def again(words: list[str], like: Piece) -> list[tuple[Note, ...]]:
    """The notes of the voices that words say."""
    told = read(words, like.bar_ticks, len(like.voices))
    assert (told.bars * like.bar_ticks, told.mended) == (like.ticks, 0)
    return [notes(begins, like.ticks) for begins in told.voices.values()]


def test_bars_positions_and_what_each_voice_begins_there() -> None:
    music = piece([(0, 24, 67), (48, 96, 69)], [(24, 120, 60)], ticks=192)
    assert " ".join(written(music)) == "| v1=67 @24 v1=_ v2=60 @48 v1=69 | @48 v1=_ v2=_"
    assert " ".join(written(music, voices=[2])) == "| @24 v2=60 | @48 v2=_"


def test_a_voice_that_never_sings_has_no_words() -> None:
    assert written(piece([], [(0, 96, 60)])) == ["|", "v2=60"]


@pytest.mark.parametrize("seed", range(5))
def test_words_say_the_same_notes(seed: int) -> None:
    music = drawn(seed)
    assert again(written(music), music) == [voice.notes for voice in music.voices]


def test_a_note_that_begins_again_is_two_notes() -> None:
    music = piece([(0, 24, 67), (24, 24, 67)])
    assert again(written(music), music) == [(Note(0, 24, 67), Note(24, 24, 67))]


@pytest.mark.parametrize(
    ("words", "mended"),
    [
        ("v1=60 | v1=62", 1),  # before the first bar line
        ("| v1=62 @48 @24 v1=64", 1),  # back in the bar: what follows stands where the bar has come to
        ("| v1=62 @96", 1),  # beyond the bar
        ("| v1=62 v1=64", 1),  # a voice begins one thing at a place
        ("| v1=62 v3=40", 1),  # a voice that is not there
        ("| v1=62 hello </s>", 2),
        ("| v1=62 @24 @48", 0),  # two positions without an event between them
    ],
)
def test_what_cannot_stand_where_it_stands_is_left_out_and_counted(words: str, mended: int) -> None:
    told = read(words.split(), 96, 2)
    assert told.mended == mended
    assert told.voices[1][0] == 62


def test_events_alone_are_transposed() -> None:
    assert [transposed(word, 2) for word in ("|", "@24", "v1=60", "v2=_", "4/4")] == [
        "|",
        "@24",
        "v1=62",
        "v2=_",
        "4/4",
    ]


def test_passages_are_whole_bars_without_the_pickup_and_notes_are_cut_at_their_ends() -> None:
    music = piece([(0, 24, 60), (24, 96 * 6, 62), (24 + 96 * 6, 48, 64)], ticks=24 + 96 * 6 + 48, pickup=24)
    cut = dict(passages(music, 4))
    assert [(first, part.ticks, part.pickup) for first, part in cut.items()] == [(1, 384, 0), (5, 192, 0)]
    assert cut[1].voices[0].notes == (Note(0, 384, 62),)
    assert cut[5].voices[0].notes == (Note(0, 192, 62),)


def test_a_last_passage_of_less_than_half_is_left_out() -> None:
    assert [first for first, _ in passages(piece([(0, 96 * 5, 60)], ticks=96 * 5), 4)] == [1]


def test_a_voice_that_never_sings_stays_one_where_a_piece_is_fitted_to_a_model() -> None:
    assert [voice.notes for voice in fitted(piece([], [(0, 95, 60)]), 6).voices] == [(), (Note(0, 96, 60),)]


@pytest.mark.parametrize("under", [(0, 48, 67), (1, 47, 67)])
def test_of_notes_that_begin_together_on_the_grid_the_highest_is_kept(under: tuple[int, int, int]) -> None:
    (voice,) = fitted(piece([(0, 24, 72), under, (24, 24, 74)]), 6).voices
    assert voice.notes == (Note(0, 24, 72), Note(24, 24, 74))
