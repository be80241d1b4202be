"""A period in numbers: known logs, drift that is put in and drift that is not, the page, the gauges."""

import json
import random
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.serving.log import Asked, Feedback, NoLog
from promptgan.watching import gauges, period, reference, report
from promptgan.watching.listening import PortTaken
from tests.watching.conftest import BEGUN, asked, running, sentence

Write = Callable[..., Path]


def values(log: Path) -> dict[str, float]:
    found = period.read(log, BEGUN, BEGUN + 86400)
    return {number.name: number.value for number in period.numbers(found.asked, found.feedback)}


def test_numbers_of_a_known_log(write_log: Write) -> None:
    rows = [asked(n, seconds=0.1 * (n + 1), queued=0.05, score=float(n), repeated=n % 2) for n in range(4)]
    rows += [asked(4, status=429, seconds=0.0), asked(5, status=500), asked(6, status=422, verdict="insult")]
    rows += [asked(7, shadow=1), asked(10**6)]  # nobody saw it; after the period
    said = [
        Feedback("f0", "r0000", BEGUN + 5, "support", "p", "a", -1, "b", 1, "page"),
        Feedback("f1", "r0000", BEGUN + 6, "support", "p", "a", 1, None, 1, "page"),
        Feedback("f2", "r0001", BEGUN + 7, "support", "p", "a", -1, None, 1, "page"),
    ]
    found = values(write_log(*rows, *said))
    assert found["requests"] == 7
    assert found["failed_share"] == pytest.approx(1 / 7) == found["refused_share"] == found["moderated_share"]
    assert found["seconds_p50"] == pytest.approx(0.25) and found["seconds_p99"] == pytest.approx(0.397)
    assert found["tokens_per_second"] == pytest.approx(40 / (1.0 - 0.2))
    assert found["repeated_share"] == 0.5 and found["score"] == 1.5
    assert found["feedback_share"] == 0.5 and found["liked_share"] == 0.5, "the last word counts"
    late = [Feedback(f"g{n}", f"before {n}", BEGUN + n, "support", "p", "a", 1, None, 1, "page") for n in range(9)]
    assert values(write_log(*late))["feedback_share"] == 0.5, "of this period's answers, not of those before it"


def test_an_empty_period_has_no_shares(write_log: Write) -> None:
    assert values(write_log()) == {"requests": 0}


def test_no_log_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoLog):
        period.read(tmp_path / "none.sqlite", 0, 1)


def drifts(log: Path, train: Path) -> dict[tuple[str, str], period.Drift]:
    found = period.drifts(period.read(log, BEGUN, BEGUN + 86400), reference.read(train))
    return {(each.name, each.measure): each for each in found}


def requests(texts: list[str], *, keep: bool) -> list[Asked]:
    known = {"prompt": None, "answer": None}
    return [
        asked(
            n, prompt_length=len(text), answer_length=len(text), **({"prompt": text, "answer": text} if keep else known)
        )
        for n, text in enumerate(texts)
    ]


