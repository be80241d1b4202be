"""Pieces as sound: by fluidsynth where it is installed, else by a small additive synthesiser."""

import io
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from promptgan.core.errors import PromptganError
from promptgan.media.music.midi import write_midi
from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece

RATE = 22_050
"""Samples a second."""
HARMONICS = 8
ATTACK, RELEASE = 0.02, 0.12
"""Seconds in which a note comes, and goes after its end."""
PEAK = 0.8
DRUM = 0.15
"""Seconds of a drum."""
SOUNDFONTS = ("sf3/default-GM.sf3", "sf2/default-GM.sf2", "sf2/FluidR3_GM.sf2", "sf2/TimGM6mb.sf2")
"""Below /usr/share/sounds, where Debian's packages put them."""
FORMATS = (".wav", ".ogg")

Samples = NDArray[np.float64]


class UnknownSound(PromptganError):
    """A file of sound has another ending than those that are written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: sound is written as {' or '.join(FORMATS)}", "give the name one of these endings")


class NoEncoder(PromptganError):
    """OGG is asked for, and what writes it is not installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: OGG needs the package soundfile", "`make tools` installs it; or ask for .wav")


class FluidsynthFailed(PromptganError):
    """fluidsynth is installed, and does not play."""

    def __init__(self, said: str) -> None:
        super().__init__(f"fluidsynth does not play: {said.strip()}", "repair it, or remove it: sound is made without")


def write_sound(piece: Piece, path: Path) -> None:
    """Write a piece as sound, in the format that the ending of ``path`` names.

    Raises:
        UnknownSound: it names none of `FORMATS`.
        NoEncoder: OGG, without soundfile. Its bytes differ from run to run, for a number that it gives each stream.
        FluidsynthFailed: it is installed, and ends with an error.
    """
    if path.suffix not in FORMATS:
        raise UnknownSound(path)
    font = next((f for name in SOUNDFONTS if (f := Path("/usr/share/sounds") / name).is_file()), None)
    data = fluidsynth(piece, font) if font and shutil.which("fluidsynth") else wav(synthesised(piece))
    if path.suffix == ".ogg":
        try:
            import soundfile
        except ImportError:
            raise NoEncoder(path) from None
        samples, rate = soundfile.read(io.BytesIO(data))
        soundfile.write(path, samples, rate, format="OGG", subtype="VORBIS")
    else:
        path.write_bytes(data)


def synthesised(piece: Piece) -> Samples:
    """The piece as samples (S,) in -1 to 1, `RATE` a second; the loudest is `PEAK`, and silence stays silent.

    A note is a sum of harmonics whose amplitudes fall as their number to the power of 1.5, which sounds like a soft
    organ, so that voices are heard apart; a drum is a burst of noise, shorter for higher instruments.
    """
    second = piece.tempo * TICKS_PER_QUARTER / 60
    sound = np.zeros(int((piece.ticks / second + RELEASE + DRUM) * RATE) + 1)
    for voice in piece.voices:
        for note in voice.notes:
            heard = _drum(note.pitch) if voice.drums else _tone(note, second)
            at = int(note.onset / second * RATE)
            sound[at : at + len(heard)] += heard[: len(sound) - at]
    return _loud(sound)


def wav(samples: Samples, rate: int = RATE) -> bytes:
    """A WAV file of 16 bits.

    Args:
        samples: (S,), or (S, C) of C channels, in -1 to 1.
        rate: samples a second.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(samples[:1].size)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def fluidsynth(piece: Piece, soundfont: Path) -> bytes:
    """What fluidsynth plays with a sound font, as a WAV file of two channels at 44,100 Hz, as loud as `synthesised`.

    Raises:
        FluidsynthFailed: it ends with an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        midi, played = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        midi.write_bytes(write_midi(piece))
        options = ["-ni", "-q", "-g", "1", "-r", "44100", "-T", "wav", "-F", str(played)]
        command = ["fluidsynth", *options, str(soundfont), str(midi)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or "error" in done.stderr:  # without a sound font it plays silence and ends well
            raise FluidsynthFailed(done.stderr or f"it ended with {done.returncode}")
        with wave.open(str(played)) as reader:
            samples = np.frombuffer(reader.readframes(reader.getnframes()), "<i2") / 32768
            return wav(_loud(samples.reshape(-1, reader.getnchannels())), reader.getframerate())


def _loud(sound: Samples) -> Samples:
    loudest = np.abs(sound).max(initial=0.0)
    return sound * (PEAK / loudest) if loudest else sound


def _tone(note: Note, second: float) -> Samples:
    held = note.duration / second
    time = np.arange(int((held + RELEASE) * RATE)) / RATE
    frequency = 440.0 * 2 ** ((note.pitch - 69) / 12)
    heard = [k for k in range(1, HARMONICS + 1) if k * frequency < RATE / 2]
    tone = sum((np.sin(2 * np.pi * k * frequency * time) / k**1.5 for k in heard), start=np.zeros_like(time))
    envelope: Samples = np.interp(time, [0, min(ATTACK, held / 2), held, held + RELEASE], [0, 1, 0.7, 0])
    return tone * envelope


def _drum(pitch: int) -> Samples:
    time = np.arange(int(DRUM * RATE)) / RATE
    noise: Samples = np.random.default_rng(pitch).uniform(-1, 1, len(time)) * np.exp(-time * pitch)
    return noise
