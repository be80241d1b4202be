"""What exports and releases read of a run, and when they refuse it."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from promptgan.lineage import lock, packages
from promptgan.lineage.evidence import Evidence, FilesDiffer
from promptgan.lineage.tools import ToolMissing, tool
from promptgan.lineage.verify import waiting
from tests.lineage import small_run


def test_a_finished_run_has_no_changes(repository: Path) -> None:
    run = Evidence()
    assert waiting(run) == {}
    assert list(run.columns) == ["id", "group", "prompt", "text"]
    assert run.committed == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert set(run.runs) == {"validate", "train", "generate"}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("models/adversarial/index.json", "models/adversarial"),
        ("metrics/train.json", "metrics/train.json"),
        ("requirements.lock", "requirements.lock"),
    ],
)
def test_a_changed_output_is_named(repository: Path, path: str, named: str) -> None:
    (repository / path).write_text("{}")
    with pytest.raises(FilesDiffer, match=f"{named}: not the bytes that dvc.lock names") as error:
        _ = Evidence().outputs
    assert "dvc checkout" in error.value.remedy


@pytest.mark.parametrize("path", ["metrics/train.json", "requirements.lock"])
def test_a_missing_file_is_named(repository: Path, path: str) -> None:
    (repository / path).unlink()
    with pytest.raises(FilesDiffer, match=f"{path}: No such file"):
        _ = Evidence().outputs


def test_without_a_lock_there_is_nothing_to_tell(repository: Path) -> None:
    (repository / "dvc.lock").unlink()
    with pytest.raises(lock.LockUnreadable):
        Evidence()


def change_code() -> None:
    Path("stages/train.py").write_text("print('other')")


def change_parameter() -> None:
    parameters = yaml.safe_load(Path("params.yaml").read_text())
    parameters["train"]["guards"]["kl_limit"] = 2e-05
    Path("params.yaml").write_text(yaml.safe_dump(parameters))


def add_stage() -> None:
    pipeline = yaml.safe_load(Path("dvc.yaml").read_text())
    pipeline["stages"]["judge"] = {"cmd": "true"}
    Path("dvc.yaml").write_text(yaml.safe_dump(pipeline, sort_keys=False))


def rerun_only_one_stage() -> None:
    Path("data/raw/dataset.json").write_text('{"a": 2}\n')
    locked = yaml.safe_load(Path("dvc.lock").read_text())
    small_run.write_lock()
    again = yaml.safe_load(Path("dvc.lock").read_text())
    locked["stages"]["download"] = again["stages"]["download"]
    Path("dvc.lock").write_text(yaml.safe_dump(locked, sort_keys=False))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_code, {"train": ["stages/train.py"], "generate": [], "report": []}),
        (change_parameter, {"train": ["params.yaml train.guards.kl_limit"], "generate": [], "report": []}),
        (add_stage, {"judge": ["never run"]}),
        (rerun_only_one_stage, {"validate": ["data/raw"], "train": [], "generate": [], "report": []}),
    ],
)
def test_what_changed_since_the_run_is_told(repository: Path, change: object, told: dict[str, list[str]]) -> None:
    assert callable(change)
    change()
    assert waiting(Evidence()) == told


def test_compiled_python_is_no_change(repository: Path) -> None:
    (repository / "src/promptgan/__pycache__/more.pyc").write_text("compiled")
    assert waiting(Evidence()) == {}


def test_a_lock_that_no_commit_holds_has_no_time(repository: Path) -> None:
    subprocess.run(["git", "update-ref", "-d", "HEAD"], check=True)
    assert Evidence().committed is None


def test_packages_are_read_with_their_hashes() -> None:
    assert packages.read(small_run.LOCKED) == [
        packages.Package("numpy", "2.4.6"),
        packages.Package("PyYAML", "6.0.3", ("a" * 64,)),
        packages.Package("not-installed-here", "1.0"),
    ]


def test_a_missing_library_is_named_with_what_installs_it() -> None:
    for extra, here in (("release", "make tools"), ("serve", "pip install -r requirements-serve.lock")):
        with pytest.raises(ToolMissing, match="no_such_package cannot be imported") as error:
            tool("no_such_package.module", extra)
        assert error.value.remedy == f"`{here}` installs it; of a wheel `pip install 'promptgan[{extra}]'`"
