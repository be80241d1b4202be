"""What validation took and why, as one picture."""

from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw

from promptgan.forms.tensors.pictures import pixels

MOST = 64
"""Pictures on the sheet."""
COLUMNS = 8
SIDE = 144
"""Pixels that a picture is wide and high."""
LINE = 14
"""Pixels of a line of text."""
LETTERS = 24
"""Of a line, at most."""


def contact_sheet(quarantine: Path) -> Image.Image | None:
    """The pictures of a quarantine.parquet, under each its rule and its id; None where it is empty.

    Of more than `MOST` there are some of every rule. What cannot be read is a crossed square.
    """
    table = pd.read_parquet(quarantine, columns=["id", "image", "rule"])
    if table.empty:
        return None
    turn = table.groupby("rule", sort=False).cumcount()  # one of each rule, then another of each
    table = table.loc[turn.sort_values(kind="stable").index[:MOST]].sort_values("rule", kind="stable")
    rows = -(-len(table) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + 8) + 8, rows * (SIDE + 2 * LINE + 8) + 8), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (identifier, content, rule) in enumerate(table.itertuples(index=False)):
        x, y = 8 + index % COLUMNS * (SIDE + 8), 8 + index // COLUMNS * (SIDE + 2 * LINE + 8)
        sheet.paste(_tile(content), (x, y))
        draw.text((x, y + SIDE + 1), rule[:LETTERS], fill="black")
        draw.text((x, y + SIDE + 1 + LINE), f"{identifier}"[-LETTERS:], fill="grey")
    return sheet


def _tile(content: object) -> Image.Image:
    try:
        assert isinstance(content, bytes)
        tile = Image.fromarray(pixels(content, 3, SIDE, "pad").transpose(1, 2, 0))
    except Exception:  # what Pillow's readers raise on broken files is not said anywhere
        tile = Image.new("RGB", (SIDE, SIDE), "lightgrey")
        draw = ImageDraw.Draw(tile)
        draw.line((0, 0, SIDE, SIDE), "white", 2)
        draw.line((0, SIDE, SIDE, 0), "white", 2)
    draw = ImageDraw.Draw(tile)
    draw.rectangle((0, 0, SIDE - 1, SIDE - 1), outline="lightgrey")
    return tile
