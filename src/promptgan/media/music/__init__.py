"""Pieces of music, and the formats that they come and go in: MIDI, MusicXML, piano rolls as pictures, and sound."""
