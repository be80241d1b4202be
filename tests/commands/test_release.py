"""`promptgan release`: what it prints, and its exit codes."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promptgan.commands.release import app
from tests.lineage import small_run

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory, validated: Path, tokens: Path) -> Path:
    folder = tmp_path_factory.mktemp("run")
    small_run.make(folder, validated, tokens)
    return folder


@pytest.fixture(autouse=True)
def _repository(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shutil.copytree(finished_run, tmp_path / "repository"))


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


def test_a_release_is_built_and_checked() -> None:
    output = run("build").output.splitlines()
    assert output[0].startswith("release: 19 files, 0.")
    assert output[1].startswith("not signed: nobody can tell who made it")
    assert output[2] == "next: promptgan release verify release"
    assert run("verify", "release").output.splitlines() == [
        "files: 19, all as in SHA256SUMS",
        "lineage: model, samples, metrics, card and records are those of one run; the model is models/adversarial",
        "answers: 11 of 11 drawn again are the same",
        "signature: none; this release is not signed",
        "without a key this shows that the folder agrees with itself, not who made it",
    ]


def test_a_signed_release_is_checked_with_the_public_key(tmp_path: Path) -> None:
    key = str(tmp_path / "key.pem")
    assert "keep it secret" in run("key", key).output
    assert f"signed with {key}" in run("build", "--out", "signed", "--key", key).output
    assert f"signature: right; {key}.pub checks it" in run("verify", "signed", "--public-key", f"{key}.pub").output


def test_what_is_wrong_is_named_without_a_traceback() -> None:
    run("build")
    Path("release/metrics/train.json").write_text("{}")
    refused = run("verify", "release", code=1).stderr
    assert refused.startswith("error: release is not as it was released: 1 problem(s)\n")
    assert "\n  metrics/train.json: was changed; " in refused
    assert "add --force" in run("build", code=1).stderr
    Path("params.yaml").write_text("seed: 1\n")
    assert "the pipeline is not finished" in run("build", "--force", code=1).stderr
    assert Path("release/metrics/train.json").read_text() == "{}", "the old one stays where a new one is refused"
