"""Faults of voice leading, against music21's rules, and harmonies."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from music21 import note
from music21.voiceLeading import VoiceLeadingQuartet

from promptgan.tasks.music.measures.voice_leading import (
    FIFTH,
    OCTAVE,
    crosses,
    faults,
    harmonies,
    parallels,
    sonorities,
)
from tests.tasks.music.pieces import chords, drawn, piece


def quartets(before: tuple[int, ...], after: tuple[int, ...]) -> list[VoiceLeadingQuartet]:
    pairs = combinations(range(len(before)), 2)
    return [VoiceLeadingQuartet(*(note.Note(p) for p in (before[i], after[i], before[j], after[j]))) for i, j in pairs]


def test_parallels_and_crossings_are_those_of_music21() -> None:
    random = np.random.default_rng(1)
    told = set()
    for _ in range(100):
        before, after = (tuple(int(p) for p in random.choice([48, 50, 55, 57, 60, 62, 67, 69], 4)) for _ in range(2))
        references = quartets(before, after)
        similar = [q for q in references if q.similarMotion() or q.parallelMotion()]
        fifths = any(q.vIntervals[0].simpleName == q.vIntervals[1].simpleName == "P5" for q in similar)
        octaves = any(all(v.simpleName in ("P1", "P8") for v in q.vIntervals) for q in similar)
        assert parallels(before, after, FIFTH) == fifths
        assert parallels(before, after, OCTAVE) == octaves
        told.add((fifths, octaves))
        assert crosses(before) == any(high < low for high, low in combinations(before, 2))
    assert len(told) == 4  # each with and without the other


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((67, 60), (69, 62), True),
        ((67, 60), (69, 50), False),  # contrary: the same interval by an octave more
        ((79, 60), (69, 50), True),  # twelfths, and fifths after them
        ((67, 60), (67, 60), False),
        ((67, 60), (67, 48), False),  # only one moves
        ((67, 60), (68, 62), False),  # a diminished fifth is none
        ((60, 67), (62, 69), True),  # with crossed voices too
        ((67, None), (69, 62), False),
    ],
)
def test_parallel_fifths(before: tuple[int | None, ...], after: tuple[int | None, ...], expected: bool) -> None:
    assert parallels(before, after, FIFTH) is expected


def test_faults_are_shares_of_progressions() -> None:
    music = chords((72, 67, 64, 48), (74, 69, 65, 50), (72, 67, 64, 48), (67, 72, 64, 48), (67, 72, 64, 48))
    # Up and down in parallel octaves and twelfths, then the upper voices cross; the last chord is no progression.
    assert faults(music) == (0, 2 / 3, 2 / 3, 1 / 4)
    assert faults(chords((67, 60), (69, 62), (69, 64))).parallel_fifths == 1 / 2
    assert faults(chords((67, 60), (69, 62), (69, 64))).clean == 1 / 2


def test_a_suspension_moves_no_two_voices_at_once() -> None:
    music = piece([(0, 36, 67), (36, 60, 69)], [(0, 24, 60), (24, 72, 62)])
    assert sonorities(music) == [(67, 60), (67, 62), (69, 62)]
    assert faults(music).clean == 1


def test_rests_are_no_sonority_and_repeated_notes_no_progression() -> None:
    music = piece([(0, 24, 67), (48, 24, 67), (72, 24, 67)], [(0, 24, 60), (48, 48, 60)])
    assert sonorities(music) == [(67, 60)]
    assert all(map(math.isnan, faults(music)))


def test_only_voices_of_single_notes_are_led() -> None:
    assert sonorities(piece([(0, 96, 60), (0, 96, 64)], [(0, 96, 48)])) is None
    assert sonorities(piece([(0, 96, 60)])) is None
    assert math.isnan(faults(piece([(0, 96, 60)])).crossings)


def test_harmonies_are_those_of_any_key_and_voicing() -> None:
    assert list(harmonies(chords((76, 67, 60), (77, 69, 60), (76, 67, 60)))) == [(0, 4, 7), (0, 5, 9), (0, 4, 7)]
    spread = piece([(0, 48, 76), (0, 48, 67), (48, 48, 77)], [(0, 96, 60)])
    assert list(harmonies(spread)) == [(0, 4, 7), (0, 5)]
    assert list(harmonies(piece([]))) == []


@pytest.mark.parametrize("seed", range(3))
def test_what_sounds_at_each_tick_is_what_the_sonorities_say(seed: int) -> None:
    music = drawn(seed)
    ticks = [
        tuple(next((n.pitch for n in v.notes if n.onset <= tick < n.end), None) for v in music.voices)
        for tick in range(music.ticks)
    ]
    heard = [tick for tick in ticks if any(pitch is not None for pitch in tick)]
    assert sonorities(music) == [heard[0], *(after for before, after in pairwise(heard) if after != before)]
