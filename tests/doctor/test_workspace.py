import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dvc.repo import Repo

from promptgan.doctor import workspace
from promptgan.doctor.finding import Verdict
from promptgan.experiments import compare, search_study

PIPELINE = "stages: {make: {cmd: x, outs: [first, folder]}}\n"
LOCK = """schema: '2.0'
stages:
  make:
    cmd: x
    outs:
    - {path: first, hash: md5, md5: 00112233445566778899aabbccddeeff, size: 1}
    - {path: folder, hash: md5, md5: 0112233445566778899aabbccddeeff0.dir, size: 1, nfiles: 1}
"""


@pytest.fixture
def ran(root: Path) -> Path:
    """A repository that says that a stage has run, and holds none of its outputs."""
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "dvc.lock").write_text(LOCK)
    return root


def put_in_cache(root: Path, md5: str, content: str = "x") -> None:
    path = root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True)
    path.write_text(content)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_the_cache_is_measured(root: Path) -> None:
    assert workspace.cache(Repo()).found.startswith(".dvc/cache: 0 files, 0 B; outputs by ")
    assert not (root / ".dvc/cache").exists(), "looking at the cache makes none"
    put_in_cache(root, "00112233445566778899aabbccddeeff")
    found = workspace.cache(Repo())
    assert (found.verdict, found.found.split(";")[0]) == (Verdict.ok, ".dvc/cache: 1 files, 1 B")
    assert [path.name for path in root.iterdir() if path.is_file()] == [], "looking leaves nothing behind"


def test_a_cache_that_is_no_folder_is_a_problem(root: Path) -> None:
    (root / ".dvc/cache").write_text("")
    found = workspace.cache(Repo())
    assert (found.verdict, found.found) == (Verdict.problem, ".dvc/cache: Not a directory")


def test_a_cache_that_cannot_be_written_is_a_problem(root: Path, request: pytest.FixtureRequest) -> None:
    (root / ".dvc/cache").mkdir(mode=0o555)
    repo = Repo()
    request.getfixturevalue("somebody_else")
    found = workspace.cache(repo)
    assert (found.verdict, found.found) == (Verdict.problem, ".dvc/cache: Permission denied")
    assert "dvc cache dir --local" in found.remedy


def test_a_link_that_the_disk_does_not_know_is_a_problem(root: Path) -> None:
    (root / ".dvc/config").write_text("[cache]\n    type = reflink\n")
    found = workspace.cache(Repo())
    if found.verdict is Verdict.ok:
        pytest.skip("this disk knows reflinks")
    assert found.remedy == "`dvc config --local cache.type copy`; reflink does not work here"


def test_nothing_has_run(root: Path) -> None:
    assert workspace.outputs()[0].remedy == "make run"


def test_outputs_are_here_in_the_cache_or_nowhere(ran: Path) -> None:
    found = workspace.outputs()[0]
    assert found.found == "2 of the 2 of dvc.lock are missing: first, folder"
    assert "`dvc pull` where the remote has them; `make run`" in found.remedy

    put_in_cache(ran, "00112233445566778899aabbccddeeff")
    listing = '[{"md5": "21112233445566778899aabbccddeeff", "relpath": "one"}]'
    (ran / "dvc.lock").write_text(LOCK.replace("0112233445566778899aabbccddeeff0", md5(listing)))
    put_in_cache(ran, f"{md5(listing)}.dir", listing)
    found = workspace.outputs()[0]
    assert found.found.endswith("first, folder; the cache lacks 1 of these"), "a listing is not what it lists"
    assert "`make run`" in found.remedy
    put_in_cache(ran, "21112233445566778899aabbccddeeff")
    assert "`dvc checkout`" in workspace.outputs()[0].remedy

    (ran / "dvc.yaml").write_text("stages: {make: {cmd: x, outs: [folder, first: {cache: false}]}}\n")
    both = "`git checkout first`; `dvc checkout` takes them from the cache"
    assert workspace.outputs()[0].remedy == both, "DVC does not keep what lies in Git"
    (ran / "folder").mkdir()
    assert workspace.outputs()[0].remedy == "`git checkout first`"

    (ran / "first").write_text("x")
    assert workspace.outputs()[0].verdict is Verdict.ok


def test_outputs_that_an_emptied_cache_no_longer_holds_are_noted(ran: Path) -> None:
    (ran / "first").write_text("x")
    (ran / "dvc.yaml").write_text("stages: {make: {cmd: x, outs: [folder, first: {cache: true}]}}\n")
    found = workspace.outputs()[1]
    assert (found.verdict, found.found) == (
        Verdict.note, "1 of 1 outputs are here and not, or not wholly, in the cache: first"
    )  # fmt: skip
    assert "`dvc commit`" in found.remedy
    (ran / "dvc.yaml").write_text("stages: {make: {cmd: x, outs: [folder, first: {cache: false}]}}\n")
    assert workspace.outputs()[1].verdict is Verdict.ok, "Git keeps it"
    (ran / "dvc.yaml").write_text(PIPELINE)
    put_in_cache(ran, "00112233445566778899aabbccddeeff")
    assert workspace.outputs()[1].verdict is Verdict.ok


