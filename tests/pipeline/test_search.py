"""A search in a tiny clone: killed and taken up, two trials at once, pruned ones, and the workspace left alone."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
import yaml

from promptgan.core.flat import flat
from tests.pipeline.clone import PROMPTGAN, Clone, until

SEARCH = [*PROMPTGAN, "search"]
FOLDER = Path(".dvc/tmp/search")
RATE = "train.players.generator.learning_rate"
SETTINGS: dict[str, Any] = {
    "objective": "metrics/train.json:score",
    "direction": "maximize",
    "space": {
        RATE: {"low": 0.0001, "high": 0.01, "log": True},
        "train.objective": ["non_saturating", "hinge"],
    },
    "budget": {"trials": 3},
}
TINIER = {"steps": 20, "warmup": 5, "validate_every": 5, "validation_count": 20, "checkpoint_every": 5}


def write(clone: Clone, name: str, **settings: object) -> str:
    """A file of settings in the clone's home, where Git does not see it."""
    path = clone.home / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"name": name, **SETTINGS, **settings}), encoding="utf-8")
    return str(path)


def trials(clone: Clone, name: str) -> list[optuna.trial.FrozenTrial]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{clone.path / FOLDER / name}.db")
    found = optuna.load_study(study_name=name, storage=storage).trials
    storage.engine.dispose()
    return found


def at_work(clone: Clone) -> list[psutil.Process]:
    """Processes that work in the clone."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(clone.path) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.fixture(scope="module")
def trained(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A finished clone whose adversarial phase takes a second, with work of its user's that is not committed."""
    clone = finished.copy(tmp_path_factory.mktemp("search") / "clone")
    for key, value in TINIER.items():
        clone.set(f"train.{key}", value)
    clone.git("commit", "--quiet", "--all", "--message", "tinier")
    (clone.path / "CONTRIBUTING.md").write_text("not finished yet\n", encoding="utf-8")
    (clone.path / "idea.txt").write_text("mine\n", encoding="utf-8")
    return clone


@dataclass(frozen=True)
class Killed:
    """A study whose process was killed in the second of three trials, and started again."""

    clone: Clone
    first: str
    """What it said before it was killed."""
    curve: str
    """The second trial's live curve when it was killed."""
    second: str
    """What it said when it was started again."""


@pytest.fixture(scope="module")
def killed(trained: Clone) -> Killed:
    file = write(trained, "killed")
    before = trained.git("status", "--porcelain"), trained.git("rev-parse", "HEAD")
    folder = trained.path / FOLDER / "killed/t1"
    with trained.started(*SEARCH, file) as process:
        until(lambda: list(folder.glob("checkpoints/train-*/state.pt")) or process.poll() is not None, "a checkpoint")
        process.kill()
        said, _ = process.communicate()
    until(lambda: not at_work(trained), "what the search had started to end", 20)
    assert (trained.git("status", "--porcelain"), trained.git("rev-parse", "HEAD")) == before
    curve = (folder / "live/train.jsonl").read_text(encoding="utf-8")
    killed = Killed(trained, said, curve, trained.run(*SEARCH, file))
    assert (trained.git("status", "--porcelain"), trained.git("rev-parse", "HEAD")) == before, (
        "a search touched its user's work"
    )
    return killed


@pytest.mark.slow
def test_a_killed_search_goes_on_and_loses_no_trial(killed: Killed) -> None:
    clone = killed.clone
    found = trials(clone, "killed")
    assert [(trial.number, trial.state.name) for trial in found] == [(n, "COMPLETE") for n in range(3)]
    began = next(line for line in killed.first.splitlines() if line.startswith("[2/3] killed-t1: "))
    assert killed.second.splitlines()[0] == began.replace("killed-t1:", "killed-t1 (again):")
    curve = (clone.path / FOLDER / "killed/t1/live/train.jsonl").read_text(encoding="utf-8")
    assert curve.startswith(killed.curve), "the second trial trained from its beginning again"
    names = [line.rsplit("/")[-1] for line in clone.git("for-each-ref", "--format=%(refname)", "refs/exps").split()]
    assert sorted(names) == ["killed-t0", "killed-t1", "killed-t2"]
    for trial in found:
        parameters = yaml.safe_load(clone.git("show", f"{reference(clone, trial.number)}:params.yaml"))
        assert {key: value for key, value in flat(parameters) if key in trial.params} == trial.params
        score = json.loads(clone.git("show", f"{reference(clone, trial.number)}:metrics/train.json"))["score"]
        assert score == trial.value


def reference(clone: Clone, number: int) -> str:
    commit = clone.git("rev-parse", "HEAD").strip()
    return f"refs/exps/{commit[:2]}/{commit[2:]}/killed-t{number}"


@pytest.mark.slow
def test_two_at_once_try_what_one_after_the_other_did_and_find_the_same(killed: Killed) -> None:
    clone = killed.clone
    with clone.started(*SEARCH, write(clone, "both", jobs=2), anew=False) as process:
        places = [clone.path / FOLDER / f"both/t{number}/repository" for number in (0, 1)]
        until(lambda: all(place.exists() for place in places) or process.poll() is not None, "two trials at once")
        assert process.poll() is None
        said, _ = process.communicate()
        assert process.returncode == 0, said
    theirs, ours = trials(clone, "killed"), trials(clone, "both")
    assert [(trial.params, trial.value) for trial in ours] == [(trial.params, trial.value) for trial in theirs]


@pytest.mark.slow
def test_bad_trials_are_pruned_two_at_once_and_leave_nothing_behind(trained: Clone) -> None:
    file = write(
        trained,
        "pruned",
        jobs=2,
        seed=7,
        budget={"trials": 2},
        pruning={"pruner": "threshold", "limit": 9.0, "warmup_steps": 5},
    )
    said = trained.run_anew(*SEARCH, file)
    found = trials(trained, "pruned")
    assert [trial.state.name for trial in found] == ["PRUNED", "PRUNED"]
    assert all(list(trial.intermediate_values) == [0, 5] for trial in found)
    assert "2 trials: 0 finished, 2 pruned, 0 failed" in said
    assert "pruned-t0: pruned at step 5: " in said
    assert not at_work(trained)
    for number in (0, 1):
        left = {path.name for path in (trained.path / FOLDER / f"pruned/t{number}").iterdir()}
        assert left == {"live", "log.txt"}
    assert not list((trained.path / ".dvc/tmp/exps").glob("tmp*"))  # what `--temp` runs in
    assert "pruned-t" not in trained.git("for-each-ref", "refs/exps")
