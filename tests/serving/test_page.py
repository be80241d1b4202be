"""The page in a browser: by keyboard, with labels, in light and dark, and nothing from elsewhere."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from promptgan.media.music.midi import write_midi
from promptgan.serving import log
from promptgan.serving.log import Feedback
from tests.serving.conftest import Server, Start, write_model
from tests.tasks.music.models import write_model as write_music
from tests.tasks.music.pieces import piece

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (Debian's package has that name)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def pair(start: Start, model: Path, tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A service of two models."""
    other = tmp_path_factory.mktemp("models") / "other"
    write_model(other, tokens, seed=3)
    return start("--model", f"one={model}", "--model", f"two={other}")


@contextmanager
def opening(browser: Browser, url: str) -> Iterator[Page]:
    """The page of a service of two models; it must ask nobody else for anything and say nothing in the console."""
    opened = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))  # a status from 400 is told there by the browser
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(url)
    expect(opened.get_by_role("status").first).to_have_text("2 models are served")
    yield opened
    opened.close()
    assert all(each.startswith((url, "data:")) for each in asked)
    assert [text for text in said if not text.startswith("Failed to load resource")] == []


@pytest.fixture
def page(browser: Browser, pair: Server) -> Iterator[Page]:
    """The page of two models of texts."""
    with opening(browser, pair.url) as opened:
        yield opened


def test_two_models_answer_side_by_side_by_keyboard(page: Page) -> None:
    page.get_by_label("Prompt").fill("do you buy the tea")
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Prompt").press("Control+Enter")
    for name in ("one", "two"):
        article = page.get_by_role("article", name=name)
        expect(article.get_by_role("button", name="Good answer")).to_have_count(1)
        expect(article.locator(".facts").first).to_contain_text("seed 7, discriminator")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "temperature"


def test_blind_answers_get_names_after_a_thumb(page: Page, pair: Server) -> None:
    since = time.time()
    page.get_by_label("Prompt").fill("fish")
    page.get_by_label("Blind").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    article = page.get_by_role("article", name="Model A")
    expect(article.get_by_role("heading")).to_have_text("Model A")
    expect(article.locator("p.facts")).to_contain_text("tokens")
    expect(page.get_by_text("discriminator")).to_have_count(0)  # a model without one would be known by that
    article.get_by_role("button", name="Bad answer").click()
    expect(article.get_by_role("heading")).to_contain_text("(was Model A)")
    expect(page.get_by_text("discriminator")).to_have_count(2)
    assert said(pair, since, 1) == [(-1, None, 0, "fish")]


def test_an_answer_that_comes_after_the_choice_is_not_blind(page: Page) -> None:
    waiting = list[Route]()
    page.route("**/v1/generate", lambda route: waiting.append(route) if not waiting else route.continue_())
    page.get_by_label("Prompt").fill("fish")
    page.get_by_label("Blind").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_text("discriminator")).to_have_count(1)
    waiting[0].continue_()
    expect(page.get_by_text("discriminator")).to_have_count(2)


def said(pair: Server, since: float, count: int) -> list[tuple[int | None, str | None, int, str]]:
    """What the log has of feedback: thumb, correction, consent and prompt."""
    for _ in range(100):
        if len(rows := list(log.rows(pair.log, Feedback, since=since))) == count:
            break
        time.sleep(0.05)
    return [(row.thumb, row.correction, row.consent, row.prompt) for row in rows]


def test_what_is_said_of_an_answer_is_said_whole_each_time(page: Page, pair: Server) -> None:
    since = time.time()
    page.get_by_label("Prompt").fill("fish")
    page.get_by_role("button", name="Ask", exact=True).click()
    article = page.get_by_role("article", name="one")
    note = article.get_by_role("status")
    consent = article.get_by_label("a model may learn from this")
    good, bad = (article.get_by_role("button", name=f"{each} answer") for each in ("Good", "Bad"))
    consent.check()  # of nothing yet
    good.click()
    expect(note).to_have_text(re.compile(r"kept as [0-9a-f]{8}; a model may learn from it"))
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    article.get_by_label("What the answer should have been").fill("yes , i eat fish")
    article.get_by_role("button", name="Send correction").click()
    said(pair, since, 3)
    consent.uncheck()
    expect(note).to_contain_text("no model will learn from it")
    rows = said(pair, since, 4)
    mine = "yes , i eat fish"
    assert rows == [(1, None, 1, "fish"), (-1, None, 1, "fish"), (-1, mine, 1, "fish"), (-1, mine, 0, "fish")]
    last = list(log.rows(pair.log, Feedback, since=since))[-1]
    assert last.answer == article.locator("p.text").text_content()
    assert last.id.startswith(str(note.text_content()).split()[2].rstrip(";"))


