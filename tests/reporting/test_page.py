import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.ratings import kept
from promptgan.reporting.card import card
from promptgan.reporting.contents import MissingOutput, read
from promptgan.reporting.page import page
from promptgan.tasks.text import page as page_of_text
from promptgan.terms.systems import CONTROL, TWIN

VOID = {"meta", "br", "link", "img", "hr"}


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for key, value in attrs if key == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_the_same_for_the_same_outputs(html: str, outputs: Path) -> None:
    assert page(read(outputs)) == html


def test_the_page_needs_nothing_else(html: str) -> None:
    addresses = set(re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', html))
    assert all(address.startswith("#") for address in addresses)
    assert "<script" not in html
    assert "@import" not in html


def test_neither_a_picture_nor_the_page_is_wider_than_there_is_room(html: str, tmp_path: Path) -> None:
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("there is no chromium here (Debian's package has that name)")
    from playwright.sync_api import sync_playwright

    wide = "<svg xmlns='http://www.w3.org/2000/svg' width='3000' height='60'/>"
    figure = f'<figure><img alt="wide" src="data:image/svg+xml,{wide}"></figure>'
    wider = html.replace('<div class="figures">', f'<div class="figures">{figure}{figure}', 1)
    (tmp_path / "page.html").write_text(wider, encoding="utf-8")
    with sync_playwright() as playwright:
        shown = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
        for width in (1200, 400):
            shown.set_viewport_size({"width": width, "height": 800})
            shown.goto((tmp_path / "page.html").as_uri())
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            assert shown.evaluate("[...document.images].every(i => i.clientWidth <= i.parentElement.clientWidth)")
            assert shown.evaluate("document.images[0].clientWidth") > 200


def test_the_users_own_style_of_pictures_reaches_no_page(outputs: Path, html: str) -> None:
    import matplotlib

    with matplotlib.rc_context({"lines.linewidth": 9, "axes.grid": True, "figure.dpi": 40}):
        assert page(read(outputs)) == html


def test_tags_are_balanced_and_ids_are_unique(html: str) -> None:
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))


def test_texts_are_escaped(html: str) -> None:
    assert "&lt;script&gt;twin&lt;/script&gt;" in html
    assert "&lt;b&gt;mine&lt;/b&gt; &amp; yours?" in html
    assert "talk &lt;1&gt;" in html


def test_what_a_recipe_does_not_use_is_not_applicable(html: str) -> None:
    assert "control: not applicable. no control here" in html
    assert TWIN.sentence in html and CONTROL.sentence not in html


def test_answers_are_those_made_for_people_and_own_prompts_come_first(outputs: Path) -> None:
    answers = page_of_text.read(outputs / "samples/generated")
    assert [answer["own"] for answer in answers] == [True] + [False] * 12
    assert answers[1] == {
        "own": False,
        "prompt": "question 0",
        "temperature": 0.8,
        "top_p": 1.0,
        "twin": "twin answer 0 to read",
        "adversarial": "adversarial answer 0 to read",
    }


@pytest.mark.parametrize(
    "shown",
    [
        "0.3000",
        "± 0.0123",
        "contact-details",
        "one training seed",
        "words: as written",
        "Python 3.11 and torch 2 on the CPU (AVX2, threads 2)",
        "Of 2 checks of rows and of the table, 1 found rows to put into quarantine",
        "small numbers: temperature",
        "70%",
        "plots/curves.csv",
    ],
)
def test_the_page_shows(html: str, shown: str) -> None:
    assert shown in html


def test_every_record_read_is_in_a_split_or_under_the_rule_that_took_it(html: str) -> None:
    table = html.split('id="data"')[1]
    rows = re.findall(r'<th scope="row">([^<]*)</th><td class="number">([^<]*)</td><td class="meaning">([^<]*)<', table)
    counts = {name: int(count) for name, count, _ in rows}
    assert list(counts) == ["excluded", "read", "quarantined", "contact-details", "train", "val", "test", "judge"]
    assert counts["read"] == sum(counts[name] for name in ("quarantined", "train", "val", "test", "judge"))
    assert next(meaning for name, _, meaning in rows if name == "contact-details") == "holds an address"
    assert all(meaning for *_, meaning in rows)


def test_a_gpu_is_called_one(outputs: Path) -> None:
    path = outputs / "models/pretrained/run.json"
    run = json.loads(path.read_text())
    write_json(path, {**run, "device": "NVIDIA X", "parameters": {"compute": {"device": "cuda", "threads": 2}}})
    assert "on a GPU (NVIDIA X)" in page(read(outputs))


def test_a_training_that_a_guard_stopped_is_named_before_the_numbers(html: str, outputs: Path) -> None:
    assert "guard" not in html
    stopped = {"score": 0.1, "start_score": 0.09, "best_step": 5, "steps": 10, "stopped": "entropy"}
    write_json(outputs / "metrics/train.json", stopped)
    before, _, _ = page(read(outputs)).partition("<table>")
    assert "stopped by the entropy guard at step 10" in before


