import shutil
import subprocess
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from promptgan.commands.command import command
from promptgan.commands.doctor import doctor

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a clone holds, as far as the doctor looks at it."""
    for name in ("dvc.yaml", "params.yaml", "requirements.lock", ".gitignore", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    subprocess.run(["git", "init", "--quiet"], check=True)
    return tmp_path


def run(*arguments: str) -> Result:
    app = Typer()
    command(app)(doctor)
    return CliRunner().invoke(app, arguments)


def test_every_line_has_a_verdict_and_what_is_wrong_has_a_remedy() -> None:
    result = run()
    assert result.exit_code == 0, result.output
    *lines, last = result.output.splitlines()
    assert last == "no problem(s)"
    for line, following in zip(lines, [*lines[1:], last], strict=True):
        if line.startswith("note"):
            assert following.strip().startswith("-> ")
        else:
            assert line.startswith(("ok", " "))


def test_a_problem_is_the_exit_status(clone: Path) -> None:
    (clone / "requirements.lock").write_text("numpy==0.0.1\n")
    result = run("--remote")
    assert result.exit_code == 1
    assert "problem  packages        1 of 1 differ from requirements.lock: numpy" in result.output
    assert "remote answers" in result.output
    assert result.output.endswith("1 problem(s)\n")


def test_elsewhere_it_says_where_to_run_it(clone: Path) -> None:
    (clone / "dvc.yaml").unlink()
    result = run()
    assert result.exit_code == 1
    assert result.stderr.startswith("error: there is no dvc.yaml here\n  -> run this in the repository's own folder")
