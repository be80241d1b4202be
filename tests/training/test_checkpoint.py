"""Checkpoints: what names them, what survives a kill, and that one process at a time has one."""

import threading
import time
from pathlib import Path

import pytest
import torch

from promptgan.training.checkpoint import Checkpoint, CheckpointUnreadable, random_state, set_random_state

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


def test_a_save_that_is_cut_off_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(state: object, file: object) -> None:
        file.write(b"PK half")  # type: ignore[attr-defined]
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"), Checkpoint("pretrain", RUN) as checkpoint:
        checkpoint.save({"step": 1})
        monkeypatch.setattr(torch, "save", cut_off)
        checkpoint.save({"step": 2})
    with Checkpoint("pretrain", RUN) as checkpoint:
        assert checkpoint.load() == {"step": 1}


def test_a_broken_checkpoint_is_a_clean_error_that_names_it() -> None:
    with pytest.raises(CheckpointUnreadable, match=r"delete .*pretrain-"), Checkpoint("pretrain", RUN) as checkpoint:
        (checkpoint.folder / "state.pt").write_bytes(b"nonsense")
        checkpoint.load()


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
    torch.manual_seed(3)
    torch.rand(5)
    state = random_state()
    expected = torch.rand(7)
    torch.manual_seed(4)
    set_random_state(state)
    assert torch.equal(torch.rand(7), expected)
