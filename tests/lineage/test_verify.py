"""`promptgan lineage verify` on a pipeline of two trivial stages: what holds for every pipeline."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from promptgan.commands.lineage import app
from promptgan.lineage import hashes, lock
from promptgan.lineage.evidence import Evidence
from promptgan.lineage.verify import MOST, examine, verify
from promptgan.terms.audit import NOTHING, Found, differences

PIPELINE = """
stages:
  first:
    cmd: cp code/${choice.name}.py made/a
    deps: ["code/${choice.name}.py"]
    params: [choice]
    outs: [made]
  second:
    cmd: wc made/a > metrics.json
    deps: [made]
    metrics: [{metrics.json: {cache: false}}]
"""


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def file(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "hash": "md5", "md5": md5(content), "size": len(content)}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which both stages have run."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"code/x.py": b"code", "made/a": b"a", "made/b/c": b"c", "metrics.json": b"{}"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "requirements.lock").write_text("# nothing is pinned\n")
    (tmp_path / "params.yaml").write_text("choice: {name: x, size: 1}\n")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    made = {"path": "made", "hash": "md5", "md5": hashes.md5_of_listing({"a": md5(b"a"), "b/c": md5(b"c")})}
    made |= {"size": 2, "nfiles": 2}
    stages = {
        "first": {
            "cmd": "cp code/x.py made/a",
            "deps": [file("code/x.py", b"code")],
            "params": {"params.yaml": {"choice": {"name": "x", "size": 1}}},
            "outs": [made],
        },
        "second": {"cmd": "wc made/a > metrics.json", "deps": [made], "outs": [file("metrics.json", b"{}")]},
    }
    write_lock(lambda _: stages)
    return tmp_path


def write_lock(edit: Callable[[dict[str, Any]], Any]) -> None:
    before = yaml.safe_load(Path("dvc.lock").read_text())["stages"] if Path("dvc.lock").exists() else {}
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": edit(before)}, sort_keys=False))


def links(result: list[Any]) -> list[str]:
    return [broken.link for broken in result]


def run(*arguments: str, code: int) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


RECORD = "A stage's run.json agrees with the files it read, with dvc.lock, requirements.lock and this interpreter."


def test_a_folder_is_hashed_as_dvc_does(tmp_path: Path) -> None:
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree

    files = {"b": md5(b"1"), "a/é": md5(b"2"), "a b": md5(b"3"), "A": md5(b"4")}
    theirs = Tree()
    for name, content in files.items():
        theirs.add(tuple(name.split("/")), None, HashInfo("md5", content))
    theirs.digest()
    assert hashes.md5_of_listing(files) == theirs.hash_info.value


def test_a_file_is_hashed_once_for_both_algorithms(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    digest = hashes.digest(tmp_path / "a")
    assert digest == hashes.Digest(md5(content), hashlib.sha256(content).hexdigest(), len(content))
    assert hashes.md5_of(tmp_path / "a") == digest.md5


def test_a_stage_without_a_record_is_all_that_is_broken(repository: Path) -> None:
    assert links(verify().broken) == [f"{RECORD} (stage first)"]


def test_what_is_added_to_an_output_counts_whatever_dvcignore_says(repository: Path) -> None:
    (repository / ".dvcignore").write_text("more\n")
    (repository / "made/more").write_bytes(b"")
    (repository / "made/__pycache__").mkdir()
    (repository / "made/__pycache__/x.pyc").write_bytes(b"")
    broken = examine(Evidence(), checks=[])[0]
    assert (broken.link, "3 files" in broken.found) == ("made -> dvc.lock (stage first)", True)


def test_a_metric_is_restored_from_git_and_a_folder_by_dvc(repository: Path) -> None:
    (repository / "metrics.json").write_text("[]")
    (repository / "made/a").write_text("z")
    remedies = {broken.link: broken.remedy for broken in examine(Evidence(), checks=[])}
    assert remedies["metrics.json -> dvc.lock (stage second)"].startswith("`git checkout metrics.json`")
    assert remedies["made -> dvc.lock (stage first)"].startswith("`dvc checkout made`")


def test_a_template_is_filled_from_the_parameters(repository: Path) -> None:
    (repository / "params.yaml").write_text("choice: {name: y, size: 1}\n")
    found = {broken.link: broken for broken in verify().broken}
    assert found["params.yaml choice.name -> dvc.lock (stage first)"].found == "y"
    dependencies = found["dvc.yaml dependencies (stage first) -> dvc.lock (stage first)"]
    assert (dependencies.expected, dependencies.found) == (
        "declared alone: code/y.py",
        "in the lock alone: code/x.py",
    )


def test_a_stage_that_has_not_run_is_not_verifiable_and_named(repository: Path) -> None:
    write_lock(lambda stages: {"first": stages["first"]})
    broken = next(b for b in verify().broken if b.link == "dvc.yaml (stage second) -> dvc.lock")
    assert "has not run" in broken.found


def test_stages_that_wait_for_a_run_are_named_first_and_what_follows_is_folded(repository: Path) -> None:
    def first_ran_again(stages: dict[str, Any]) -> dict[str, Any]:
        again = hashes.md5_of_listing({"a": md5(b"z"), "b/c": md5(b"c")})
        stages["first"]["outs"] = [{**stages["first"]["outs"][0], "md5": again}]
        return stages

    (repository / "made/a").write_bytes(b"z")
    (repository / "metrics.json").write_text("[]")
    write_lock(first_ran_again)
    found = verify()
    lines = list(found.lines())
    assert lines[0].startswith("first: not run since what they read changed: second (made); `make run` runs them")
    shown = [line.removeprefix("BROKEN  ") for line in lines if line.startswith("BROKEN")]
    assert "metrics.json -> dvc.lock (stage second)" in shown, "bytes that were edited are no consequence"
    assert "dvc.lock made (read by stage second) -> dvc.lock (stage first)" in shown, "the first of the causes"

    (repository / "params.yaml").write_text("choice: {name: x, size: 2}\n")
    lines = list(verify().lines())
    assert lines[0].startswith("first: not run since what they read changed: first (params.yaml choice.size), second")
    assert f"BROKEN  {RECORD} (stage first)" not in lines, "a record of a run that is to be made anew"
    assert "and 1 more, which follows from the stages named first (--json lists all)" in lines
    assert len(json.loads(run("verify", "--json", code=1).stdout)["broken"]) == len(links(verify().broken))


def test_another_lock_than_the_committed_one_is_said_before_the_links_it_breaks(repository: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "a"]):
        subprocess.run([*git, *command], check=True)
    assert verify().first == []
    text = Path("dvc.lock").read_text()
    Path("dvc.lock").write_text(text.replace(md5(b"{}"), "0" * 32))
    assert verify().first[0].startswith("dvc.lock is not the committed one; where no stage has run since")
    assert "`git checkout dvc.lock` comes before every remedy below" in run("verify", code=1).output.splitlines()[0]


def test_a_missing_file_is_no_exception(repository: Path) -> None:
    def reads(evidence: Evidence) -> Any:
        """It is there."""
        evidence.text("gone.txt")
        yield from ()

    (broken,) = examine(Evidence(), [], [(reads, frozenset())])
    assert (broken.found, "Errno" in broken.found) == ("gone.txt: no such file", False)


def test_a_stage_that_is_gone_is_ignored_and_named(repository: Path) -> None:
    write_lock(lambda stages: {**stages, "former": {"cmd": "true", "outs": [file("gone", b"")]}})
    verification = verify()
    assert links(verification.broken) == [f"{RECORD} (stage first)"]
    assert verification.notes[0] == "dvc.lock still has stage former, which dvc.yaml no longer has: ignored"


def test_outside_of_git_is_a_note(repository: Path) -> None:
    assert any(note.startswith("Git cannot be asked: ") for note in verify().notes)


def test_a_check_that_trips_over_a_file_is_a_broken_link(repository: Path) -> None:
    def trips(evidence: Evidence, stage: lock.Stage) -> Any:
        """Nothing is wrong."""
        yield from {}["missing"]

    (broken, _) = examine(Evidence(), [trips], [])
    assert broken.link == "Nothing is wrong. (stage first)"
    assert broken.found == "KeyError: 'missing'"


def test_of_very_many_broken_links_the_first_are_named(repository: Path) -> None:
    def breaks(evidence: Evidence) -> Any:
        """All hold."""
        yield from (Found(f"{number} -> none", "", str(number), "mend it") for number in range(10**9))

    broken = links(examine(Evidence(), [], [(breaks, frozenset())]))
    assert broken == [*(f"{number} -> none" for number in range(MOST)), "All hold."]


@pytest.mark.timeout(20)
def test_a_pipe_does_not_make_it_wait(repository: Path) -> None:
    (repository / "made/a").unlink()
    os.mkfifo(repository / "made/a")
    assert links(verify().broken) == ["made/a -> dvc.lock"]


def test_an_unreadable_lock_is_refused(repository: Path) -> None:
    (repository / "dvc.lock").write_text("stages: [")
    assert "dvc.lock is not what DVC writes" in run("verify", code=1).stderr
    (repository / "dvc.lock").unlink()
    assert "run this at the top of the repository" in run("verify", code=1).stderr


def test_the_command_names_the_broken_link_and_exits_with_1(repository: Path) -> None:
    (repository / "code/x.py").write_text("other")
    output = run("verify", code=1).output
    assert "BROKEN  code/x.py -> dvc.lock (stage first)\n  expected  md5 " in output
    assert output.endswith("2 stages, 3 files: 2 broken link(s)\n")
    document = json.loads(run("verify", "--json", code=1).stdout)
    assert document["whole"] is False
    assert document["broken"][0]["link"] == "code/x.py -> dvc.lock (stage first)"
    assert document["broken"][0].keys() == {"link", "expected", "found", "remedy", "follows"}


def test_verifying_changes_nothing(repository: Path) -> None:
    def everything() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in repository.rglob("*")}

    before = everything()
    verify()
    assert everything() == before


def test_differences_are_named_by_their_key() -> None:
    assert list(differences({"a": {"b": 1, "c": None}}, {"a": {"b": 2}})) == [("a.b", 1, 2), ("a.c", None, NOTHING)]
    assert list(differences({"a": True}, {"a": 1})) == [("a", True, 1)]
    assert not list(differences({"a": [1, 2.0]}, {"a": [1, 2]}))
