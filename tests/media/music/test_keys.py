"""Keys and finding them, against music21's own analysis."""

import numpy as np
import pytest
from music21 import note, stream
from music21.analysis.discrete import KrumhanslKessler

from promptgan.media.music.keys import KEYS, UnknownKey, find_key, parse, scale, transposed
from promptgan.media.music.piece import Note, Piece, Voice


def melody(*pitches: int, duration: int = 24) -> Piece:
    notes = tuple(Note(duration * place, duration, pitch) for place, pitch in enumerate(pitches))
    return Piece("C major", "4/4", 100.0, duration * len(pitches), (Voice("Voice", notes),))


@pytest.mark.parametrize("seed", range(20))
def test_the_key_found_is_that_of_music21(seed: int) -> None:
    random = np.random.default_rng(seed)
    pitches = [int(pitch) for pitch in random.choice(sorted(scale(str(random.choice(KEYS)))), 12) + 60]
    score = stream.Stream([note.Note(pitch, quarterLength=1) for pitch in pitches])
    reference = KrumhanslKessler(score).getSolution(score)
    found = find_key(melody(*pitches))
    assert found is not None
    assert parse(found) == (reference.tonic.pitchClass, reference.mode)


def test_a_scale_with_its_chord_is_found_in_every_key() -> None:
    major, minor = (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0), (0, 2, 3, 5, 7, 8, 10, 12, 7, 3, 0)
    for key in KEYS:
        tonic, mode = parse(key)
        assert find_key(melody(*(60 + tonic + step for step in (major if mode == "major" else minor)))) == key


def test_of_nothing_and_of_all_pitches_alike_there_is_no_key() -> None:
    assert find_key() is None
    assert find_key(melody()) is None
    assert find_key(melody(*range(60, 72))) is None


def test_drums_have_no_key() -> None:
    kit = Piece("C major", "4/4", 100.0, 24, (Voice("Kit", (Note(0, 24, 36),), drums=True),))
    assert find_key(kit) is None


def test_names_scales_and_transposition() -> None:
    assert (
        parse("Bb major") == (10, "major") and parse("C## minor") == (2, "minor") and parse("Cb major") == (11, "major")
    )
    assert scale("A minor") == scale("C major") == {0, 2, 4, 5, 7, 9, 11}
    assert transposed("B minor", 1) == "C minor" and transposed("C major", -1) == "B major"
    with pytest.raises(UnknownKey, match="H major"):
        parse("H major")