def test_an_empty_answer_can_be_corrected(page: Page, pair: Server) -> None:
    ask = {"model": "one", "prompt": "fish", "temperature": 1.0, "top_p": 1.0}
    with pair.client() as client:
        seed = next(
            seed
            for seed in range(2000)
            if client.post("/v1/generate", json={**ask, "seed": seed}).json()["answers"][0]["text"] == ""
        )
    page.get_by_label("Prompt").fill("fish")
    page.get_by_label("Temperature").fill("1")
    page.get_by_label("Top p").fill("1")
    page.get_by_label("Seed").fill(str(seed))
    page.get_by_role("button", name="Ask", exact=True).click()
    article = page.get_by_role("article", name="one")
    expect(article.locator("p.text")).to_have_text("")
    article.get_by_label("What the answer should have been").fill("yes , i eat fish")
    article.get_by_role("button", name="Send correction").click()
    expect(article.get_by_role("status")).to_contain_text("kept as")


def test_what_is_asked_anew_can_be_stopped(page: Page) -> None:
    waits = "new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason)))"
    page.evaluate(f"() => {{ window.fetch = (_, {{ signal }}) => {waits}; }}")
    for _ in range(2):
        page.get_by_label("Prompt").press("Control+Enter")
        page.evaluate("new Promise(later => setTimeout(later, 50))")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_enabled()
    stop.click()
    expect(stop).to_be_disabled()


def test_a_refusal_is_told_to_people(page: Page) -> None:
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("article", name="one").get_by_role("alert")).to_contain_text("a prompt is empty")


def test_a_model_tells_of_itself(page: Page, pair: Server) -> None:
    page.get_by_role("button", name="About two").click()
    dialog = page.get_by_role("dialog", name="two")
    with pair.client() as client:
        expect(dialog).to_contain_text(client.get("/readyz").json()["models"]["two"])
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.set_viewport_size({"width": 360, "height": 700})
    assert dialog.evaluate("box => [box.scrollWidth - box.clientWidth, box.scrollTop]") == [0, 0]
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_music_is_played_seen_and_taken_home(
    browser: Browser, start: Start, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    folders = [write_music(tmp_path_factory.mktemp("music") / kind, kind) for kind in ("key", "melody")]
    server = start(*(part for folder in folders for part in ("--model", str(folder))))
    (tmp_path / "tune.mid").write_bytes(write_midi(piece([(0, 48, 72), (48, 48, 74)])))
    with opening(browser, server.url) as page:
        page.get_by_label("Prompt").fill("G major 4/4")
        page.get_by_label("Bars").fill("2")
        page.get_by_label("MIDI file").set_input_files(tmp_path / "tune.mid")
        page.get_by_role("button", name="Ask", exact=True).click()
        written = {name: page.get_by_role("article", name=name) for name in ("key", "melody")}
        for article in written.values():
            expect(article.get_by_role("img", name="major 4/4")).to_be_visible()
        expect(written["melody"].locator("rect[fill-opacity]")).to_have_count(2)  # what the file gave
        play = written["key"].get_by_role("button", name="play: piece 1")
        play.click()
        expect(play).to_have_attribute("aria-pressed", "true")
        expect(page.locator("svg > path")).to_have_count(1)  # where it sounds
        play.click()
        expect(play).to_have_attribute("aria-pressed", "false")
        for kind, begins in (("MIDI", b"MThd"), ("MusicXML", b"<?xml")):
            with page.expect_download() as taken:
                written["key"].get_by_role("link", name=f"{kind}: piece 1").click()
            assert taken.value.path().read_bytes().startswith(begins)
        written["key"].get_by_role("button", name="Good answer").click()
        expect(written["key"].get_by_role("status")).to_contain_text("kept as")
        assert nameless(page) == []


def nameless(page: Page) -> list[str]:
    """Controls that a screen reader has no name for."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("input, textarea, select, button, a")]
           .filter(each => !(each.labels?.length || each.ariaLabel || each.textContent.trim()))
           .map(each => each.outerHTML)"""
    )
    return found


def test_every_control_has_a_name(page: Page) -> None:
    page.get_by_label("Prompt").fill("fish")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("button", name="Good answer")).to_have_count(2)
    assert nameless(page) == []


def test_dark_and_light_have_contrast(browser: Browser, pair: Server) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        opened = context.new_page()
        opened.goto(pair.url)
        seen[scheme] = opened.evaluate(
            """() => { const ask = getComputedStyle(document.querySelector("textarea"));
               return [ask.color, ask.backgroundColor]; }"""
        )
        context.close()
    for colours in seen.values():
        light = [sum(map(int, colour[colour.index("(") + 1 : -1].split(",")[:3])) for colour in colours]
        assert abs(light[0] - light[1]) > 500
    assert seen["light"] != seen["dark"]
