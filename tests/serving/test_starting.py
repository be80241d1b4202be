"""What stands in the way of a start is told, with a remedy and without a traceback."""

import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.commands.serve import _served
from promptgan.lineage import release, signature
from promptgan.networks import folder
from promptgan.serving import run
from promptgan.serving.places import NothingToServe, Place
from promptgan.serving.worker import load
from tests.lineage import small_run
from tests.tasks.music.models import write_model as write_music


def serve(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    assert "\n  -> " in result.stderr
    return result.stderr


def test_a_port_that_is_taken(model: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = serve("--model", str(model), "--port", str(port), "--log", str(tmp_path / "log"))
    assert f"127.0.0.1:{port} cannot be listened on" in said


def test_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "models/adversarial holds no model" in serve()
    assert "no name for a model" in serve("--model", "a/b=models")
    assert "two models are called a" in serve("--model", "a=x", "--model", "y/a")


def test_a_model_is_not_its_own_shadow(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `--shadow next=models/adversarial` would have it where no model is named."""
    monkeypatch.chdir(tmp_path)
    for name in ("adversarial", "pretrained"):
        shutil.copytree(model, Path("models", name))
    assert _served() == ["adversarial=models/adversarial", "twin=models/pretrained"]
    assert "its own shadow" in serve("--shadow", "next=models/adversarial")


def test_what_writes_no_texts_is_no_shadow(model: Path, tmp_path: Path) -> None:
    """A request that its worker cannot answer would end worker after worker."""
    write_music(tmp_path / "music", "key")
    models = ("--model", f"tiny={model}", "--shadow", str(tmp_path / "music"))
    said = serve(*models, "--port", "0", "--log", str(tmp_path / "log"))
    assert "music answers with no texts" in said and "Traceback" not in said


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_broken_index(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models/adversarial").mkdir(parents=True)
    Path("models/adversarial/index.json").write_text(content)
    assert _served() == ["adversarial=models/adversarial"], "whoever loads it says what is wrong"


def test_a_list_of_words_that_nobody_reads_is_refused(model: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--model", str(model), "--words", "words"])
    assert result.exit_code == 2
    assert "--moderation words" in result.stderr


def test_an_address_is_told_as_browsers_read_it() -> None:
    try:
        listening = run._listen("::1", 0)
    except run.PortTaken:
        pytest.skip("there is no IPv6 here")
    with listening:
        assert run._url(listening) == f"http://[::1]:{listening.getsockname()[1]}"


def test_keys_that_cannot_be_read(model: Path, tmp_path: Path) -> None:
    assert "cannot be read as keys" in serve("--model", str(model), "--keys", str(tmp_path))


def test_a_log_that_is_none(model: Path, tmp_path: Path) -> None:
    assert "is no log that can be used" in serve("--model", str(model), "--port", "0", "--log", str(tmp_path))


def test_a_broken_model(model: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(model, tmp_path / "broken")
    (broken / "generator.safetensors").write_bytes(b"no")
    said = serve("--model", str(broken), "--port", "0", "--log", str(tmp_path / "log"))
    assert "cannot be loaded" in said
    assert "Traceback" not in said


def test_a_stage_that_was_not_used_holds_no_model(tmp_path: Path) -> None:
    folder.save_none(tmp_path, "no adversarial phase")
    with pytest.raises(folder.NotAModelFolder, match="no adversarial phase"):
        load(Place("m", tmp_path), "cpu", None)


@pytest.mark.usefixtures("one_thread")
def test_a_release_is_served_only_as_it_was_signed(
    validated: Path, tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    small_run.make(tmp_path / "run", validated, tokens)
    monkeypatch.chdir(tmp_path / "run")
    public, others = (signature.make_key(tmp_path / name) for name in ("key.pem", "other.pem"))
    release.build(Path("models/adversarial"), tmp_path / "release", tmp_path / "key.pem", False)
    place = Place("released", tmp_path / "release")
    assert load(place, "cpu", public).facts["kinds"][0] == "generate"
    assert place.card
    with pytest.raises(signature.WrongSignature):
        load(place, "cpu", others)
    with pytest.raises(NothingToServe, match="is no release"):
        load(Place("m", tmp_path / "run" / "models" / "adversarial"), "cpu", public)
    from promptgan.lineage.released import ReleaseBroken

    (place.path / "metrics" / "train.json").write_text("{}")
    with pytest.raises(ReleaseBroken, match=r"metrics/train\.json: was changed"):
        load(place, "cpu", None)