@pytest.fixture
def by_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts as shares of letters in place of the encoder, which takes seconds to load."""
    import numpy as np

    def rows(texts: tuple[str, ...]) -> reference.Floats:
        return np.array([[text.count(c) / max(1, len(text)) for c in "abcdefghijklmnopqrstuvwxyz "] for text in texts])

    monkeypatch.setattr(period, "embedded", rows)


@pytest.mark.usefixtures("by_letters")
def test_what_is_like_the_training_data_has_not_moved(write_log: Write, train: Path) -> None:
    draw = random.Random(2)
    texts = [sentence(draw, draw.randint(3, 12)) for _ in range(200)]
    found = drifts(write_log(*requests(texts, keep=True)), train)
    assert len(found) == 6
    assert not [key for key, each in found.items() if each.moved]


@pytest.mark.usefixtures("by_letters")
def test_what_is_put_in_is_found_where_it_is(write_log: Write, train: Path) -> None:
    draw = random.Random(2)
    long = [sentence(draw, draw.randint(9, 20)) for _ in range(200)]
    found = drifts(write_log(*requests(long, keep=False)), train)
    assert {key for key, each in found.items() if each.moved} == {
        ("prompts by length", "PSI"),
        ("answers by length", "PSI"),
    }


@pytest.mark.usefixtures("by_letters")
def test_another_script_and_meaning(write_log: Write, train: Path) -> None:
    texts = ["今天的茶很好" * 5 for _ in range(60)]
    found = drifts(write_log(*requests(texts, keep=True)), train)
    assert found["prompts by script", "PSI"].moved and found["prompts by meaning", "MMD²"].moved


@pytest.mark.usefixtures("by_letters")
def test_of_several_answers_each_is_a_text(write_log: Write, train: Path) -> None:
    rows = [asked(n, prompt="tea?", answer="the tea was warm\nчай был тёплый и сладкий") for n in range(60)]
    found = drifts(write_log(*rows), train)
    assert found["answers by meaning", "MMD²"].requests == 120 == found["answers by script", "PSI"].requests


@pytest.mark.usefixtures("by_letters")
def test_of_several_texts_to_be_labelled_each_is_one(write_log: Write, tmp_path: Path) -> None:
    path, lines = tmp_path / "train.parquet", ["tea", "the tea was warm and so was the soup"]
    pd.DataFrame({"text": lines * 60, "label": ["good", "bad"] * 60}).to_parquet(path)
    row = {"route": "/v1/classify", "prompt": "\n".join(lines), "prompt_length": 20}
    rows = [asked(n, answer="good\nbad", **row) for n in range(60)] + [asked(60, answer="good", **row)]
    found = drifts(write_log(*rows), path)
    assert found["prompts by script", "PSI"].requests == 121, "one label is of one text, whatever its lines"
    assert found["prompts by length", "PSI"].requests == 121 and not found["prompts by length", "PSI"].moved


def test_items_that_are_recommended_are_no_texts(write_log: Write, train: Path) -> None:
    rows = [asked(n, route="/v1/recommend", prompt="Alien", answer="176") for n in range(60)]
    assert not drifts(write_log(*rows), train)


def test_labels_of_a_classifier(write_log: Write, tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pd.DataFrame({"text": ["good film", "dull plot"] * 100, "label": ["positive", "negative"] * 100}).to_parquet(path)
    log = write_log(*(asked(n, route="/v1/classify", answer="negative") for n in range(60)))
    found = drifts(log, path)
    assert found["answers by label", "PSI"].moved
    assert ("answers by length", "PSI") not in found
    both = [asked(n, route="/v1/classify", answer="negative\npositive") for n in range(100, 160)]
    label = drifts(write_log(*both, *(asked(n, answer="a film, drawn") for n in range(200, 230))), path)
    assert label["answers by label", "PSI"].requests == 60 + 120, "of several texts each has one; a text is no label"


def test_where_nothing_is_asked_answers_are_compared_alone(write_log: Write, tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pd.DataFrame({"prompt": [""] * 60, "text": ["a song"] * 60}).to_parquet(path)
    found = drifts(write_log(*(asked(n, prompt_length=n % 2) for n in range(120))), path)
    assert {name for name, _ in found} == {"answers by length"}


@pytest.mark.parametrize(
    ("text", "script"),
    [("tea", "Latin"), ("été", "Latin"), ("чай", "Cyrillic"), ("茶 tea 茶", "Latin"), ("12!", "other")],
)
def test_script(text: str, script: str) -> None:
    assert reference.script(text) == script


def test_a_table_of_something_else_is_no_reference(tmp_path: Path) -> None:
    pd.DataFrame({"image": [b""]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(reference.NoReference, match="no texts and no prompts"):
        reference.read(tmp_path / "t.parquet")
    with pytest.raises(reference.NoReference):
        reference.read(tmp_path / "none.parquet")


class Outside(HTMLParser):
    """What a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for key, value in attrs if key in ("src", "href") and not str(value).startswith("#")]


