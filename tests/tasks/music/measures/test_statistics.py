"""Statistics of pieces, against MusPy's where it defines the same, and by hand."""

import math

import muspy
import numpy as np
import pytest

from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice
from promptgan.tasks.music.measures import statistics
from promptgan.tasks.music.measures.statistics import bar_lines, tonal_centroid
from tests.tasks.music.pieces import drawn, piece


def as_muspy(music: Piece) -> muspy.Music:
    tracks = [
        muspy.Track(notes=[muspy.Note(n.onset, n.pitch, n.duration) for n in v.notes], is_drum=v.drums)
        for v in music.voices
    ]
    return muspy.Music(resolution=TICKS_PER_QUARTER, tracks=tracks)


@pytest.mark.parametrize("seed", range(5))
def test_what_muspy_measures_too_is_equal(seed: int) -> None:
    ours, theirs = drawn(seed), as_muspy(drawn(seed))
    assert statistics.polyphony(ours) == pytest.approx(muspy.polyphony(theirs))
    assert statistics.in_scale(ours, "E minor") == pytest.approx(muspy.pitch_in_scale_rate(theirs, 4, "minor"))
    assert statistics.in_scale(ours) == pytest.approx(muspy.scale_consistency(theirs))
    whole = Piece(**{**_fields(ours), "ticks": theirs.get_end_time()})  # MusPy's bars begin where ours do
    assert statistics.groove_consistency(whole) == pytest.approx(muspy.groove_consistency(theirs, 96), abs=0.02)


def test_empty_bars_are_those_in_which_nothing_sounds() -> None:
    music = piece([(0, 97, 60)], [(300, 12, 50)], ticks=480)
    assert statistics.empty_bars(music) == 2 / 5  # the first note hangs over into the second bar
    assert statistics.empty_bars(piece([], ticks=96)) == 1
    assert muspy.empty_measure_rate(as_muspy(piece([(0, 97, 60)], [(300, 12, 50)])), 96) == 1 / 4  # no rest at the end


def test_a_pickup_is_a_bar_of_its_own() -> None:
    music = piece([(0, 24, 60), (24, 24, 62)], ticks=120, pickup=24)
    assert bar_lines(music) == [0, 24, 120]
    assert statistics.used_pitch_classes(music) == 1
    assert math.isnan(statistics.groove_consistency(music))


def test_used_pitch_classes_and_qualified_notes() -> None:
    music = piece([(0, 24, 60), (24, 2, 72), (26, 22, 64)], [(200, 3, 50)], ticks=288)
    assert statistics.used_pitch_classes(music) == 1.5  # C and E, then nothing, then D
    assert statistics.qualified_notes(music) == 3 / 4


def test_groove_by_hand() -> None:
    music = piece([(0, 24, 60), (48, 24, 60), (96, 24, 62), (120, 24, 62)], ticks=192)
    assert statistics.groove_consistency(music) == pytest.approx(1 - 2 / 96)


def test_bars_repeat_by_their_notes() -> None:
    bar = [(0, 48, 60), (48, 48, 62)]
    shifted = [(start + 96 * k, length, pitch) for k in (0, 1, 3) for start, length, pitch in bar]
    assert statistics.repeated_bars(piece(shifted, ticks=384)) == 1  # the empty one is none
    assert statistics.repeated_bars(piece([*shifted, (192, 96, 65)], ticks=384)) == pytest.approx(2 / 3)
    assert math.isnan(statistics.repeated_bars(piece(bar)))


def test_tonal_centroids_of_equal_chords_meet_and_fifths_are_nearer_than_tritones() -> None:
    assert statistics.tonal_distance(piece([(0, 96, 72)], [(0, 96, 60)])) == pytest.approx(0)
    fifth, tritone = (statistics.tonal_distance(piece([(0, 96, 60 + n)], [(0, 96, 60)])) for n in (7, 6))
    # One step on the circle of fifths is 210 degrees of 7/6 pi; minor thirds 3/2 pi, major thirds 2/3 pi.
    by_hand = [2 * r * abs(np.sin(7 * angle * np.pi / 2)) for r, angle in ((1, 7 / 6), (1, 3 / 2), (0.5, 2 / 3))]
    assert fifth == pytest.approx(np.linalg.norm(by_hand))
    assert fifth < tritone
    assert tonal_centroid(np.ones(12)) == pytest.approx(np.zeros(6), abs=1e-12)
    assert math.isnan(statistics.tonal_distance(piece([(0, 96, 60)], [])))


def test_of_silence_there_are_numbers_only_where_they_mean_something() -> None:
    found = statistics.statistics(piece([], []))
    assert {name for name, value in found.items() if not math.isnan(value)} == {"empty_bars"}


def test_drums_count_for_rhythm_alone() -> None:
    kit = Voice("Kit", (Note(0, 2, 36), Note(96, 24, 38)), drums=True)
    found = statistics.statistics(piece(ticks=192, voices=(kit,)))
    assert found["empty_bars"] == 0 and found["qualified_notes"] == 0.5
    assert all(math.isnan(found[name]) for name in ("polyphony", "in_scale", "tonal_distance"))


def _fields(music: Piece) -> dict[str, object]:
    return {name: getattr(music, name) for name in Piece.__dataclass_fields__}
