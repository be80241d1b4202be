"""The sheet of what validation took: every rule is there, and what cannot be read does not stop it."""

from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import escape

from promptgan.quality.output import write_parquet
from promptgan.tasks.image import page
from promptgan.tasks.image.samples.contact_sheet import COLUMNS, MOST, SIDE, contact_sheet
from tests.tasks.image.conftest import png


def quarantine(folder: Path, rows: list[tuple[str, bytes, str]]) -> Path:
    frame = pd.DataFrame(rows, columns=["id", "image", "rule"]).assign(group="g", label="l", reason="why")
    write_parquet(frame, folder / "quarantine.parquet")
    return folder / "quarantine.parquet"


def test_some_of_every_rule_are_shown_and_what_is_broken_is_crossed(tmp_path: Path) -> None:
    grey = png(np.full((8, 8), 77, np.uint8))
    rows = [(f"many/{i}", grey, "empty-image") for i in range(3 * MOST)] + [("a.txt", b"no picture", "not-an-image")]
    sheet = contact_sheet(quarantine(tmp_path, rows))
    assert sheet is not None
    tiles = np.asarray(sheet)[8 : 8 + SIDE, 8 : 8 + SIDE]
    assert (tiles[2:-2, 2:-2] == 77).all(), "the first is a picture"
    assert sheet.width == COLUMNS * (SIDE + 8) + 8
    last = np.asarray(sheet)[-(SIDE // 2) - 36, -(SIDE // 2) - 8]
    assert last.tolist() == [255, 255, 255], "the last, of the rare rule, is a crossed square"


def test_where_nothing_was_taken_there_is_no_sheet_and_the_page_shows_one_that_is_there(tmp_path: Path) -> None:
    assert contact_sheet(quarantine(tmp_path, [])) is None
    assert "validation" not in page.markup(tmp_path)
    sheet = contact_sheet(quarantine(tmp_path, [("a", b"", "not-an-image")]))
    assert sheet is not None
    sheet.save(tmp_path / "quarantine.png")
    assert str(escape("taken by validation, and why")) in page.markup(tmp_path)
