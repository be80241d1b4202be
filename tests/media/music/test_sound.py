"""Sound has the pitches, the times and the length of its piece; soundfile reads what is written."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from promptgan.media.music import sound
from promptgan.media.music.piece import Note, Piece, Voice

SECOND = 48  # ticks at 120 quarters a minute


def piece(*notes: Note, drums: bool = False) -> Piece:
    return Piece("", "4/4", 120.0, 4 * SECOND, (Voice("A", notes, drums=drums),))


def loudest_frequency(samples: NDArray[np.float64], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.fixture(params=["synthesiser", "fluidsynth"])
def player(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way in which sound is made."""
    if request.param == "synthesiser":
        monkeypatch.setattr(sound, "SOUNDFONTS", ())
    elif not shutil.which("fluidsynth"):
        pytest.skip("needs the Debian packages fluidsynth and timgm6mb-soundfont")
    return request.param


@pytest.mark.parametrize("name", ["a.wav", "a.ogg"])
def test_notes_sound_when_and_as_high_as_they_stand(player: str, name: str, tmp_path: Path):
    sound.write_sound(piece(Note(SECOND, SECOND, 69), Note(3 * SECOND, SECOND // 2, 57)), tmp_path / name)
    samples, rate = soundfile.read(tmp_path / name)
    mono = samples.mean(axis=1) if samples.ndim > 1 else samples
    loudest = np.abs(mono).max()
    assert np.abs(samples).max() == pytest.approx(sound.PEAK, abs=0.1)  # Vorbis overshoots
    first, second, third, fourth = (mono[i * rate : (i + 1) * rate] for i in range(4))
    assert np.abs(first[: int(0.85 * rate)]).max() < 0.01 * loudest
    assert loudest_frequency(second, rate) == pytest.approx(440, rel=0.01)
    assert np.abs(third[int(0.5 * rate) : int(0.85 * rate)]).max() < 0.1 * loudest
    assert loudest_frequency(fourth, rate) in (pytest.approx(220, rel=0.01), pytest.approx(440, rel=0.01)), (
        "A, or its octave"
    )


def test_the_synthesiser_gives_equal_pieces_equal_bytes_and_is_never_too_loud():
    chord = piece(*(Note(0, SECOND, pitch) for pitch in range(40, 90, 3)))
    samples = sound.synthesised(chord)
    assert np.abs(samples).max() == pytest.approx(sound.PEAK)
    assert sound.wav(samples) == sound.wav(sound.synthesised(chord))
    assert len(samples) / sound.RATE == pytest.approx(chord.seconds + sound.RELEASE + sound.DRUM, abs=0.001)


def test_drums_are_heard_and_silence_is_silent():
    assert np.abs(sound.synthesised(piece(Note(SECOND, 6, 36), drums=True))[sound.RATE : sound.RATE + 100]).max() > 0.1
    assert not sound.synthesised(piece()).any()


def test_a_sound_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sound, "SOUNDFONTS", ())
    with pytest.raises(sound.UnknownSound, match=r"\.wav or \.ogg"):
        sound.write_sound(piece(), tmp_path / "a.mp3")
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(sound.NoEncoder, match="make tools"):
        sound.write_sound(piece(), tmp_path / "a.ogg")


@pytest.mark.skipif(not shutil.which("fluidsynth"), reason="needs the Debian package fluidsynth")
def test_a_broken_soundfont_is_told(tmp_path: Path):
    (tmp_path / "a.sf2").write_bytes(b"no font")
    with pytest.raises(sound.FluidsynthFailed):
        sound.fluidsynth(piece(Note(0, SECOND, 60)), tmp_path / "a.sf2")
