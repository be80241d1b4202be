"""Whatever bytes come, they are a piece or are refused by name."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from promptgan.media.music.errors import NotAPiece
from promptgan.media.music.midi import read_midi, write_midi
from promptgan.media.music.musicxml import read_musicxml
from promptgan.media.music.notation import write_musicxml
from promptgan.media.music.piece import Note, Piece, Voice

PIECE = Piece("C major", "3/4", 96.0, 24 + 72, (Voice("A", (Note(0, 24, 60), Note(24, 36, 62))),), pickup=24)
FILES = {read_midi: write_midi(PIECE), read_musicxml: write_musicxml(PIECE, "a")}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(FILES, key=str)), st.lists(st.tuples(st.integers(0), st.binary(max_size=3)), max_size=4))
def test_a_damaged_file_is_a_piece_or_refused(reader, damages):
    data = FILES[reader]
    for place, put in damages:
        at = place % len(data)
        data = data[:at] + put + data[at + len(put) :]
    with contextlib.suppress(NotAPiece):
        piece = reader(data, "a")
        assert piece.voices
        assert all(0 <= note.onset < note.end <= piece.ticks for voice in piece.voices for note in voice.notes)
        assert all(0 <= note.pitch < 128 for voice in piece.voices for note in voice.notes)
