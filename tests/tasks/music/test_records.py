"""Rules of music: what goes to quarantine, and which splits share what."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from promptgan.media.music import records as raw
from promptgan.media.music.errors import BrokenMusic
from promptgan.media.music.keys import find_key
from promptgan.media.music.passages import in_c
from promptgan.media.music.piece import Note, Piece, Voice, from_json, to_json
from promptgan.tasks.music.records.parameters import Parameters
from promptgan.tasks.music.records.records import intervals, validate
from tests.tasks.music.conftest import chorale
from tests.tasks.music.pieces import higher

SECTION: dict[str, Any] = {
    "prompt": {"kind": "key"},
    "shares": {"val": 0.2, "test": 0.2, "judge": 0.2},
    "metres": ["4/4"],
    "voices": 4,
    "lowest": 36,
    "highest": 81,
    "grid": 6,
    "max_empty_share": 0.4,
    "near_duplicates": {"shingle_words": 3, "threshold": 0.8},
    "min_rows": 5,
    "max_defect_share": 0.9,
    "max_quarantine_share": 0.9,
}
GOOD = {f"good{seed}": chorale(seed, bars=2) for seed in range(12)}


def table(pieces: dict[str, Piece | str]) -> pd.DataFrame:
    rows = [
        (name, name.partition("-")[0], "", each if isinstance(each, str) else to_json(each), name)
        for name, each in pieces.items()
    ]
    return pd.DataFrame(rows, columns=raw.COLUMNS)


def rules_of(**bad: Piece | str) -> dict[str, str]:
    """The rule that took each record."""
    quarantine = validate(table({**GOOD, **bad}), Parameters(**SECTION)).quarantine
    return dict(zip(quarantine["id"], quarantine["rule"], strict=True))


def with_notes(piece: Piece, *notes: Note) -> Piece:
    """The piece with these notes alone in its first voice."""
    return replace(piece, voices=(Voice("Soprano", notes), *piece.voices[1:]))


def test_each_bad_passage_is_taken_by_the_rule_that_it_breaks() -> None:
    music = chorale(99, bars=2)
    silent = tuple(Voice(voice.name, voice.notes[:1]) for voice in music.voices)
    bad: dict[str, Piece | str] = {
        "broken": "broken.mid: cannot be read (it is a poem)",
        "waltz": replace(music, metre="3/4"),
        "trio": replace(music, voices=music.voices[:3]),
        "organ": with_notes(music, Note(0, 24, 60), Note(12, 24, 64)),
        "atonal": replace(music, key=""),
        "piccolo": with_notes(music, Note(0, 24, 96)),
        "swung": with_notes(music, Note(0, 16, 60), Note(16, 8, 62)),
        "rests": replace(music, voices=silent),
    }
    assert rules_of(**bad) == {
        "broken": "broken-file",
        "waltz": "other-metre",
        "trio": "wrong-voices",
        "organ": "chords-in-a-voice",
        "atonal": "no-key",
        "piccolo": "out-of-range",
        "swung": "off-grid",
        "rests": "empty-bars",
    }


def test_the_reason_says_why_a_file_is_no_piece() -> None:
    found = validate(table({**GOOD, "broken": "broken.mid: cannot be read (it is a poem)"}), Parameters(**SECTION))
    assert "it is a poem" in found.quarantine["reason"].iloc[0]


def test_a_transposed_copy_in_another_split_goes_and_one_in_its_own_piece_too() -> None:
    found = validate(table(dict(GOOD)), Parameters(**SECTION))
    test = found.splits["test"]["id"].iloc[0]
    train = found.splits["train"]["group"].iloc[0]
    copies = {f"{train}-copy": higher(GOOD[test], -3), f"{test}-again": higher(GOOD[test], 2)}
    assert rules_of(**copies) == {f"{train}-copy": "duplicate-across-splits", f"{test}-again": "exact-duplicate"}


def test_every_kept_record_has_its_prompt() -> None:
    found = validate(table(dict(GOOD)), Parameters(**{**SECTION, "prompt": {"kind": "opening", "bars": 1}}))
    for frame in found.splits.values():
        assert all(prompt.startswith("continue C major 4/4 | ") for prompt in frame["prompt"])


def test_intervals_know_no_key() -> None:
    music = GOOD["good1"]
    assert intervals(higher(music, 5)) == intervals(music)
    assert intervals(GOOD["good2"]) != intervals(music)


def test_raw_records_are_passages_in_the_key_of_the_whole_piece_without_drums() -> None:
    music = chorale(1, bars=5)
    drums = Voice("Kit", (Note(0, 6, 36),), drums=True)
    pieces = {
        b"good": replace(music, key="F# minor", voices=(*music.voices, drums)),
        b"short": replace(music, ticks=90),
    }

    def read(content: bytes, name: str) -> Piece:
        if content not in pieces:
            raise BrokenMusic(name, "noise")
        return pieces[content]

    files = [("one", b"good"), ("two", b"bad"), ("three", b"short")]
    found = raw.as_records(files, read, raw.Cutting(bars=2, key="own"))
    assert found["id"].tolist() == ["one-1", "one-3", "one-5", "two", "three"]
    assert found["group"].tolist() == ["one", "one", "one", "two", "three"]
    assert {from_json(line).key for line in found["music"][:3]} == {find_key(music)}
    assert {len(from_json(line).voices) for line in found["music"][:3]} == {4}
    assert found["music"].tolist()[3:] == ["two: cannot be read (noise)", "three: shorter than half of data.bars, 2"]


@pytest.mark.parametrize(
    ("key", "tonic", "down"), [("D major", "C major", 2), ("Bb minor", "C minor", -2), ("", "", 0)]
)
def test_pieces_can_all_be_in_c(key: str, tonic: str, down: int) -> None:
    music = replace(chorale(1, bars=2), key=key)
    moved = in_c(music)
    assert moved.key == tonic
    for before, after in zip(music.voices, moved.voices, strict=True):
        assert [note.pitch - down for note in before.notes] == [note.pitch for note in after.notes]


def test_too_little_music_stops_the_pipeline() -> None:
    from promptgan.quality.examination import TableRuleBroken

    with pytest.raises(TableRuleBroken, match="too-few-rows"):
        validate(table(dict(GOOD)), Parameters(**{**SECTION, "min_rows": 500}))
