"""The rules of a comparison, in a repository whose stages take no time; tests/pipeline/test_compare.py trains."""

import json
import subprocess
from pathlib import Path

import pytest
from dvc.config import Config

from promptgan.core.errors import PromptganError
from promptgan.experiments import compare, runner
from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.makeup import Makeup
from promptgan.git import GitFailed
from promptgan.recipes.parameter_file import ParameterFile
from tests.experiments.conftest import at_work_in_copy, call, run

STAGE = """
import json, os, pathlib, sys, time, yaml
parameters = yaml.safe_load(open("params.yaml"))
if parameters["train"]["objective"] == "hinge":
    print("1 of 2\\r2 of 2")
    sys.exit("error: hinge does not train")

def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

score = parameters["seed"] / 10
write(os.environ["PROMPTGAN_LIVE"] + "/train.jsonl", json.dumps({"time": 1.0, "step": 5, "score": score}) + "\\n")
time.sleep(0.5)
write("metrics/validation.json", json.dumps({"data": {"title": "Some", "content_sha256": "0" * 64}}))
write("metrics/pretrain.json", json.dumps({"converged": True}))
systems = {"adversarial": {"ms_jaccard": score}, "twin": {"ms_jaccard": 0.05}, "control": "not applicable: none"}
evaluation = {"task": "text", "systems": systems, "gaps": {}, "standard_errors": [], "signature": ["seed 1"]}
write("metrics/evaluation.json", json.dumps(evaluation))
write("plots/curves.csv", "model,self_bleu_4,bleu_4\\nadversarial,0.1,0.2\\nadversarial,0.2,0.3\\n")
write("models/adversarial/run.json", json.dumps({"device": "AVX2", "torch": "2"}))
"""
FILES = ["metrics/validation.json", "metrics/pretrain.json", "metrics/evaluation.json", "plots/curves.csv"]
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "exec python stage.py",
            "params": ["task", "seed", "data", "train"],
            "deps": ["stage.py"],
            "outs": ["models/adversarial", *({path: {"cache": False}} for path in FILES)],
        }
    }
}


@pytest.fixture
def presets(repository: Path) -> None:
    """Two of them, of which one fails."""
    (repository / "recipes").mkdir()
    parameters = (repository / "params.yaml").read_text(encoding="utf-8")
    (repository / "recipes/good.yaml").write_text(f"# Good.\n{parameters}", encoding="utf-8")
    (repository / "recipes/bad.yaml").write_text("# Bad.\nbase: good\ntrain:\n  objective: hinge\n")


