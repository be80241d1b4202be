"""What a shadow answered, on the page of a period: counts, scores, lengths, examples."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.serving.log import Asked
from promptgan.watching import period, report
from promptgan.watching.shadows import Beside, shadows
from tests.watching.conftest import BEGUN, asked

Write = Callable[..., Path]


def both(number: int, **changed: object) -> tuple[Asked, Asked]:
    """A request, and what a shadow answered to it: longer, and with a score higher by 2."""
    told = {"prompt": f"how <{number}>?", "answer": f"seen {number}", "score": float(number % 2), **changed}
    unseen = {"id": f"r{number:04d}.0", "model": "next", "revision": "b" * 64, "shadow": 1, "answer_length": 50}
    return asked(number, **told), asked(number, **told | unseen | {"score": 2.0 + number % 2, "answer": "un\x1bseen"})


def read(log: Path) -> period.Period:
    return period.read(log, BEGUN, BEGUN + 86400)


def found_in(log: Path) -> list[Beside]:
    return shadows(read(log))


class Cells(HTMLParser):
    """The rows of all tables of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.cell = False
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        self.cell = tag in ("td", "th", "small")
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.cell = False

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.rows[-1][-1] += data


def test_the_page_shows_both(write_log: Write, tmp_path: Path) -> None:
    rows = [row for n in range(40) for row in both(n)]
    rows += [asked(n, score=9.0, revision="c" * 64) for n in range(50, 60)]  # another model has nothing to do with it
    rows += [asked(400, score=-9.0)]  # after the last of the shadow
    log = write_log(*rows)
    page = report.write(read(log), None, tmp_path)
    cells = Cells(page).rows
    assert ["what", "support aaaaaaa", "next bbbbbbb"] in cells
    assert ["answers", "40", "40"] in cells
    # Welch: the variance of 0, 1, 0, 1 ... is 0.25 * 40 / 39 on both sides
    assert ["the discriminator's score, mean", "+0.500", "+2.500+2.000, standard error 0.113"] in cells
    assert ["characters, 50 % below", "30", "50"] in cells
    assert [row for row in cells if "how" in row[0]] == [
        [f"how <{n}>?", f"seen {n}", "un\\x1bseen"] for n in range(35, 40)
    ]
    options = ["monitor", "report", "--log", str(log), "--until", "2027-01-16", "--hours", "48", "--json"]
    (told,) = json.loads(CliRunner().invoke(app, options).stdout)["shadows"]
    assert (told["unseen"], told["scores"]["error"]) == (40, pytest.approx(0.1132, abs=1e-4))


def test_too_few_scores_and_no_texts_leave_the_rest(write_log: Write, tmp_path: Path) -> None:
    log = write_log(*(row for n in range(39) for row in both(n, prompt=None, answer=None)))
    (one,) = found_in(log)
    assert (one.scores, one.examples, one.lengths[90]) == (None, [], (30.0, 50.0))
    text = report.write(read(log), None, tmp_path).read_text()
    assert "which takes 40 of each" in text and "that both answered" not in text


def test_no_shadow_no_section(write_log: Write, tmp_path: Path) -> None:
    log = write_log(asked(1), both(2)[1])  # whose request is not of this period
    assert found_in(log) == []
    assert "shadow" not in report.write(read(log), None, tmp_path).read_text()