def test_the_page_holds_for_any_data_set(html: str) -> None:
    assert "conversation" not in html


def test_rules_that_took_nothing_are_left_out(html: str) -> None:
    assert "too-long" not in html


def test_every_file_read_has_its_hash(outputs: Path) -> None:
    read_files = {p.relative_to(outputs).as_posix() for p in outputs.rglob("*") if p.is_file()}
    assert set(read(outputs).hashes) == read_files


def test_a_missing_output_is_named(outputs: Path) -> None:
    (outputs / "metrics/evaluation.json").unlink()
    with pytest.raises(MissingOutput, match=r"metrics/evaluation\.json"):
        read(outputs)


def test_a_broken_output_is_named(outputs: Path) -> None:
    (outputs / "metrics/judges.json").write_text("{")
    with pytest.raises(MissingOutput, match=r"metrics/judges\.json is not JSON"):
        read(outputs)


def test_the_report_loads_no_torch(outputs: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from promptgan.reporting import card, contents, page;"
        "c = contents.read(Path(sys.argv[1])); page.page(c); card.card(c); print('torch' in sys.modules)"
    )
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", code, outputs], env={"PYTHONPATH": str(source)}, capture_output=True, text=True
    )
    assert done.stdout == "False\n", done.stderr


def test_numbers_that_are_in_the_curves_alone_are_those_of_the_headline_point(outputs: Path) -> None:
    (outputs / "plots/curves.csv").write_text(
        "model,temperature,bleu_4,self_bleu_4,relevance,duplicates,nearest_training\n"
        "real,,0.3,0.2,0.7,0.011,0.41\ntwin,0.5,0.4,0.3,0.6,0.9,\ntwin,0.7,0.4,0.3,0.6,0.022,0.42\n"
        "adversarial,0.7,0.4,0.3,0.6,0.033,\n"
    )
    html = page(read(outputs))
    more = html[html.index("<summary>More numbers") :]
    rows = {name: re.findall(r"\d\.\d{4}|–", more[more.index(f"<code>{name}</code>") :].split("</tr>")[0])
            for name in ("duplicates", "nearest_training")}  # fmt: skip
    assert rows["duplicates"] == ["0.0110", "0.0220", "–", "0.0330"]  # the recipe uses no control
    assert rows["nearest_training"] == ["0.4100", "0.4200", "–", "–"]
    (outputs / "plots/curves.csv").write_text("model,temperature,bleu_4,self_bleu_4,relevance\nreal,,0.3,0.2,0.7\n")
    assert "<summary>More numbers" not in page(read(outputs))


def rated(samples: str, prompts: int = 20, task: str = "text") -> list[kept.Rating]:
    """Two people's ratings: the adversary's answers are better than the twin's to three prompts in four."""
    return [
        kept.Rating(task, samples, rater, f"t{prompt}", (system,), mark)
        for rater in ("1", "2")
        for prompt in range(prompts)
        for system, mark in (("twin", 3), ("adversarial", 4 if prompt % 4 else 2))
    ]


def test_ratings_of_these_very_samples_are_shown_with_agreement_and_intervals(outputs: Path) -> None:
    kept.write(rated(sha256(outputs / "samples/generated/samples.parquet")), outputs / kept.LIST)
    html, text = page(read(outputs)), card(read(outputs))
    section = html[html.index('id="people"') :].split("</section>")[0]
    assert "2 people rated these answers to 20 prompts" in section
    assert "Krippendorff's alpha is 1.00" in section
    found = re.search(r"adversarial over twin</th><td[^>]*>0\.75<small>(0\.\d\d) to (0\.\d\d)", section)
    assert found and float(found[1]) < 0.75 < float(found[2])
    assert f"| adversarial over twin | 0.75 | {found[1]} to {found[2]} |" in text
    assert "| twin | 3.00 | 3.00 to 3.00 |" in text


@pytest.mark.parametrize(("task", "said"), [("text", True), ("image", False)])
def test_ratings_of_other_samples_are_not_shown_and_said_where_they_are_of_the_task(
    task: str, said: bool, html: str, outputs: Path
) -> None:
    assert "ratings" not in html.split('id="made"')[0] + card(read(outputs))
    kept.write(rated("ab" * 32, task=task), outputs / kept.LIST)
    for made in (page(read(outputs)), card(read(outputs))):
        assert ("People rated samples of this task, but not these" in made) is said
        assert "adversarial over twin" not in made
        assert 'id="people"' not in made


def test_a_missing_file_of_ratings_is_named(outputs: Path) -> None:
    (outputs / kept.LIST).unlink()
    with pytest.raises(kept.RatingsUnreadable, match=r"data/ratings\.csv"):
        read(outputs)
