"""Piano rolls as pictures: time to the right, pitch upwards, a colour for each voice."""

from xml.sax.saxutils import escape, quoteattr

from promptgan.media.music.piece import Piece

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of voices from high to low, again from the first where there are more: those of Okabe and Ito, 2008, which people
with any colour vision tell apart."""
DRUMS = "#808080"
ROW = 5
"""Height of a semitone; a tick is one wide."""
LEFT, BELOW = 34, 16
LEAST, NARROWEST = 12, 384
"""Semitones and ticks, at least: a monotone is a line and not a bar, and a bar alone is no wider than in a piece."""


def roll(piece: Piece, title: str, given: Piece | None = None) -> str:
    """The picture as one SVG element, the same for equal pieces; lines and words take the colour of the text around it.

    Onset t stands at x = `LEFT` + t. Lines are bars, and the Cs, which are named.

    Args:
        piece: what is drawn.
        title: what the picture is called where it is not seen.
        given: a prompt: notes that stand in it too, in the voice of the same name, are drawn as outlines.
    """
    pitches = [note.pitch for voice in piece.voices for note in voice.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    low -= max(0, LEAST - (high - low)) // 2
    high = max(high, low + LEAST)
    width, height = LEFT + max(piece.ticks, NARROWEST) + 1, (high - low + 1) * ROW
    asked = {(v.name, note) for v in given.voices for note in v.notes} if given else set()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + BELOW}" data-left="{LEFT}"'
        f' role="img" aria-label={quoteattr(title)} font-family="system-ui, sans-serif" font-size="10">',
        '<g stroke="currentColor" stroke-opacity=".25">',
    ]
    bars = range(piece.pickup, piece.ticks + 1, piece.bar_ticks)
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    lines += [f'<path d="M{LEFT + tick} 0V{height}"/>' for tick in bars]
    lines += [f'<path d="M{LEFT} {(high - c + 1) * ROW}H{width}"/>' for c in octaves]
    lines.append('</g>\n<g fill="currentColor">')
    lines += [f'<text x="2" y="{(high - c + 1) * ROW}">C{c // 12 - 1}</text>' for c in octaves]
    lines.append("</g>")
    named = LEFT
    for place, voice in enumerate(piece.voices):
        colour = DRUMS if voice.drums else COLOURS[place % len(COLOURS)]
        lines.append(f'<g fill="{colour}" stroke="{colour}">')
        for note in voice.notes:
            pale = ' fill-opacity=".15"' if (voice.name, note) in asked else ""
            x, y = LEFT + note.onset, (high - note.pitch) * ROW
            lines.append(f'<rect x="{x}" y="{y}" width="{note.duration - 0.5:g}" height="{ROW}"{pale}/>')
        lines.append(f'<text x="{named}" y="{height + BELOW - 4}" stroke="none">{escape(voice.name)}</text>\n</g>')
        named += 8 * len(voice.name) + 12
    return "\n".join([*lines, "</svg>"]) + "\n"
