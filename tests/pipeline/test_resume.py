"""A training that is killed, by whatever means, goes on where it was and ends with the bytes of one that was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.pipeline.clone import DVC, Clone, until


@pytest.fixture
def untrained(finished: Clone, tmp_path: Path) -> Clone:
    """A finished clone without its models, and without a cache that could give them back."""
    clone = finished.copy(tmp_path / "clone")
    for name in ("pretrained", "adversarial", "control"):
        clone.run("rm", "-r", f"models/{name}")
    clone.run("rm", "-r", ".dvc/cache", ".dvc/tmp/checkpoints")
    return clone


def stage_process(dvc: psutil.Process, stage: str) -> psutil.Process:
    """The process of a stage that DVC runs."""
    script = f"stages/{stage}.py"
    return next(child for child in dvc.children(recursive=True) if child.cmdline()[-1:] == [script])


def die(process: "subprocess.Popen[str]", stage: str, victim: str) -> None:
    """Kill -9 the stage, DVC alone, or both with their whole group, and wait until none of them trains."""
    trainer = stage_process(psutil.Process(process.pid), stage)
    if victim == "stage":
        trainer.kill()
        process.wait()
    elif victim == "dvc":
        process.kill()
        process.wait()
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    until(lambda: not trainer.is_running() or trainer.status() == psutil.STATUS_ZOMBIE, "the stage to die", 20)


def kill_while_training(clone: Clone, stage: str, victim: str, saves: int) -> None:
    """Start the pipeline up to ``train`` and kill ``victim`` after ``saves`` more checkpoints of ``stage``."""

    def enough() -> bool:
        assert process.poll() is None, "it ended before it was killed"
        seen.update(clone.saves(stage) - before)
        return len(seen) >= saves

    before, seen = clone.saves(stage), set[int]()
    with clone.started(*DVC, "repro", "train") as process:
        until(enough, f"{saves} checkpoints of {stage}")
        die(process, stage, victim)
    assert clone.checkpoints(stage), "no checkpoint to go on from"


@pytest.mark.slow
def test_a_training_killed_again_and_again_by_whatever_means_ends_with_the_same_bytes(
    untrained: Clone, finished: Clone
) -> None:
    kill_while_training(untrained, "pretrain", "stage", saves=2)
    kill_while_training(untrained, "pretrain", "dvc", saves=1)
    kill_while_training(untrained, "train", "group", saves=3)
    untrained.dvc("repro", "train")
    locks = sorted(path.name.rsplit("-")[0] for path in (untrained.path / ".dvc/tmp/checkpoints").glob("*.lock"))
    assert locks == ["pretrain", "train"], "a later run looked for another checkpoint than the first one's"
    assert not untrained.checkpoints("*"), "a checkpoint outlives its stage"
    trained = "pretrain", "train"
    assert untrained.hashes(*trained) == finished.hashes(*trained)


@pytest.mark.slow
def test_a_second_trainer_waits_and_takes_over_when_the_first_is_killed(untrained: Clone, finished: Clone) -> None:
    script = [sys.executable, "stages/pretrain.py"]
    with untrained.started(*script) as first:
        until(lambda: untrained.checkpoints("pretrain"), "a checkpoint")
        first.send_signal(signal.SIGSTOP)
        before = untrained.saves("pretrain")
        with untrained.started(*script) as second:
            assert second.stdout
            assert second.stdout.readline().startswith("waiting: another process trains in pretrain-")
            assert second.poll() is None
            assert untrained.saves("pretrain") == before
            first.kill()
            first.wait()
            said, _ = second.communicate()
            assert second.returncode == 0, said
    for name in ("models/pretrained/generator.safetensors", "metrics/pretrain.json", "plots/pretrain.csv"):
        assert (untrained.path / name).read_bytes() == (finished.path / name).read_bytes()
