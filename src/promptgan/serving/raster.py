"""The pictures that `promptgan.media.music.roll` draws, as pixels: lines, rectangles and words of SVG, on white."""

import io
import re
from xml.etree import ElementTree

from PIL import Image, ImageColor, ImageDraw, ImageFont

SCALE = 2
"""Pixels for each unit of the picture."""
INK, PAPER = "black", "white"
"""The first is `currentColor`."""
_NUMBER = re.compile(r"[\d.]+")


def png(svg: str) -> bytes:
    """The picture as a PNG file, `SCALE` times its size."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(each) * SCALE for each in root.get("viewBox", "").split())
    image = Image.new("RGB", (round(width), round(height)), PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(float(root.get("font-size", 10)) * SCALE)
    for group in root:
        for element in group:
            said = {**group.attrib, **element.attrib}
            match element.tag.rpartition("}")[2]:
                case "path":  # from a point straight down (V) or to the right (H)
                    x, y, end = (float(each) * SCALE for each in _NUMBER.findall(said["d"]))
                    to = (x, end) if "V" in said["d"] else (end, y)
                    draw.line([(x, y), to], _ink(said["stroke"], said.get("stroke-opacity")))
                case "rect":
                    x, y, wide, high = (float(said[name]) * SCALE for name in ("x", "y", "width", "height"))
                    fill = _ink(said["fill"], said.get("fill-opacity"))
                    draw.rectangle([x, y, x + wide, y + high], fill, _ink(said["stroke"]), SCALE)
                case "text":
                    at = (float(said["x"]) * SCALE, float(said["y"]) * SCALE)
                    draw.text(at, element.text or "", _ink(said["fill"]), font, anchor="ls")
    content = io.BytesIO()
    image.save(content, "png")
    return content.getvalue()


def _ink(colour: str, opacity: str | None = None) -> tuple[int, ...]:
    """A colour as it is on `PAPER`."""
    share = float(opacity or 1)
    ink, paper = (ImageColor.getrgb(each) for each in (colour.replace("currentColor", INK), PAPER))
    return tuple(round(share * a + (1 - share) * b) for a, b in zip(ink, paper, strict=True))
