"""Key signatures: a key's name and how many fifths its signature lies above C."""

_STEPS = "FCGDAEB"
_MAJOR = _STEPS.index("C")
_MINOR = _STEPS.index("A")
SHARPEST = 7
"""Sharps of the sharpest signature, and flats of the flattest."""


def key_of(fifths: int, mode: str) -> str:
    """Such as 'F# minor', of 3 fifths and minor.

    Args:
        fifths: sharps of the signature; below 0, flats; -7 to 7.
        mode: 'major' or 'minor'.
    """
    place = fifths + (_MINOR if mode == "minor" else _MAJOR)
    return f"{spelled(place)} {mode}"


def fifths_of(key: str) -> int:
    """What `key_of` made the name of; keys without a signature of at most seven come from the other side.

    D# major, of nine sharps, is written as Eb major: -3.
    """
    tonic, mode = key.split()
    place = _STEPS.index(tonic[0]) + len(_STEPS) * (tonic.count("#") - tonic[1:].count("b"))
    fifths = place - (_MINOR if mode == "minor" else _MAJOR)
    return fifths - 12 if fifths > SHARPEST else fifths + 12 if fifths < -SHARPEST else fifths


def spelled(place: int) -> str:
    """The note at a place of the line of fifths, where F is 0, C 1 and Bb -1."""
    times, step = divmod(place, len(_STEPS))
    return _STEPS[step] + "#" * times + "b" * -times
