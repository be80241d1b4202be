"""What dvc.lock says about stages and files."""

from pathlib import Path

import pytest

from promptgan.lineage import lock
from promptgan.lineage.lock import Lock, LockUnreadable, RevisionUnknown, Stage
from tests.lineage import traced_run
from tests.pipeline.clone import Clone


def names(stages: list[Stage]) -> list[str]:
    return [stage.name for stage in stages]


@pytest.fixture
def locked(own: Clone) -> Lock:
    return lock.read()


def test_every_stage_is_read_in_the_order_of_the_pipeline(locked: Lock) -> None:
    assert list(locked.stages) == list(traced_run.STAGES)
    assert locked.stages["train"].parameters == {"train": traced_run.PARAMETERS["train"]}


def test_a_file_is_made_by_the_stage_whose_output_it_lies_in(locked: Lock) -> None:
    assert names([s for s in [locked.producer("data/tokens/train.arrow")] if s]) == ["tokenize"]
    assert locked.producer("data") is None
    assert locked.producer("data/raw-other") is None


def test_consumers_are_direct_and_downstream_is_everything(locked: Lock) -> None:
    assert names(locked.consumers("data/raw/dataset.json")) == ["validate"]
    after_validate = ["tokenize", "pretrain", "train", "judges", "generate", "evaluate"]
    assert names(locked.downstream("data/excluded.csv")) == ["validate", *after_validate]
    assert names(locked.downstream("models/judges")) == ["evaluate"]
    assert names(locked.downstream("metrics/evaluation.json")) == []


def test_upstream_is_what_a_stage_depends_on_directly(locked: Lock) -> None:
    assert names(locked.upstream(locked.stages["generate"])) == ["validate", "pretrain", "train"]


def test_the_entry_that_holds_a_path_is_itself_or_its_folder(locked: Lock) -> None:
    held = {path: locked.holding(path) for path in ("data/tokens/x", "stages/train.py", "README.md")}
    assert [file.path if file else None for file in held.values()] == ["data/tokens", "stages/train.py", None]


def test_nothing_is_stale_after_a_run_and_a_newer_output_makes_its_users_so(own: Clone) -> None:
    before, tokens = lock.read(), traced_run.entry("data/tokens").md5
    assert all(before.stale(stage) == [] for stage in before.stages.values())
    (own.path / "dvc.lock").write_text(swap_last(own.lock().decode(), tokens, "0" * 32 + ".dir"))
    after = lock.read()
    assert {s.name for s in after.stages.values() if after.stale(s)} == {"evaluate"}
    used, made = after.stale(after.stages["evaluate"])[0]
    assert (used.md5, made.md5) == ("0" * 32 + ".dir", tokens)


def test_hashes_of_bytes_are_those_of_outputs_and_dependencies(own: Clone) -> None:
    found = lock.hashes(own.lock())
    assert ("models/adversarial", traced_run.entry("models/adversarial").md5) in found
    assert {path for path, _ in found} >= {"data/excluded.csv", "stages/train.py", "metrics/evaluation.json"}


@pytest.mark.parametrize(
    "content", [b"", b"<<<<<<< HEAD\nstages: {", b"stages: 3", b"\xff\xfe\x00", b"stages: {a: {outs: [1]}}"]
)
def test_bytes_that_are_no_lock_have_no_hashes(content: bytes) -> None:
    assert lock.hashes(content) == set()


def test_a_revision_is_read_from_git(own: Clone, locked: Lock) -> None:
    (own.path / "dvc.lock").unlink()
    assert lock.read("HEAD") == locked
    with pytest.raises(RevisionUnknown, match="nowhere:"):
        lock.read("nowhere")


def test_a_missing_or_broken_lock_is_named_with_its_remedy(own: Clone) -> None:
    Path("dvc.lock").write_text("stages: [")
    with pytest.raises(LockUnreadable, match="git checkout"):
        lock.read()
    Path("dvc.lock").unlink()
    with pytest.raises(LockUnreadable, match="make run"):
        lock.read()


def test_a_stage_that_the_pipeline_no_longer_has_is_forgotten(own: Clone) -> None:
    text = Path("dvc.lock").read_text()
    Path("dvc.lock").write_text(text.replace("\n  evaluate:", "\n  assess:"))
    found = lock.read()
    assert found.forgotten == ("assess",)
    assert "evaluate" not in found.stages


def swap_last(text: str, old: str, new: str) -> str:
    """The last occurrence in dvc.lock, which DVC orders as it ran: here a dependency of evaluate."""
    start = text.index("\n  evaluate:")
    return text[:start] + text[start:].replace(old, new, 1)
