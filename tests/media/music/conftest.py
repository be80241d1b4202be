"""Pieces that the tests of this room share."""

from pathlib import Path

import music21
import pytest

from promptgan.media.music.piece import Note, Piece, Voice

CHORALES = Path(music21.__file__).parent / "corpus" / "bach"
"""Zipped MusicXML, of which promptgan reads the same files out of the same package."""


@pytest.fixture(scope="session")
def awkward() -> Piece:
    """A pickup, notes over bar lines and triplets, lengths that no note has, drums, and an end within a bar."""
    lead = Voice("Lead", (Note(0, 30, 66), Note(30, 8, 61), Note(38, 8, 63), Note(46, 8, 65), Note(90, 85, 54)), 73)
    kit = Voice("Kit", (Note(0, 6, 36), Note(0, 6, 42), Note(80, 10, 36)), drums=True)
    return Piece("Gb major", "3/4", 91.5, 24 + 72 * 3 - 11, (lead, kit), pickup=24)
