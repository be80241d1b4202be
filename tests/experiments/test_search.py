"""The rules of a search, in a repository whose only stage takes no time; tests/pipeline/test_search.py trains."""

import fcntl
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import optuna
import pytest
import yaml

from promptgan.core.parameters import load_params
from promptgan.experiments import runner, search_study
from promptgan.experiments.search_settings import Pruning, read
from tests.experiments import conftest
from tests.pipeline.clone import until

ROOT = Path(__file__).parents[2]
RATE = "train.players.generator.learning_rate"
STAGE = """
import json, os, pathlib, sys, time, yaml
train = yaml.safe_load(open("params.yaml"))["train"]
score = 1 - abs(train["players"]["generator"]["learning_rate"] - 0.3)
if train["objective"] == "hinge":
    print("error: hinge does not train\\n  -> take another", file=sys.stderr)
    sys.exit(1)
if train["steps"] == 7:
    print("resting", flush=True)
    time.sleep(600)
live = pathlib.Path(os.environ["PROMPTGAN_LIVE"])
live.mkdir(parents=True, exist_ok=True)
rows = [{"time": 1.0, "step": 10 * n, "score": score * n, "loss": 1 - score} for n in range(3)]
(live / "train.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("metrics/train.json").write_text(json.dumps({"score": score, "nan": float("nan")}))
"""
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "exec python stage.py",
            "params": ["train"],
            "deps": ["stage.py"],
            "metrics": [{"metrics/train.json": {"cache": False}}],
        }
    }
}


run = partial(conftest.run, "search")


def settings(**changes: Any) -> None:
    whole: dict[str, Any] = {
        "name": "quick",
        "objective": "metrics/train.json:score",
        "direction": "maximize",
        "space": {RATE: {"low": 0.1, "high": 1.0}},
        "budget": {"trials": 2},
        **changes,
    }
    Path("search.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")


def states(name: str = "quick") -> list[str]:
    return [trial.state.name for trial in search_study.open_study(name).trials]


def test_a_search_goes_on_when_the_budget_is_raised_and_its_page_is_the_same_for_the_same_study(
    repository: Path,
) -> None:
    settings(budget={"trials": 1})
    assert "1 trials: 1 finished, 0 pruned, 0 failed" in run().output
    settings(budget={"trials": 2})
    assert "quick-t0:" not in run().output
    assert run().output.startswith("2 trials: 2 finished, 0 pruned, 0 failed; raise the budget to go on\n")
    html = Path("reports/search/quick/index.html").read_text(encoding="utf-8")
    matplotlib.rcdefaults()
    style = dict(matplotlib.rcParams)
    assert html == search_study.page(search_study.open_study("quick"))
    assert dict(matplotlib.rcParams) == style
    addresses = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', html)
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert str(repository) not in html
    assert "<script" not in html


def test_the_command_that_applies_names_the_file_of_the_study_and_the_page_what_it_started_from(
    repository: Path,
) -> None:
    settings()
    Path("search.yaml").rename("my search.yaml")
    output = run("my search.yaml").output
    assert "apply it: promptgan search --apply 'my search.yaml'\n" in output
    html = Path("reports/search/quick/index.html").read_text(encoding="utf-8")
    assert "<code>promptgan search --apply &#39;my search.yaml&#39;</code>" in html
    head = subprocess.run(["git", "rev-parse", "HEAD", "HEAD^{tree}"], capture_output=True, text=True).stdout.split()
    assert all(f"<code>{name[:12]}</code>" in html for name in head)
    best, _ = search_study.standing(search_study.open_study("quick"))
    assert best
    applied = run("--apply", "my search.yaml").output
    rate = best.params[RATE]
    assert f"-> {rate}\n" in applied
    assert f"{rate:.6g}" in html
    assert f"{rate:.6g}" in output


def test_of_trials_that_are_all_equal_none_is_best(repository: Path) -> None:
    settings(space={"train.objective": ["non_saturating"]})
    output = run().output
    assert "(all 2 are equal: 0.7006)\n" in output
    assert output.splitlines()[-2] == "all 2 are equal: 0.7006"
    html = Path("reports/search/quick/index.html").read_text(encoding="utf-8")
    assert "All 2 finished trials are equal: 0.7006." in html
    assert "Best:" not in html
    assert "note: all 2 finished trials are equal; quick-t0 is only the first" in run("--apply").output


