"""Checkpoints: what names them, what survives a kill, and that one process at a time has one."""

import random
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from promptgan.training.loop.checkpoint import Checkpoint, random_state, set_random_state

RUN = {"stage": "pretrain", "parameters": {"seed": 1}}


def test_what_was_saved_is_there_after_an_error_and_gone_after_success() -> None:
    with pytest.raises(KeyboardInterrupt), Checkpoint("pretrain", RUN) as first:
        assert first.load() is None
        first.save({"step": 1})
        first.save({"step": 2, "weights": torch.arange(3)})
        raise KeyboardInterrupt
    with Checkpoint("pretrain", RUN) as second:
        state = second.load()
        assert state is not None
        assert (state["step"], state["weights"].tolist()) == (2, [0, 1, 2])
    with Checkpoint("pretrain", RUN) as third:
        assert third.load() is None


def test_another_run_has_another_checkpoint() -> None:
    other = {**RUN, "parameters": {"seed": 2}}
    folders = {Checkpoint(*key).folder for key in (("pretrain", RUN), ("pretrain", other), ("train", RUN))}
    assert len(folders) == 3


def test_a_copy_of_an_experiment_shares_the_checkpoint_of_its_main_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Checkpoint("pretrain", RUN).folder
    for copy in (".dvc/tmp/exps/tmp1", ".dvc/tmp/exps/standalone/tmp2"):
        (repository / copy).mkdir(parents=True)
        monkeypatch.chdir(repository / copy)
        assert Checkpoint("pretrain", RUN).folder == here


def test_an_edit_of_the_running_script_is_another_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = repository / "train.py"
    folders = set()
    for content in ("one = 1", "one = 2"):
        script.write_text(content)
        monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__file__=str(script)))
        folders.add(Checkpoint("train", RUN).folder)
    assert len(folders) == 2


def test_a_save_that_is_cut_off_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="No space"), Checkpoint("pretrain", RUN) as checkpoint:
        checkpoint.save({"step": 1})
        (checkpoint.folder / "state.partial").symlink_to("/dev/full")  # every write to it fails as on a full disk
        checkpoint.save({"step": 2})
    with Checkpoint("pretrain", RUN) as checkpoint:
        assert checkpoint.load() == {"step": 1}


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_of_a_damaged_checkpoint_the_one_before_is_used(damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), Checkpoint("pretrain", RUN) as checkpoint:
        checkpoint.save({"step": 1})
        checkpoint.save({"step": 2})
        raise KeyboardInterrupt
    state = checkpoint.folder / "state.pt"
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes({"cut": state.read_bytes()[:-9], "flipped": bytes(content), "empty": b""}[damage])
    with Checkpoint("pretrain", RUN) as checkpoint:
        assert checkpoint.load() == {"step": 1}
    assert "state.pt is damaged" in capsys.readouterr().err


def test_where_no_checkpoint_is_whole_it_says_that_it_starts_anew(capsys: pytest.CaptureFixture[str]) -> None:
    with Checkpoint("pretrain", RUN) as checkpoint:
        (checkpoint.folder / "state.pt").write_bytes(b"nonsense")
        assert checkpoint.load() is None
    assert "starting anew" in capsys.readouterr().err


def test_a_second_holder_waits_for_the_first_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    entered = threading.Event()
    events = []

    def hold() -> None:
        with Checkpoint("pretrain", RUN):
            entered.set()
            end = time.monotonic() + 10
            while "waiting" not in capsys.readouterr().err and time.monotonic() < end:
                time.sleep(0.01)
            events.append("first leaves")

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    with Checkpoint("pretrain", RUN) as second:
        events.append("second enters")
        second.save({"step": 1})
    thread.join()
    assert events == ["first leaves", "second enters"]


def test_the_random_numbers_go_on_where_they_were() -> None:
    def drawn() -> tuple[list[float], float, float]:
        return torch.rand(7).tolist(), float(np.random.standard_normal()), random.gauss()

    drawn()  # so that the second halves of pairs of normal numbers are waiting
    with pytest.raises(KeyboardInterrupt), Checkpoint("pretrain", RUN) as checkpoint:
        checkpoint.save({"random": random_state()})
        raise KeyboardInterrupt
    expected = drawn()
    torch.manual_seed(4)
    np.random.seed(4)
    random.seed(4)
    with Checkpoint("pretrain", RUN) as checkpoint:
        saved = checkpoint.load()
    assert saved is not None
    set_random_state(saved["random"])
    assert drawn() == expected