def test_the_page_needs_nothing_else_and_is_the_same_again(write_log: Write, train: Path, tmp_path: Path) -> None:
    rows = [asked(n, model="<b>", score=0.1 * n) for n in range(120)]
    found = period.read(write_log(*rows), BEGUN, BEGUN + 3600)
    moved = period.drifts(found, reference.read(train))
    page = report.write(found, moved, tmp_path / "out")
    text = page.read_text()
    outside = Outside()
    outside.feed(text)
    assert not outside.found and "&lt;b&gt; aaaaaaa" in text and "<b>" not in text
    assert "prompts by length" in text and "moved from the training data" in text
    assert text.count("<figure") == 5
    report.write(found, moved, tmp_path / "again")
    assert (tmp_path / "again" / page.parent.name / "index.html").read_text() == text


def test_the_command(write_log: Write, train: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where no training data is
    log = write_log(*(asked(n) for n in range(60)))
    options = ["monitor", "report", "--log", str(log), "--until", "2027-01-16", "--hours", "48"]
    done = CliRunner().invoke(app, [*options, "--reference", str(train), "--json"])
    document = json.loads(done.stdout)
    assert document["models"]["all"]["requests"] == 60 == document["models"]["support aaaaaaa"]["requests"]
    assert {each["name"] for each in document["drift"]} == {"prompts by length", "answers by length"}
    done = CliRunner().invoke(app, [*options, "--out", str(tmp_path / "pages")])
    assert done.exit_code == 0 and "nothing is known of drift" in done.stdout
    assert [*(tmp_path / "pages").glob("20270114T0000..20270116T0000/index.html")]
    (tmp_path / "data/validated").mkdir(parents=True)
    for columns, known in (({"image": [b""]}, None), ({"prompt": ["C major 4/4"] * 60, "music": ["{}"] * 60}, 1)):
        pd.DataFrame(columns).to_parquet(tmp_path / "data/validated/train.parquet")
        drift = json.loads(CliRunner().invoke(app, [*options, "--json"]).stdout)["drift"]
        assert known == (drift and len(drift)), "prompts of music are texts, of images nothing is"
    done = CliRunner().invoke(app, [*options[:4], "--until", "soon"])
    assert done.exit_code == 2
    told = [*options[:4], "--until", "2027-01-16T02:00+02:00", "--hours", "1e9", "--json"]
    document = json.loads(CliRunner().invoke(app, told).stdout)
    assert (document["since"], document["until"]) == (0, 1_800_057_600)
    done = CliRunner().invoke(app, [*options[:4], "--until", "0001-01-01", "--out", str(tmp_path / "pages")])
    assert done.exit_code == 2


def test_gauges_are_what_prometheus_reads(write_log: Write, train: Path) -> None:
    found = period.read(write_log(*(asked(n, model='a "b"\\') for n in range(60))), BEGUN, BEGUN + 3600)
    text = gauges.exposition(period.by_model(found), period.drifts(found, reference.read(train)))
    assert 'promptgan_period_requests{model="a \\"b\\"\\\\",revision="aaaaaaa"} 60.0\n' in text
    assert 'promptgan_drift_moved{what="prompts by length",measure="PSI"} 1.0\n' in text
    assert text.count("# TYPE promptgan_drift gauge") == 1
    if not (promtool := shutil.which("promtool")):
        pytest.skip("no promtool here: Debian's package prometheus has it")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_stands_in_the_way_of_gauges_is_told_in_any_script() -> None:
    def text() -> str:
        raise NoLog(Path("日志.sqlite"))

    with running(gauges.serve(("127.0.0.1", 0), text, 60)) as url:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/metrics")
        with caught.value as answer:
            assert (answer.code, answer.read().decode()) == (503, "there is no log 日志.sqlite\n")


def test_gauges_are_served_and_measured_once_a_while() -> None:
    asked_for: list[int] = []

    def text() -> str:
        asked_for.append(1)
        return "a 1\n"

    with running(server := gauges.serve(("127.0.0.1", 0), text, 60)) as url:
        for _ in range(3):
            with urllib.request.urlopen(f"{url}/metrics") as answer:
                assert answer.read() == b"a 1\n" and answer.headers["Content-Type"] == gauges.CONTENT_TYPE
        with pytest.raises(PortTaken, match="--port"):
            gauges.serve(("127.0.0.1", int(server.server_address[1])), text, 60)
    assert len(asked_for) == 1