def test_a_record_that_is_excluded_no_longer_is_noted(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data/excluded.csv").write_text("data,id,reason\ntalk,a-1,\n")
    assert workspace.exclusions().found == "1 record excluded"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "add", "data"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "a"], check=True)
    (root / "data/excluded.csv").write_text("data,id,reason\n")
    assert workspace.exclusions().found.startswith("HEAD excludes 1 record that data/excluded.csv here does not: a-1")


def test_a_lock_with_conflict_markers_is_a_problem(ran: Path) -> None:
    (ran / "dvc.lock").write_text(f"<<<<<<< ours\n{LOCK}=======\n{LOCK}>>>>>>> theirs\n")
    found = workspace.outputs()[0]
    assert found.verdict is Verdict.problem
    assert "after a merge see docs/troubleshooting.md" in found.remedy


def test_checkpoints_are_counted(tmp_path: Path) -> None:
    assert workspace.checkpoints(tmp_path).verdict is Verdict.ok
    for stage in ("pretrain", "train"):
        (tmp_path / f"checkpoints/{stage}-0123").mkdir(parents=True)
        (tmp_path / f"checkpoints/{stage}-0123/state.pt").write_bytes(bytes(2000))
    assert workspace.checkpoints(tmp_path).found == "2 of interrupted trainings (pretrain, train), 4 kB"


def test_copies_of_experiments_are_counted(tmp_path: Path) -> None:
    assert workspace.experiments(tmp_path).verdict is Verdict.ok
    for folder in ("exps/tmp1", "exps/standalone/tmp2"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "dvc.yaml").write_bytes(bytes(500))
    assert workspace.experiments(tmp_path).found == f"2 copies in {tmp_path / 'exps'}, 1 kB"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_copies_of_a_comparison_that_runs_are_not_to_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (compare.CLONES / "text-hinge-s1").mkdir(parents=True)
    (compare.CLONES / "text-hinge-s1/dvc.yaml").touch()
    with locked(compare.CLONES / "lock"):
        found = workspace.experiments(Path(".dvc/tmp"))
    assert found.found.endswith("; `promptgan compare` is running")
    assert "wait for it" in found.remedy
    assert "delete the copies" in workspace.experiments(Path(".dvc/tmp")).remedy


def test_what_stopped_searches_have_left_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(".dvc/tmp")
    assert workspace.searches(folder).verdict is Verdict.ok
    for name in ("fine/t0/repository", "fine/t1/checkpoints", "whole/t0/live"):
        (search_study.FOLDER / name).mkdir(parents=True)
        (search_study.FOLDER / name / "file").write_bytes(bytes(500))
    (search_study.FOLDER / "fine.db").touch()
    found = workspace.searches(folder)
    assert (found.verdict, found.found) == (Verdict.note, "trials of fine that were stopped, 1 kB")
    assert "`rm -r .dvc/tmp/search/NAME .dvc/tmp/search/NAME.db`" in found.remedy
    with locked(search_study.FOLDER / "fine/lock"):
        found = workspace.searches(folder)
    assert (found.verdict, found.found) == (Verdict.ok, "running: fine")


def test_locks_of_the_living_and_of_the_dead_are_noted(tmp_path: Path) -> None:
    assert workspace.locks(tmp_path).found == "free"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    def held(process: int) -> str:
        entry = {"pid": process, "cmd": "dvc repro"}
        (tmp_path / "rwlock").write_text(json.dumps({"read": {"/x": [entry]}, "write": {"/y": entry}}))
        return workspace.locks(tmp_path).found

    assert held(os.getpid()) == f"held by process {os.getpid()}"
    assert held(gone.pid) == "held by a process that is gone"
    for text in ("", "{}"):
        (tmp_path / "rwlock").write_text(text)
        assert workspace.locks(tmp_path).verdict is Verdict.ok
    for text in ("{", "[]", '{"read": 1}', '{"read": {"/x": [{}]}}'):
        (tmp_path / "rwlock").write_text(text)
        assert "cannot be read" in workspace.locks(tmp_path).found


def test_the_lock_of_a_dvc_that_runs_is_noted_and_that_of_a_dead_one_is_free(tmp_path: Path) -> None:
    program = (
        "import sys, time, zc.lockfile; held = zc.lockfile.LockFile(sys.argv[1]); print(1, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert workspace.locks(tmp_path).found == "held by another dvc"
        process.kill()
    assert (tmp_path / "lock").exists()
    assert workspace.locks(tmp_path).found == "free"
