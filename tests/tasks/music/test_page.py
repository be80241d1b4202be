"""The page sets pieces side by side, and a browser plays them."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from promptgan.media.music.files import write_piece
from promptgan.media.music.piece import Note, Piece, Voice, to_json
from promptgan.tasks.music import page
from promptgan.terms.systems import SYSTEMS

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TITLES = [system.title for system in SYSTEMS]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the stage leaves it: two prompts, of each what every system has."""
    folder = tmp_path_factory.mktemp("samples")
    rows = []
    for number, prompt in enumerate(["C major 4/4", "harmonise <G> major 4/4 | v1=67"]):
        for place, system in enumerate(reversed(SYSTEMS)):
            voices = (
                Voice("Soprano", (Note(24, 24, 69 + place), Note(48, 24, 72))),
                Voice("Bass", (Note(24, 48, 48),)),
            )
            piece = Piece("C major", "4/4", 120.0, 96, voices)
            file = f"{system.name}/{number}"
            write_piece(piece, folder / file, title=file)
            row = {"prompt_id": str(number), "prompt": prompt, "model": system.name, "music": to_json(piece)}
            rows.append({**row, "file": file, "temperature": 0.9, "top_p": 0.95, "purpose": "read"})
        rows.append({**rows[-2], "purpose": "curve", "temperature": 1.0, "file": None})
    real = [row["model"] == "real" for row in rows]
    for name, chosen in (("real", real), ("samples", [not each for each in real])):
        pd.DataFrame(rows)[chosen].to_parquet(folder / f"{name}.parquet")
    return folder


def test_every_prompt_has_a_roll_a_player_and_a_file_of_each_system(samples: Path):
    shown = page.markup(samples)
    assert re.findall(r"<h3>(.*?)</h3>", shown) == ["C major 4/4", "harmonise &lt;G&gt; major 4/4"]
    assert re.findall(r"<figcaption>(.*?)</figcaption>", shown) == 2 * TITLES
    assert shown.count("<svg ") == shown.count("data:audio/midi;base64,TVRoZ") == shown.count("data-notes=") == 8
    assert "temperature 0.9, top-p 0.95" in shown
    assert "http" not in shown.replace("http://www.w3.org/2000/svg", ""), "it needs nothing else"
    for figure in re.findall(r"<figure.*?</figure>", shown, re.DOTALL):
        ElementTree.fromstring(figure)


def test_what_terminal_and_card_say(samples: Path):
    (prompt, files), _ = page.shown(samples, 5)
    assert prompt == "C major 4/4"
    assert list(files) == [system.name for system in SYSTEMS]
    assert all(Path(file).is_file() for file in files.values())
    assert "promptgan generate --prompt 'C major 4/4' --model models/adversarial" in page.card(
        samples, "models/adversarial"
    )


@pytest.mark.skipif(not BROWSER, reason="needs a Chromium, which is too large to install for one test")
def test_a_browser_plays_what_is_clicked(samples: Path, tmp_path: Path):
    """The second button stops the first; what it sounds is rendered offline, and is not silent when notes are."""
    offline = "AudioContext = function () { return made = new OfflineAudioContext(1, 22050 * 2, 22050); };"
    act = """
      const buttons = [...document.querySelectorAll("button")], [first, second] = buttons, said = [];
      const pressed = () => buttons.map(button => button.ariaPressed === "true" ? 1 : 0).join("");
      OfflineAudioContext.prototype.resume = async () => {};
      first.click(); said.push(pressed()); second.click(); said.push(pressed());
      said.push(document.querySelectorAll("svg > path").length);
      made.startRendering().then(buffer => {
        const samples = buffer.getChannelData(0);
        const loudest = (from, to) => Math.max(...samples.slice(from * 22050, to * 22050).map(Math.abs)).toFixed(2);
        second.click();
        document.title = [...said, loudest(0, 0.5), loudest(0.7, 1), pressed()].join(" ");
      });
    """
    document = tmp_path / "page.html"
    markup = page.markup(samples)
    document.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><script>let made; {offline}</script>{markup}<script>{act}</script>',
        encoding="utf-8",
    )
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--virtual-time-budget=5000", "--dump-dom", document.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title, dom[:500]
    first, second, heads, before, during, after = html.unescape(title[1]).split()
    assert (first, second, heads, after) == ("10000000", "01000000", "1", "00000000")
    assert float(before) == 0 < 0.1 < float(during) < 1
