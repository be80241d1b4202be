"""What feedback teaches."""

import json
from pathlib import Path

from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.learning import accepted as module
from promptgan.learning.accepted import accepted
from promptgan.serving.log import Feedback
from tests.watching.conftest import logged


def said(number: int, **changed: object) -> Feedback:
    row = {
        "id": f"f{number}", "request": f"r{number}", "at": float(number), "model": "m", "prompt": f"prompt {number}",
        "answer": f"answer {number}", "thumb": None, "correction": None, "consent": 1, "source": "page",
    }  # fmt: skip
    return Feedback(**{**row, **changed})  # type: ignore[arg-type]


def test_a_correction_teaches_itself_and_a_thumb_up_the_answer() -> None:
    pairs, left = accepted([said(0, correction="better"), said(1, thumb=1), said(2, thumb=-1, correction="so")])
    assert [(pair.prompt, pair.text) for pair in pairs] == [
        ("prompt 0", "better"), ("prompt 1", "answer 1"), ("prompt 2", "so")]  # fmt: skip
    assert not left


def test_what_teaches_nothing_is_counted_with_its_reason() -> None:
    rows = [
        said(0, thumb=1, consent=0),
        said(1, thumb=-1),
        said(2),
        said(3, correction=" "),
        said(4, prompt="", thumb=1),
    ]
    rows.append(said(5, correction="write to [contact]"))
    pairs, left = accepted(rows)
    assert not pairs
    assert left == {
        module.NO_CONSENT: 1, module.NO_ANSWER: 1, module.SILENT: 1, module.EMPTY: 2, module.MASKED: 1}  # fmt: skip


def test_of_one_source_on_one_answer_the_last_word_counts() -> None:
    pairs, left = accepted([said(0, thumb=1), said(1, request="r0", answer="answer 0", correction="no, this")])
    assert [pair.text for pair in pairs] == ["no, this"] and left == {module.REPLACED: 1}
    pairs, _ = accepted([said(0, thumb=1), said(1, request="r0", answer="answer 0", thumb=1, consent=0)])
    assert not pairs, "a consent that was taken back"
    pairs, _ = accepted([said(0, thumb=1), said(1, request="r0", answer="answer 0", correction="mine", source="ben")])
    assert len(pairs) == 2, "two people are two voices"
    pairs, _ = accepted([said(0, thumb=1), said(1, request="r0", thumb=1)])
    assert len(pairs) == 2, "a request may have several answers"


def test_the_same_pair_is_taught_once_and_texts_are_made_uniform() -> None:
    pairs, _ = accepted([said(n, prompt="a  “b”", correction="c\u200bd") for n in range(3)])
    assert [(pair.prompt, pair.text) for pair in pairs] == [('a "b"', "cd")]


def test_the_command_tells_it(tmp_path: Path) -> None:
    log = logged(tmp_path / "log.sqlite", said(0, thumb=1), said(1, thumb=1, consent=0))
    command = ["feedback", "list", "--log", str(log)]
    pair, left = "  f0  prompt 0 -> answer 0 (page)\n", f"  1 left out: {module.NO_CONSENT}\n"
    assert CliRunner().invoke(app, command).stdout == f"1 pair(s) to learn from\n{pair}{left}"
    few = CliRunner().invoke(app, [*command, "--examples", "0"]).stdout
    assert few == f"1 pair(s) to learn from\n  and 1 before\n{left}"
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert document["accepted"] == [
        {"prompt": "prompt 0", "text": "answer 0", "source": "page", "feedback": "f0"}]  # fmt: skip
    assert "`make serve` writes one" in CliRunner().invoke(app, [*command[:3], str(tmp_path / "none")]).stderr
