"""The page in a browser: by keyboard, with labels, in light and dark, and nothing from elsewhere."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from promptgan.serving import log
from promptgan.serving.log import Feedback
from tests.serving.conftest import Server, Start, write_model

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


@pytest.fixture
def page(browser: Browser, pair: Server) -> Iterator[Page]:
    """The page, which must ask nobody else for anything and say nothing in the console."""
    opened = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))  # a status from 400 is told there by the browser
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(pair.url)
    expect(opened.get_by_role("status").first).to_have_text("2 models are served")
    yield opened
    opened.close()
    assert all(url.startswith((pair.url, "data:")) for url in asked)
    assert [text for text in said if not text.startswith("Failed to load resource")] == []


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
    article.get_by_label("a model may learn from this").check()
    article.get_by_role("button", name="Bad answer").click()
    expect(article.get_by_role("heading")).to_contain_text("(was Model A)")
    article.get_by_label("What the answer should have been").fill("yes , i eat fish")
    article.get_by_role("button", name="Send correction").click()
    for _ in range(100):
        if len(rows := list(log.rows(pair.log, Feedback, since=since))) == 2:
            break
        time.sleep(0.05)
    assert [(row.thumb, row.correction, row.consent, row.prompt) for row in rows] == [
        (-1, None, 1, "fish"),
        (None, "yes , i eat fish", 1, "fish"),
    ]
    assert rows[0].answer == article.locator("p.text").text_content()


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
    expect(article.get_by_role("status")).to_have_text("kept, thank you")


def test_a_refusal_is_told_to_people(page: Page) -> None:
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("article", name="one").get_by_role("alert")).to_contain_text("a prompt is empty")


def test_a_model_tells_of_itself(page: Page, pair: Server) -> None:
    page.get_by_role("button", name="About two").click()
    dialog = page.get_by_role("dialog", name="two")
    with pair.client() as client:
        expect(dialog).to_contain_text(client.get("/readyz").json()["models"]["two"])
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_every_control_has_a_name(page: Page) -> None:
    page.get_by_label("Prompt").fill("fish")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("button", name="Good answer")).to_have_count(2)
    nameless = page.evaluate(
        """[...document.querySelectorAll("input, textarea, select, button")]
           .filter(each => !(each.labels?.length || each.ariaLabel || each.textContent.trim()))
           .map(each => each.outerHTML)"""
    )
    assert nameless == []


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
