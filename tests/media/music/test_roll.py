"""A roll is a picture in which every note of a piece stands where it sounds."""

from xml.etree import ElementTree

from promptgan.media.music.piece import Note, Piece, Voice
from promptgan.media.music.roll import LEFT, ROW, roll

SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: str) -> list[tuple[float, float]]:
    return [
        (float(box.get("x", "")), float(box.get("y", ""))) for box in ElementTree.fromstring(picture).iter(SVG + "rect")
    ]


def test_every_note_stands_where_it_sounds(awkward: Piece):
    boxes = drawn(roll(awkward, "awkward"))
    notes = [note for voice in awkward.voices for note in voice.notes]
    assert [x - LEFT for x, _ in boxes] == [note.onset for note in notes]
    heights = {y / ROW + note.pitch for (_, y), note in zip(boxes, notes, strict=True)}
    assert len(heights) == 1, "a semitone up is a row up"


def test_the_prompt_is_drawn_as_outlines_and_the_answer_is_not():
    given = Voice("Soprano", (Note(0, 24, 72),))
    piece = Piece("C major", "4/4", 96.0, 96, (given, Voice("Bass", (Note(0, 24, 48),))))
    asked = Piece("C major", "4/4", 96.0, 96, (given,))
    picture = ElementTree.fromstring(roll(piece, "harmonised", asked))
    assert [box.get("fill-opacity") for box in picture.iter(SVG + "rect")] == [".15", None]


def test_a_title_and_a_name_are_text_and_nothing_else():
    piece = Piece("", "4/4", 96.0, 96, (Voice("<Kit> & co", (Note(0, 6, 36),), drums=True),))
    picture = ElementTree.fromstring(roll(piece, 'a "<title>"'))
    assert picture.get("aria-label") == 'a "<title>"'
    assert "<Kit> & co" in [text.text for text in picture.iter(SVG + "text")]


def test_silence_is_an_empty_picture():
    assert drawn(roll(Piece("", "4/4", 96.0, 96, ()), "silence")) == []
