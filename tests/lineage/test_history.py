"""The commits whose lock holds given bytes."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from promptgan.lineage import lock
from promptgan.lineage.history import History
from promptgan.lineage.lock import File
from tests.lineage.traced_run import commit, entry
from tests.pipeline.clone import Clone


def recorded(file: File) -> dict[str, Any]:
    found = History().find(file)
    assert isinstance(found, dict)
    return found


def other_model(clone: Clone, number: int) -> File:
    """Give the lock the model that another training would have made."""
    model = entry("models/adversarial")
    path = clone.path / "dvc.lock"
    path.write_text(path.read_text().replace(model.md5, f"{number:032}.dir"))
    return entry("models/adversarial")


def test_the_only_commit_is_the_first_and_the_newest(own: Clone) -> None:
    found = recorded(entry("models/adversarial"))
    assert found["first"] == found["newest"]
    assert (found["first"]["id"], found["first"]["subject"]) == (own.git("rev-parse", "HEAD").strip(), "first results")
    assert found["head"]
    assert found["references"] == []


def test_first_and_newest_frame_the_commits_that_hold_it(own: Clone) -> None:
    first = own.git("rev-parse", "HEAD").strip()
    model, tokens = entry("models/adversarial"), entry("data/tokens")
    other = other_model(own, 1)
    second = commit(own, "another model")
    commit(own, "nothing of the pipeline")
    for file, newest, head in (
        (model, first, False),
        (tokens, second, True),
        (other, second, True),
    ):
        found = recorded(file)
        assert (found["newest"]["id"], found["head"]) == (newest, head)
    assert recorded(tokens)["first"]["id"] == first


def test_what_no_commit_holds_is_not_recorded(own: Clone) -> None:
    other_model(own, 1)
    commit(own, "another model")
    assert History().find(other_model(own, 2)) == "not recorded"


def test_the_same_bytes_under_another_path_do_not_count(own: Clone) -> None:
    model = entry("models/adversarial")
    assert History().find(File("models/elsewhere", model.md5, model.size, model.files)) == "not recorded"


def test_an_experiment_beside_heads_history_is_found_and_named(own: Clone) -> None:
    own.git("checkout", "--quiet", "-b", "aside")
    model = other_model(own, 1)
    there = commit(own, "experiment")
    own.git("update-ref", "refs/exps/ab/cdef/brave-owl", there)
    own.git("checkout", "--quiet", "main")
    own.git("branch", "--quiet", "-D", "aside")
    found = recorded(model)
    assert (found["first"]["id"], found["references"], found["head"]) == (there, ["experiment brave-owl"], False)


def test_a_merged_side_branch_whose_lock_did_not_win_is_found(own: Clone) -> None:
    own.git("checkout", "--quiet", "-b", "aside")
    model = other_model(own, 1)
    there = commit(own, "aside")
    own.git("checkout", "--quiet", "main")
    commit(own, "meanwhile")
    own.git("merge", "--quiet", "--strategy", "ours", "--no-edit", "aside")
    found = recorded(model)
    assert (found["first"]["id"], found["references"]) == (there, [])


def test_a_broken_lock_in_the_history_is_passed_over(own: Clone) -> None:
    good = Path("dvc.lock").read_bytes()
    model = entry("models/adversarial")
    Path("dvc.lock").write_bytes(b"<<<<<<< HEAD\n" + good)
    commit(own, "unresolved")
    Path("dvc.lock").write_bytes(good)
    assert recorded(model)["newest"]["subject"] == "first results"


def test_without_git_nothing_is_recorded(own: Clone) -> None:
    shutil.rmtree(".git")
    assert History().find(entry("models/adversarial")) == "not recorded"


def test_of_hundreds_of_commits_few_locks_are_parsed(own: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Path("dvc.lock").read_text()
    stream = []
    for number in range(400):
        text = f"# {number}\n{content}".encode()
        stream.append(
            b"commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\nx\n" % (2_000_000_000 + number)
            + (b"from refs/heads/main^0\n" if number == 0 else b"")
            + b"M 100644 inline dvc.lock\ndata %d\n%s\n" % (len(text), text)
        )
    subprocess.run(["git", "fast-import", "--quiet", "--force"], input=b"".join(stream), check=True)
    parsed = []
    hashes = lock.hashes
    monkeypatch.setattr(lock, "hashes", lambda content: (parsed.append(1), hashes(content))[1])
    history = History()
    for _, file in lock.read().outputs():
        found = history.find(file)
        assert isinstance(found, dict)
        assert (found["first"]["subject"], found["newest"]["subject"]) == ("first results", "x")
    assert len(parsed) == 2