def test_a_study_keeps_its_space_and_what_it_began_with(repository: Path) -> None:
    settings(budget={"trials": 1})
    run()
    settings(space={RATE: {"low": 0.1, "high": 2.0}})
    assert "the study quick began with another space" in run(code=2).stderr
    settings(budget={"trials": 2})
    Path("stage.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    path = Path("params.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("objective: non_saturating", "objective: hinge"))
    assert "note: trials go on with what params.yaml held when the study began" in run().output
    assert states() == ["COMPLETE", "COMPLETE"]


def test_an_impossible_combination_is_pruned_with_its_reason_before_it_runs(repository: Path) -> None:
    settings(space={"train.objective": ["wasserstein"]})
    output = run().output
    assert "  quick-t0: invalid: critic-without-penalty: train.objective is wasserstein, which needs" in output
    assert states() == ["PRUNED", "PRUNED"]
    assert "No trial has finished." in Path("reports/search/quick/index.html").read_text(encoding="utf-8")
    assert "no trial of quick has finished" in run("--apply", code=1).stderr


def test_a_trial_has_the_repositorys_own_data_and_downloads(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [repository / "data/own/ab/mine.csv", repository / ".dvc/tmp/downloads/cd"]
    for file in kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kept")
    start, seen = runner.Experiment.start, []

    def started(trial: runner.Experiment, *arguments: Any) -> None:
        seen.extend((trial.folder / file.relative_to(repository)).read_text() for file in kept)
        start(trial, *arguments)

    monkeypatch.setattr(runner.Experiment, "start", started)
    settings(budget={"trials": 1})
    assert "score" in run().output and seen == ["kept", "kept"]
    assert all(map(Path.is_file, kept)), "what ends with the trial are links"


def test_a_failing_trial_has_a_reason(repository: Path) -> None:
    settings(space={"train.objective": ["hinge"]}, budget={"trials": 1})
    assert "  quick-t0: failed: hinge does not train\n" in run().output
    assert states() == ["FAIL"]


def test_a_trial_beyond_the_limit_is_pruned_at_the_first_step_after_the_warmup(repository: Path) -> None:
    settings(pruning={"pruner": "threshold", "limit": 5.0, "warmup_steps": 10}, budget={"trials": 1})
    assert "  quick-t0: pruned at step 10: 0." in run().output
    assert states() == ["PRUNED"]
    assert [path.name for path in (search_study.FOLDER / "quick/t0").iterdir() if path.is_dir()] == ["live"]
    assert "which the pruner watched" in Path("reports/search/quick/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("study", ["maximize", "minimize"])
@pytest.mark.parametrize(
    ("pruning", "column", "earlier", "pruned"),
    [
        (Pruning(pruner="threshold", limit=2.0), "maximize", [], [0.0, 1.9]),
        (Pruning(pruner="threshold", limit=2.0), "minimize", [], [2.1, 9.0]),
        (Pruning(pruner="median", startup_trials=3), "maximize", [1.0, 2.0, 3.0], [0.0, 1.9]),
        (Pruning(pruner="median", startup_trials=3), "minimize", [1.0, 2.0, 3.0], [2.1, 9.0]),
        (Pruning(pruner="median", startup_trials=4), "minimize", [1.0, 2.0, 3.0], []),
        (Pruning(pruner="none"), "maximize", [1.0, 2.0, 3.0], []),
    ],
)
def test_what_is_worse_is_pruned_whatever_the_directions(
    study: str, pruning: Pruning, column: str, earlier: list[float], pruned: list[float]
) -> None:
    sign = 1.0 if study == column else -1.0
    there = optuna.create_study(direction=study, pruner=search_study.pruner(pruning, study == "maximize", sign))
    for value in earlier:
        trial = there.ask()
        trial.report(sign * value, 5)
        there.tell(trial, 0.0)

    def given_up(value: float) -> bool:
        trial = there.ask()
        trial.report(sign * value, 5)
        return trial.should_prune()

    assert [value for value in (0.0, 1.9, 2.0, 2.1, 9.0) if given_up(value)] == pruned


@pytest.mark.parametrize(
    ("pruning", "pruned"),
    [(Pruning(pruner="median", startup_trials=1), False), (Pruning(pruner="threshold", limit=1.0), True)],
)
def test_a_collapse_after_a_good_start_is_for_the_threshold(pruning: Pruning, pruned: bool) -> None:
    there = optuna.create_study(direction="maximize", pruner=search_study.pruner(pruning, True, 1.0))
    for values in ([2.0, 2.0], [3.0, 0.5]):
        trial = there.ask()
        for step, value in enumerate(values):
            trial.report(value, step)
        last = trial.should_prune()
        there.tell(trial, values[-1])
    assert last == pruned


def test_hours_end_a_search(repository: Path) -> None:
    settings(budget={"hours": 0.0001})
    run()
    assert states() == ["COMPLETE"]
    run()
    assert states() == ["COMPLETE"], "the time of the first start does not count"


def test_a_search_that_is_told_to_end_ends_its_trials_and_keeps_them(repository: Path) -> None:
    settings(space={"train.steps": [7]})
    log = search_study.FOLDER / "quick/t0/log.txt"
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from promptgan.cli import main; main()"
    started = [sys.executable, "-c", program, str(ROOT / "src"), "search"]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        until(lambda: log.exists() and "resting" in log.read_text(encoding="utf-8"), "the trial to train")
        process.terminate()
        said, _ = process.communicate()
    assert process.returncode == 130
    assert said.endswith("interrupted: the same command goes on from here\n")
    assert states() == ["RUNNING"]
    assert not (search_study.FOLDER / "quick/t0/repository").exists()


def test_an_objective_that_is_no_number_fails_the_trial(repository: Path) -> None:
    settings(objective="metrics/train.json:nan", budget={"trials": 1})
    assert "failed: metrics/train.json:nan is nan" in run().output
    settings(objective="metrics/train.json:nothing", budget={"trials": 1}, name="other")
    assert "failed: metrics/train.json:nothing is not there" in run().output


def test_a_study_is_run_by_one_process(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOCK_SECONDS", 0.1)
    settings()
    folder = search_study.FOLDER / "quick"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another process runs the study quick" in run(code=1).stderr


def test_a_study_writes_in_its_own_folder_alone_which_its_lock_covers(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch: list[Path] = []
    snapshot = runner.snapshot
    monkeypatch.setattr(runner, "snapshot", lambda folder: (scratch.append(folder), snapshot(folder))[1])
    settings(space={"train.objective": ["wasserstein"]}, budget={"trials": 1})  # which is never trained
    run()
    run()
    assert scratch == [search_study.FOLDER / "quick"] * 2


def test_apply_writes_the_best_values_and_keeps_every_comment(repository: Path) -> None:
    space = {RATE: {"low": 0.1, "high": 1.0}, "train.objective": ["non_saturating", "hinge"]}
    settings(space=space, direction="minimize")
    study = search_study.open_study("quick", "minimize")
    distributions: dict[str, Any] = {
        RATE: optuna.distributions.FloatDistribution(0.1, 1.0),
        "train.objective": optuna.distributions.CategoricalDistribution(["non_saturating", "hinge"]),
    }
    for rate, objective, value in ((0.7, "hinge", 3.0), (0.123456789, "hinge", 1.0), (0.2, "non_saturating", 2.0)):
        values = {RATE: rate, "train.objective": objective}
        study.add_trial(optuna.trial.create_trial(params=values, distributions=distributions, value=value))
    before = Path("params.yaml").read_text(encoding="utf-8")
    lines = {
        "      learning_rate: 0.0006\n": "      learning_rate: 0.123456789\n",
        "  objective: non_saturating  #": "  objective: hinge           #",
    }
    for old, new in lines.items():
        assert before.count(old) == 1
        before = before.replace(old, new)
    output = run("--apply").output
    assert f"  {RATE}: 0.0006 -> 0.123456789\n" in output
    assert "  train.objective: non_saturating -> hinge\n" in output
    assert "params.yaml holds the values of quick-t1: 2 value(s) changed" in output
    assert Path("params.yaml").read_text(encoding="utf-8") == before
    assert "no value(s) changed" in run("--apply").output


def test_without_a_study_there_is_nothing_to_apply(repository: Path) -> None:
    settings()
    assert "there is no study quick here" in run("--apply", code=1).stderr
    assert not search_study.FOLDER.exists()


def test_without_optuna_the_remedy_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings()
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert "the package optuna cannot be imported" in run(code=1).stderr


def test_the_shipped_file_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert read(Path("search.yaml")).targets == ["train"]
    assert load_params(Path("search.yaml"))["space"].keys() == read(Path("search.yaml")).space.keys()
