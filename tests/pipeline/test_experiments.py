"""Experiments in a copy: their own code, the interpreter that runs DVC, own data, and resume after a kill."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.pipeline.clone import DVC, Clone, until

EXPERIMENT = ["exp", "run", "--name", "tried", "--set-param", "evaluate.jackknife_groups=5"]
COPIES = Path(".dvc/tmp/exps")


@pytest.fixture
def clean(source: Clone, tmp_path: Path) -> Iterator[Clone]:
    """A clean clone, never run, with a probe."""
    yield from probed(source.fresh(tmp_path / "clone"))


@pytest.fixture
def ran(finished: Clone, tmp_path: Path) -> Iterator[Clone]:
    """A clean clone that has run, with a probe, so that pretrain is the first stage to run again."""
    clone = finished.copy(tmp_path / "clone")
    clone.run("rm", "-r", ".dvc/tmp/checkpoints")
    yield from probed(clone)


def probed(clone: Clone) -> Iterator[Clone]:
    """Have pretrain say, in a file outside of every copy, what runs it and whose code it imports."""
    script = clone.path / "stages/pretrain.py"
    text = script.read_text(encoding="utf-8")
    probe = (
        "import json, sys\nfrom promptgan.core import errors\n"
        f"Path({str(seen(clone))!r}).write_text(json.dumps([sys.executable, errors.__file__]), encoding='utf-8')\n\n\n"
    )
    assert text.count("if __name__") == 1
    script.write_text(text.replace("if __name__", probe + "if __name__"), encoding="utf-8")
    clone.git("commit", "--quiet", "--all", "--message", "a probe")
    yield clone
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(clone.path):
                process.kill()


def seen(clone: Clone) -> Path:
    return clone.path / ".dvc/probe.json"


def spoil(clone: Clone) -> None:
    """Make the workspace's code unusable, as somebody may who goes on working while the experiment runs."""
    (clone.path / "src/promptgan/core/errors.py").write_text("raise RuntimeError('the workspace was imported')\n")
    (clone.path / "stages/pretrain.py").write_text("raise RuntimeError('the workspace was run')\n")


def results(clone: Clone) -> dict[str, str]:
    """The hash of every output of pretrain, as the finished experiment has them."""
    (reference,) = references(clone)
    locked = yaml.safe_load(clone.git("show", f"{reference}:dvc.lock"))["stages"]
    return {out["path"]: out["md5"] for out in locked["pretrain"]["outs"]}


def references(clone: Clone) -> list[str]:
    return [line for line in clone.git("for-each-ref", "--format=%(refname)").split() if line.endswith("/tried")]


def assert_ran_in_a_copy(clone: Clone) -> None:
    interpreter, module = json.loads(seen(clone).read_text(encoding="utf-8"))
    print(interpreter, module)
    assert Path(interpreter).parent == Path(sys.executable).parent
    assert Path(module).is_relative_to(clone.path / COPIES)


@pytest.mark.slow
def test_a_temporary_experiment_uses_its_copy_and_resumes_after_a_kill(ran: Clone, finished: Clone) -> None:
    def saved() -> bool:
        assert process.poll() is None, process.stdout and process.stdout.read()
        return bool(ran.checkpoints("pretrain"))

    with ran.started(*DVC, *EXPERIMENT, "--temp", "pretrain") as process:
        until(lambda: list((ran.path / COPIES).glob("**/tests/pipeline/clone.py")), "the copy")
        spoil(ran)
        until(saved, "a checkpoint in the main repository")
    assert ran.checkpoints("pretrain")
    assert_ran_in_a_copy(ran)
    assert not references(ran)

    ran.git("checkout", "--quiet", "--", ".")
    ran.dvc(*EXPERIMENT, "--temp", "pretrain")
    assert len(list((ran.path / ".dvc/tmp/checkpoints").glob("pretrain-*.lock"))) == 1, (
        "another checkpoint was looked for"
    )
    assert not ran.checkpoints("pretrain")
    assert results(ran) == finished.hashes("pretrain")


@pytest.mark.slow
def test_a_queued_experiment_uses_its_copy(clean: Clone, finished: Clone) -> None:
    clean.dvc(*EXPERIMENT, "--queue", "pretrain")
    spoil(clean)
    clean.run_anew(*DVC, "queue", "start")
    until(lambda: list((clean.path / ".git/refs/exps").rglob("tried")), "the queued experiment")
    assert_ran_in_a_copy(clean)
    assert results(clean) == finished.hashes("pretrain")
