"""A stream of texts: hysteresis, windows, a webhook on the loopback, texts by HTTP."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.watching import stream
from promptgan.watching.listening import Handler, listen
from tests.watching.conftest import running

LABELS = ["negative", "positive"]


def probabilities(texts: list[str]) -> np.ndarray:
    return np.array([[0.9, 0.1] if "bad" in text else [0.2, 0.8] for text in texts])


def events(labels: str, window: int = 4, upper: float = 0.75, lower: float = 0.25) -> list[tuple[str, int]]:
    alarm = stream.Alarm("negative", window, upper, lower)
    found = [alarm.feed("negative" if each == "-" else "positive") for each in labels]
    return [(event.event, event.texts) for event in found if event]


def test_nothing_is_raised_before_the_window_is_full() -> None:
    assert events("---") == []
    assert events("----") == [("raised", 4)]


def test_between_the_thresholds_it_stays_what_it_is() -> None:
    assert events("+--" + "-+" * 20) == [("raised", 4)]  # trembles about the upper bound
    assert events("----" + "++-" + "++-+") == [("raised", 4), ("cleared", 8)]


def test_it_rings_again_after_it_was_cleared() -> None:
    assert [event for event, _ in events("----++++----")] == ["raised", "cleared", "raised"]


@pytest.mark.parametrize(("upper", "lower"), [(0.5, 0.5), (0.4, 0.6), (1.1, 0.1), (0.5, -0.1)])
def test_thresholds_that_make_no_sense(upper: float, lower: float) -> None:
    with pytest.raises(stream.WrongThresholds):
        stream.Alarm("negative", 4, upper, lower)


def post(url: str, body: bytes, kind: str = "application/json") -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_webhook_is_told_each_event_also_after_it_failed_twice() -> None:
    told: list[dict[str, object]] = []
    calls: list[int] = []

    class Hook(Handler):
        def do_POST(self) -> None:  # noqa: N802
            calls.append(1)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(calls) > 2:
                told.append(json.loads(body))
            self.answer(200 if len(calls) > 2 else 503, b"{}", "application/json")

    with running(listen(("127.0.0.1", 0), Hook)) as url:
        watch = stream.Watch(
            probabilities, LABELS, stream.Alarm("negative", 2, 0.9, 0.1), stream.Webhook(url, pause=0.01)
        )
        said = [*watch.read_lines(["bad one\n", "\n", "bad two\n", "fine\n", "fine too\n"])]
    assert [label for _, label, _ in said] == ["negative", "negative", "positive", "positive"]
    assert [event["event"] for event in told] == ["raised", "cleared"]
    assert told[0] == {"event": "raised", "label": "negative", "share": 1.0, "window": 2, "texts": 2}


def test_a_webhook_that_is_not_there_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with listen(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
    alarm = stream.Alarm("negative", 1, 0.9, 0.1)
    watch = stream.Watch(probabilities, LABELS, alarm, stream.Webhook(url, pause=0.01))
    assert watch.read(["bad"]) == [("negative", 0.9)]
    assert "was not told" in capsys.readouterr().err and alarm.raised


def test_texts_are_read_as_records_have_them_and_told_as_they_came() -> None:
    watch = stream.Watch(probabilities, LABELS, stream.Alarm("negative", 2, 0.9, 0.1), lambda event: None)
    typed = ["b\u200bad\n", "\u200b\n", "fine\n"]
    assert [each[:2] for each in watch.read_lines(typed)] == [("b\u200bad", "negative"), ("fine", "positive")]


def test_texts_by_http() -> None:
    told: list[stream.Event] = []
    watch = stream.Watch(probabilities, LABELS, stream.Alarm("negative", 2, 0.9, 0.1), told.append)
    with running(stream.serve(("127.0.0.1", 0), watch)) as url:
        status, found = post(url, b'{"text": "bad"}')
        assert status == 200 and found["said"] == [{"label": "negative", "probability": 0.9}]
        status, found = post(url, b"bad\n\nfine", "text/plain")
        assert status == 200 and found["alarm"] == {
            "label": "negative", "raised": True, "share": 0.5, "texts": 3}  # fmt: skip
        wrong = (b"[]", b"{", b'{"texts": [1]}', b"\xff", b'{"text": "\\ud800"}')
        for body in (*wrong, b"[" * 10**5, b"x" * (stream.MOST_BYTES + 1), b"x" * stream.MOST_READ):
            assert post(url, body)[0] == 400
    assert [event.event for event in told] == ["raised"]


def test_events_are_told_in_the_order_in_which_they_happened() -> None:
    told: list[str] = []
    telling, on = threading.Event(), threading.Event()

    def slow(event: stream.Event) -> None:
        if event.event == "raised":
            telling.set()
            on.wait(0.3)
        told.append(event.event)
        on.set()

    watch = stream.Watch(probabilities, LABELS, stream.Alarm("negative", 1, 0.9, 0.1), slow)
    first = threading.Thread(target=watch.read, args=(["bad"],))
    first.start()
    telling.wait()
    watch.read(["fine"])
    first.join()
    assert told == ["raised", "cleared"]


def test_a_live_stream_is_read_line_by_line() -> None:
    read: list[str] = []

    def lines() -> Iterator[str]:
        for text in ("bad", "fine"):
            read.append(text)
            yield text

    watch = stream.Watch(probabilities, LABELS, stream.Alarm("negative", 2, 0.9, 0.1), lambda event: None)
    assert next(watch.read_lines(lines(), live=True))[0] == "bad" and read == ["bad"]


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model folder's classifier, in place of one that is trained."""
    known = SimpleNamespace(probabilities=probabilities, labels=LABELS, number=LABELS.index)
    monkeypatch.setattr("promptgan.commands.monitor.of_task", lambda *_: SimpleNamespace(load=lambda model: known))


@pytest.mark.usefixtures("classifier")
def test_the_command_reads_a_file_or_standard_input(tmp_path: Path) -> None:
    command = ["monitor", "stream", "--label", "negative", "--window", "2", "--raise", "0.9", "--clear", "0.1"]
    file = tmp_path / "texts.txt"
    file.write_bytes(b"bad \x1b[2Jone\nbad two\n\nfine\n\xff fine\n")
    expected = [
        "alarm raised: negative is 100% of the last 2 texts, after 2",
        "alarm cleared: negative is 0% of the last 2 texts, after 4",
        "negative 0.900 bad \\x1b[2Jone",
        "negative 0.900 bad two",
        "positive 0.800 fine",
        "positive 0.800 \ufffd fine",
        "4 texts; negative is 0% of the last ones, the alarm is not raised",
    ]
    assert sorted(CliRunner().invoke(app, [*command, "--file", str(file)]).stdout.splitlines()) == sorted(expected)
    piped = CliRunner().invoke(app, command, input=file.read_bytes())
    assert piped.exit_code == 0
    assert sorted(piped.stdout.splitlines()) == sorted(expected), "one wrong byte ends no stream"
    said = CliRunner().invoke(app, [*command, "--quiet"], input="bad\nbad\n").stdout.splitlines()
    assert said == [expected[0], "2 texts; negative is 100% of the last ones, the alarm is raised"]
    assert CliRunner().invoke(app, [*command, "--clear", "0.95"]).exit_code == 2