def test_presets_are_trained_with_each_seed_recorded_and_not_again(
    presets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "QUIET_SECONDS", 0.0)
    before = call("git", "status", "--porcelain"), call("git", "rev-parse", "HEAD")
    said: list[str] = []
    assert compare.compare(["good", "bad"], [1, 2], jobs=2, say=said.append).count("finished") == 2
    assert any(line.endswith("  train  step 5/150  score 0.1000") for line in said), said
    assert any(line.endswith("recorded in results/good.json") for line in said)
    assert (
        call("git", "status", "--porcelain").replace("?? results/\n", ""),
        call("git", "rev-parse", "HEAD"),
    ) == before
    good, bad = Entry.read("good"), Entry.read("bad")
    assert {seed: run.systems["adversarial"]["ms_jaccard"] for seed, run in good.trained.items()} == {1: 0.1, 2: 0.2}
    assert good.trained[1].curves == {"adversarial": {"self_bleu_4": [0.1, 0.2], "bleu_4": [0.2, 0.3]}}
    assert good.differences() == []
    (plan,) = compare._plans(["good"])
    assert good.made and isinstance(plan, compare.Plan) and good.made.digest == plan.made.digest
    assert bad.trained == {}
    assert {"2 of 2", "error: hinge does not train"} <= set(bad.failed[1]), "of a progress bar its end is recorded"
    names = [
        line.rpartition("/")[2] for line in call("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    ]
    assert sorted(names) == ["good-s1", "good-s2"]
    assert [path.name for path in compare.CLONES.iterdir()] == ["lock"]
    page = Path("results/README.md").read_text(encoding="utf-8")
    assert "| 1 | `good` | 2 | 0.1500 ± 0.6353 |" in page
    assert "`bad`, seed 1:\n\n" in page and "    error: hinge does not train\n" in page

    assert compare.compare(["good"], [1, 2], say=said.append) == ["unchanged", "unchanged"]
    preset = Path("recipes/good.yaml")
    preset.write_text(preset.read_text().replace("  steps: 150 ", "  steps: 50 "))
    assert good.differences() == ["train.steps: 150 then, 50 now"]
    said.clear()
    monkeypatch.setattr(compare, "QUIET_SECONDS", 60.0)
    assert compare.compare(["good"], [1], say=said.append) == ["finished"]
    assert [line.split("  ")[-1].strip() for line in said[1:]] == ["train", "recorded in results/good.json"]
    assert said[0] == "replaces seeds 1, 2 of good as recorded before: train.steps: 150 then, 50 now"
    assert sorted(Entry.read("good").trained) == [1]


@pytest.mark.parametrize(
    ("preset", "problem"),
    [
        ("base: wrong\n", "recipes/wrong.yaml: its base wrong leads back to it; name a preset that stands alone"),
        ("base: god\n", "recipes/wrong.yaml: base: there is no recipe 'god' (did you mean good?)"),
        ("base: good\ntrain: {objective: wasserstein}\n", "recipes/wrong.yaml: critic-without-penalty: "),
        ("base: good\nseed: &seed 1\n", "recipes/wrong.yaml: line 3 has an anchor"),
    ],
)
def test_wrong_presets_are_refused_before_anything_runs(presets: None, preset: str, problem: str) -> None:
    Path("recipes/wrong.yaml").write_text(f"# Wrong.\n{preset}", encoding="utf-8")
    with pytest.raises(compare.WrongRecipe) as caught:
        compare.compare(["good", "wrong"], [1, 2])
    assert "1 problem(s) in recipes/" in caught.value.problem
    assert problem in caught.value.problem
    assert not Path("results").exists()


class Still(runner.Experiment):
    """One of which only the clone is wanted."""

    def follow(self) -> bool:
        return False

    def finish(self, status: int | None) -> None: ...


@pytest.mark.parametrize("name", ["jörg", "a # b", "a, 'b'"])
def test_a_clone_shares_the_cache_whatever_the_folder_is_called(
    name: str, committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = at_work_in_copy(committed, tmp_path / name, monkeypatch)
    Path(".dvc/config.local").write_text("['remote \"own\"']\n    url = '/mnt/käse, b'\n", encoding="utf-8")
    one = Still("one", Path(".dvc/tmp/exps/one"), Path("log"), Path("live"))
    one.clone(runner.snapshot(Path(".dvc/tmp")))
    found = Config(str(one.folder / ".dvc"), validate=False).load_one("local")
    assert found["cache"]["dir"] == str(folder / ".dvc/cache")
    assert found["remote"] == {"own": {"url": "/mnt/käse, b"}}


def test_a_comparison_is_run_by_one_process(presets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOCK_SECONDS", 0.1)
    with runner.alone(compare.CLONES / "lock", "busy"):
        with pytest.raises(runner.Busy, match="another `promptgan compare`"):
            compare.compare(["good"], [1])
        with pytest.raises(runner.Busy, match="another `promptgan compare`"):
            compare.write_page()
    compare.write_page()
    assert Path("results/README.md").exists()


def test_of_a_run_that_cannot_begin_nothing_but_its_record_stays(
    presets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner.Experiment, "start", full)
    assert compare.compare(["good"], [1], say=[].append) == ["failed"]
    assert [path.name for path in compare.CLONES.iterdir()] == ["lock"]
    assert Entry.read("good").failed == {1: ["[Errno 28] No space left on device"]}


def test_a_page_that_cannot_be_written_is_said_and_ends_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    made = Makeup({}, {}, {"task": "text"})
    run = Trained("", "AVX2", "2", {}, {}, {}, {}, [], {})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compare.leaderboard, "write", full)
    monkeypatch.setattr(compare, "finished_run", lambda reference, folder: (made, {}, run))
    monkeypatch.setattr(compare._Training, "collect", lambda self: "reference")
    said: list[str] = []
    results: list[compare.Result] = []
    training = compare._Training("good-s1", compare.Plan("good", ParameterFile({}), made), 1, said.append, results)
    training.finish(0)
    training.fail(OSError("gone"))
    assert results == ["failed", "failed"]
    assert said[0] == "CANNOT BE WRITTEN: [Errno 28] No space left on device"
    entry = Entry.read("good")
    assert (entry.trained, entry.failed) == ({1: run}, {1: ["gone"]})


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        (["good"], 0, ["no finished run"]),
        (["--all"], 0, ["no finished run"]),
        (["good", "bad"], 1, ["no finished run", "no entry in results/"]),
        (["godo"], 1, ["no entry in results/ (did you mean good?)"]),
    ],
)
def test_check_of_a_preset_without_an_entry_does_not_pass(
    presets: None, names: list[str], code: int, said: list[str]
) -> None:
    Entry("good").write()
    assert [line[25:] for line in run("compare", "--check", *names, code=code).output.splitlines()] == said


def test_without_a_commit_there_is_nothing_to_hang_experiments_on(presets: None) -> None:
    subprocess.run(["git", "update-ref", "-d", "HEAD"], check=True)
    with pytest.raises(GitFailed, match="a clone that has a commit"):
        compare.compare(["good"], [1])


def test_an_entry_of_an_older_kind_is_named(presets: None) -> None:
    Path("results").mkdir()
    Path("results/good.json").write_text(json.dumps({"recipe": "good", "trained": {"1": {}}}))
    with pytest.raises(PromptganError, match=r"results/good\.json is not what `promptgan compare` writes"):
        compare.compare(["good"], [1])


def test_a_line_says_how_far_of_how_far_where_that_is_known() -> None:
    parameters = {"pretrain": {"epochs": 8}, "train": {"steps": 100}}
    row = {"step": 225.0, "epoch": 0.5022, "train_loss": 6.5, "val_loss": 5.85807}
    assert compare.progress("pretrain", row, parameters) == "pretrain  epoch 0.5/8  val_loss 5.8581"
    assert compare.progress("control", row, parameters) == "control  step 225  val_loss 5.8581"
    assert compare.progress("train", {"step": 50, "score": 0.08531}, parameters) == "train  step 50/100  score 0.0853"
