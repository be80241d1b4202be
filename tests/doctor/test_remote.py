import socket
from pathlib import Path

import pytest
from dvc.repo import Repo

from promptgan.doctor import remote
from promptgan.doctor.finding import Finding, Verdict


def configure(root: Path, name: str = "store", **settings: str) -> Repo:
    """A repository with one remote, the default."""
    lines = "".join(f"    {key} = {value}\n" for key, value in settings.items())
    (root / ".dvc/config").write_text(f"[core]\n    remote = {name}\n['remote \"store\"']\n{lines}")
    return Repo()


def test_no_remote_is_noted(root: Path) -> None:
    assert remote.configured(Repo()) == Finding(
        "remote",
        "none is the default: `dvc pull` and `dvc push` refuse",
        Verdict.note,
        "name one: docs/sharing.md",
    )
    assert remote.answers(Repo()).verdict is Verdict.note


def test_an_unknown_default_is_a_problem(root: Path) -> None:
    found = remote.configured(configure(root, name="stroe", url="../store"))
    assert found.verdict is Verdict.problem
    assert "remote 'stroe' doesn't exist" in found.found


def test_a_folder_that_no_push_has_made_is_noted_with_what_to_do(root: Path) -> None:
    repo = configure(root, url="../../store")
    found = remote.configured(repo)
    assert found.verdict is Verdict.note
    assert found.found == f"store, {root.parent / 'store'}: nothing was pushed yet, so `dvc pull` finds nothing"
    assert found.remedy.startswith("`make run` makes every file; `dvc push` creates the folder")
    assert not (root.parent / "store").exists()
    (root.parent / "store").mkdir()
    assert remote.configured(repo).verdict is Verdict.ok


def test_a_folder_that_takes_no_push_is_a_problem(root: Path, request: pytest.FixtureRequest) -> None:
    repo = configure(root, url="../../store")
    (root.parent / "store").write_text("")
    assert "cannot write: Not a directory" in remote.configured(repo).found
    (root.parent / "store").unlink()
    (root.parent / "store").mkdir(mode=0o555)
    request.getfixturevalue("somebody_else")
    found = remote.configured(repo)
    assert found.verdict is Verdict.problem
    assert "cannot write: Permission denied" in found.found


@pytest.mark.parametrize("url", ["s3://bucket/folder", "ssh://someone@host.invalid/folder"])
def test_a_remote_whose_plugin_is_installed_is_fine(root: Path, url: str) -> None:
    found = remote.configured(configure(root, url=url))
    assert found.verdict is Verdict.ok, found.found
    assert "`promptgan doctor --remote` asks it" in found.found


def test_a_missing_plugin_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = remote.configured(configure(root, url="gs://bucket/folder"))
    assert (found.verdict, found.found) == (
        Verdict.problem,
        "store, gs://bucket/folder: the package dvc-gs is not installed",
    )
    assert found.remedy.endswith("-m pip install dvc-gs")
    monkeypatch.setattr(remote, "LOCKED", ("gs",))
    assert remote.configured(Repo()).remedy == "make tools"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"url": "s3://bucket/folder", "secret_access_key": "hidden"}, "remote.store.secret_access_key"),
        ({"url": "ssh://host/folder", "password": "hidden"}, "remote.store.password"),
        ({"url": "ssh://someone:hidden@host/folder"}, "remote.store.url"),
    ],
)
def test_a_secret_that_git_would_see_is_a_problem(root: Path, settings: dict[str, str], key: str) -> None:
    found = remote.secrets(configure(root, **settings))
    assert found.verdict is Verdict.problem
    assert key in found.found
    assert "hidden" not in f"{found} {remote.configured(Repo())}"


def test_what_is_no_secret_and_what_git_does_not_see_is_fine(root: Path) -> None:
    configure(root, url="ssh://someone@host/folder", ask_password="true", keyfile="~/.ssh/id_ed25519")
    (root / ".dvc/config.local").write_text("['remote \"store\"']\n    password = hidden\n")
    assert remote.secrets(Repo()).verdict is Verdict.ok


def test_a_folder_answers(root: Path) -> None:
    repo = configure(root, url="../../store")
    assert remote.answers(repo).found == "store answers and holds nothing"
    (root.parent / "store/files").mkdir(parents=True)
    assert remote.answers(repo) == Finding("remote answers", "store lists 1 entries")


def test_a_host_that_refuses_is_a_problem(root: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = remote.answers(configure(root, url="ssh://127.0.0.1/folder", port=str(port), user="nobody"))
    assert found.verdict is Verdict.problem
    assert "Connect call failed" in found.found
    assert ".dvc/config.local" in found.remedy


def test_a_host_that_says_nothing_is_not_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 3.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = str(silent.getsockname()[1])
        found = remote.answers(configure(root, url="ssh://127.0.0.1/folder", port=port, user="nobody"))
    assert (found.verdict, found.found) == (Verdict.problem, "store: no answer in 3 s")
