"""Distributions and copies, by hand and by brute force."""

import math

import numpy as np

from promptgan.media.music.piece import Note, Piece, Voice
from promptgan.tasks.music.measures import copies
from promptgan.tasks.music.measures.distributions import (
    distances,
    distributions,
    pooled,
    progressions,
    top_line,
    variety,
)
from tests.tasks.music.pieces import chords, drawn, piece


def shifted(music: Piece, semitones: int) -> Piece:
    voices = tuple(
        Voice(v.name, tuple(Note(n.onset, n.duration, n.pitch + semitones) for n in v.notes)) for v in music.voices
    )
    return piece(ticks=music.ticks, voices=voices)


def test_what_is_counted() -> None:
    music = piece([(0, 12, 60), (24, 24, 64), (24, 24, 67), (120, 24, 60)], ticks=216, pickup=24)
    found = distributions(music)
    assert found["pitch"] == {60: 2, 64: 1, 67: 1}
    assert found["interval"] == {7: 1, -7: 1}
    assert found["duration"] == {12: 1, 24: 3}
    assert found["onset"] == {72: 1, 0: 3}
    assert top_line(music.voices[0]) == [Note(0, 12, 60), Note(24, 24, 67), Note(120, 24, 60)]


def test_voices_that_are_given_are_left_out() -> None:
    high, low = (Voice(name, (Note(0, 24, pitch),)) for name, pitch in (("soprano", 72), ("bass", 48)))
    music = piece(ticks=24, voices=(high, low))
    assert distributions(music, ["soprano"]) == distributions(piece(ticks=24, voices=(low,)))
    assert distributions(music)["pitch"] == {72: 1, 48: 1}


def test_the_distance_is_nothing_to_itself_and_one_where_nothing_is_shared() -> None:
    high, low = (distributions(piece([(0, 24, pitch), (24, 24, pitch)])) for pitch in (80, 40))
    assert distances([high], pooled([high, high])) == dict.fromkeys(
        ["pitch_distance", "interval_distance", "duration_distance", "onset_distance"], 0
    )
    assert distances([high], low)["pitch_distance"] == 1
    assert distances([high, low], low)["pitch_distance"] == 1 / 2
    assert distances([high], low)["duration_distance"] == 0


def test_variety_is_that_of_pairs_of_harmonies_in_any_key() -> None:
    one = chords((64, 60), (67, 60), (64, 60))
    assert variety([progressions(one)]) == 1
    assert variety([progressions(one), progressions(shifted(one, 3))]) == 1 / 2
    assert variety([[]]) == 0


def brute(line: list[copies.Step], known: list[list[copies.Step]]) -> list[int]:
    runs = {tuple(k[i:j]) for k in known for i in range(len(k)) for j in range(i + 1, len(k) + 1)}
    return [
        max((n for n in range(1, len(line) - i + 1) if tuple(line[i : i + n]) in runs), default=0)
        for i in range(len(line))
    ]


def test_matches_are_the_longest_known_runs() -> None:
    random = np.random.default_rng(1)

    def lines(count: int) -> list[list[copies.Step]]:
        sizes = random.integers(0, 12, count)
        return [[(int(a), int(b)) for a, b in random.integers(0, 2, (size, 2))] for size in sizes]

    ours, known = lines(20), lines(15)
    assert [match.tolist() for match in copies.matches(ours, known)] == [brute(line, known) for line in ours]
    assert max(max(brute(line, known), default=0) for line in ours) > 3
    assert [match.tolist() for match in copies.matches([[], [(0, 0)]], [])] == [[], [0]]
    assert copies.matches([], known) == []


def test_a_copy_is_one_in_every_key_and_a_given_voice_does_not_count() -> None:
    music = drawn(1)
    known = copies.steps(music)
    (share, longest), (other, _) = copies.copied([copies.steps(shifted(music, 5)), copies.steps(drawn(2))], known)
    assert share == 1 and longest == max(len(line) + 1 for line in known)
    assert other < 0.1
    assert copies.steps(music, without=["Soprano"]) == known[1:]


def test_runs_of_eight_notes_are_counted() -> None:
    pitches = [60, 62, 64, 65, 67, 65, 64, 62, 60]
    notes = [(24 * place, 24, pitch) for place, pitch in enumerate(pitches)]
    known = copies.steps(piece(notes, ticks=240))
    changed = [*notes[:8], (192, 24, 61)]
    short = [(start, length, pitch + 1) for start, length, pitch in notes[:7]]
    found = copies.copied([copies.steps(piece(each, ticks=240)) for each in (notes, changed, short, [])], known)
    assert found[:2] == [(1, 9), (1 / 2, 8)]
    assert [longest for _, longest in found[2:]] == [7, 0]
    assert all(math.isnan(share) for share, _ in found[2:])
