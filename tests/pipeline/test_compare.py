"""Presets compared over seeds: killed and begun again, failed, recorded, checked, and shown in tables."""

import hashlib
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptgan.experiments import leaderboard
from promptgan.experiments.entry import Entry
from promptgan.experiments.makeup import TOLD_LATER
from promptgan.terms.systems import MODELS
from tests.pipeline.clone import PROMPTGAN, TINY, Clone, until

COMPARED = ["tiny", "tiny-broken", "tiny-hinge"]
PRESETS = {
    "tiny-hinge": "# Tiny, with the hinge objective.\nbase: tiny\n\ntrain:\n  objective: hinge\n",
    "tiny-broken": "# Tiny, on data that was never imported.\nbase: tiny\n\ndata:\n  sha256: '" + "0" * 64 + "'\n",
}
T_OF_TWO_SEEDS = 12.7062
"""Student's t at 0.975 with one degree of freedom, from any table."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


class Compared:
    """A clone in which a comparison was killed and run to its end, and what it said."""

    def __init__(self, clone: Clone, said_until_killed: str, said: str, code: int) -> None:
        self.clone, self.said_until_killed, self.said, self.code = clone, said_until_killed, said, code

    def entry(self, recipe: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.clone.path / f"results/{recipe}.json").read_text("utf-8"))
        return content

    def results(self) -> dict[str, bytes]:
        files = (path for path in (self.clone.path / "results").rglob("*") if path.is_file())
        return {str(file): file.read_bytes() for file in files}


def workspace(clone: Clone) -> tuple[str, ...]:
    """All of the user's that a comparison must leave alone."""
    status = [line for line in clone.git("status", "--porcelain").splitlines() if not line.endswith(" results/")]
    return ("\n".join(status), clone.git("diff"), clone.git("diff", "--cached"), clone.git("stash", "list"))


def call(clone: Clone, *arguments: str) -> tuple[int, str]:
    return clone.ended(*PROMPTGAN, *arguments)


@pytest.fixture(scope="module")
def compared(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    clone = finished.copy(tmp_path_factory.mktemp("compare") / "clone")
    clone.git("rm", "--quiet", "-r", "results")  # those of the repository's own presets
    clone.git("commit", "--quiet", "--message", "nothing compared yet")
    parameters = (clone.path / "params.yaml").read_text(encoding="utf-8")
    for name, text in {"tiny": f"# Tiny.\n{parameters}", **PRESETS}.items():
        (clone.path / f"recipes/{name}.yaml").write_text(text, encoding="utf-8")
    clone.git("add", "recipes/tiny.yaml")
    (clone.path / "README.md").write_text("changed and not committed\n", encoding="utf-8")
    clone.set("train.steps", 7)  # of the user's own next run; no preset's
    before = workspace(clone)
    command = ["compare", *COMPARED, "--seeds", "2"]
    with clone.started(*PROMPTGAN, *command) as process:
        until(lambda: clone.checkpoints("train"), "the adversarial phase of a run")
        process.send_signal(signal.SIGKILL)
        killed, _ = process.communicate()
    assert workspace(clone) == before
    code, said = call(clone, *command)
    assert workspace(clone) == before
    return Compared(clone, killed, said, code)


def append(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def recorded(compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """What `compare --check` needs of it, to be changed; the current folder."""
    target = tmp_path / "clone"
    ignored = shutil.ignore_patterns("cache", "tmp", "raw", "tests")
    shutil.copytree(compared.clone.path, target, symlinks=True, ignore=ignored)
    monkeypatch.chdir(target)
    return Clone(target, compared.clone.home)


def test_what_was_killed_goes_on_where_it_stopped(compared: Compared) -> None:
    assert "tiny-hinge-s1" in compared.said_until_killed.splitlines()[-1]
    again = [line.split("  ")[-1].strip() for line in compared.said.splitlines() if "tiny-hinge-s1" in line]
    assert again[0] == "train"
    assert "unchanged since it was recorded" in next(line for line in compared.said.splitlines() if "tiny-s1" in line)
    keys = {path.name for path in (compared.clone.path / ".dvc/tmp/checkpoints").glob("train-*.lock")}
    assert len(keys) == 4, "two presets and two seeds, and no other run was begun"
    assert not compared.clone.checkpoints("*")
    assert [path.name for path in (compared.clone.path / ".dvc/tmp/exps/compare").iterdir()] == ["lock"]


def test_a_failed_run_is_recorded_and_the_rest_goes_on(compared: Compared) -> None:
    assert compared.code == 1
    assert compared.said.splitlines()[-1].startswith("1 unchanged, 2 failed, 3 finished;")
    broken = compared.entry("tiny-broken")
    assert broken["trained"] == {}
    assert sorted(broken["failed"]) == ["1", "2"]
    assert "the imported data is not here" in broken["failed"]["1"][0]
    assert not any(str(compared.clone.path) in line for line in broken["failed"]["1"])
    assert all(sorted(compared.entry(name)["trained"]) == ["1", "2"] for name in ("tiny", "tiny-hinge"))


def test_an_entry_says_what_its_experiment_is_and_measured(compared: Compared) -> None:
    entry = compared.entry("tiny-hinge")
    base = compared.clone.git("rev-parse", "HEAD").strip()
    for seed in ("1", "2"):
        reference = f"refs/exps/{base[:2]}/{base[2:]}/tiny-hinge-s{seed}"
        locked = compared.clone.git("show", f"{reference}:dvc.lock")
        run, stages = entry["trained"][seed], yaml.safe_load(locked)["stages"]
        assert run["lock_sha256"] == hashlib.sha256(locked.encode()).hexdigest()
        files = [item for stage in stages.values() for item in [*stage["deps"], *stage.get("outs", [])]]
        made_of = {item["path"]: item["md5"] for item in files if Path(item["path"]) not in TOLD_LATER}
        assert made_of == entry["made"]["inputs"] | run["outputs"]
        evaluation = json.loads(compared.clone.git("show", f"{reference}:metrics/evaluation.json"))
        assert (run["systems"], run["gaps"]) == (evaluation["systems"], evaluation["gaps"])
        parameters = yaml.safe_load(compared.clone.git("show", f"{reference}:params.yaml"))
        assert (parameters["recipe"], parameters["seed"]) == ("tiny-hinge", int(seed))
        assert {key: parameters[key] for key in entry["made"]["parameters"]} == entry["made"]["parameters"]
    assert (
        entry["made"]["parameters"]["train"] | {"objective": "hinge", "steps": TINY["train"]["steps"]}
        == entry["made"]["parameters"]["train"]
    )
    outputs = [entry["trained"][seed]["outputs"]["models/pretrained"] for seed in ("1", "2")]
    assert outputs[0] != outputs[1], "the twin is trained once per seed"


def test_the_leaderboard_holds_means_intervals_and_no_trace_of_this_machine(compared: Compared) -> None:
    page = (compared.clone.path / "results/README.md").read_text(encoding="utf-8")
    runs = compared.entry("tiny")["trained"]
    a, b = (runs[seed]["systems"]["adversarial"]["nll"] for seed in ("1", "2"))
    assert f"{(a + b) / 2:.4f} ± {T_OF_TWO_SEEDS * abs(a - b) / 2:.4f}" in page
    assert "`tiny-broken`, seed 1:\n\n    error: " in page
    assert "; no verdict: the twin had not converged with seeds 1, 2" in page
    pictures = [path.name for path in (compared.clone.path / "results").glob("*.svg")]
    assert len(pictures) == 2
    assert all(f"]({name})" in page for name in pictures)
    everything = b"".join(compared.results().values()).decode()
    assert str(compared.clone.path) not in everything
    assert "T0" not in everything and "20:" not in page


def test_what_the_lowest_seed_made_can_be_read(compared: Compared) -> None:
    results = compared.clone.path / "results"
    assert sorted(path.name for path in (results / "samples").iterdir()) == ["tiny-hinge.md", "tiny.md"]
    page = (results / "samples/tiny.md").read_text(encoding="utf-8")
    assert page.startswith("# What `tiny` made\n\nWith seed 1; not selected.\n")
    assert all(len(re.findall(rf"^      {name} ", page, re.MULTILINE)) == 10 for name in MODELS)
    assert "; [what it made](samples/tiny.md)" in (results / "README.md").read_text(encoding="utf-8")


def test_the_leaderboard_sets_one_preset_against_the_other_within_seeds(compared: Compared) -> None:
    page = (compared.clone.path / "results/README.md").read_text(encoding="utf-8")
    nll = {
        name: [run["systems"]["adversarial"]["nll"] for run in compared.entry(name)["trained"].values()]
        for name in ("tiny", "tiny-hinge")
    }
    match = re.search(r"^\| minus `(.+?)` \| .+\n.+\n\| `(.+?)` \| 1, 2 \| (.+)", page, re.MULTILINE)
    assert match and {match[1], match[2]} == {"tiny", "tiny-hinge"}
    a, b = (ours - theirs for ours, theirs in zip(nll[match[2]], nll[match[1]], strict=True))
    assert f"{(a + b) / 2:+.4f} ± {T_OF_TWO_SEEDS * abs(a - b) / 2:.4f}" in match[3]


def test_what_is_unchanged_costs_nothing(compared: Compared) -> None:
    before = compared.results()
    logs = {path: path.stat().st_mtime_ns for path in (compared.clone.path / ".dvc/tmp/compare").glob("*.log")}
    code, said = call(compared.clone, "compare", "tiny", "tiny-hinge", "--seeds", "2")
    assert (code, said.splitlines()[-1]) == (0, "4 unchanged; see results/README.md")
    assert {path: path.stat().st_mtime_ns for path in logs} == logs
    assert compared.results() == before
    (compared.clone.path / "results/README.md").unlink()
    assert call(compared.clone, "compare") == (0, "wrote results/README.md\n")
    assert compared.results() == before


def test_check_accepts_what_matches_and_names_what_does_not(recorded: Clone) -> None:
    assert [Entry.read(name).differences() for name in ("tiny", "tiny-hinge")] == [[], []]
    hinge = "src/promptgan/objectives/hinge.py"
    append(hinge, "# changed\n")
    code, said = call(recorded, "compare", "--check")
    assert code == 1
    assert [line.split(maxsplit=1) for line in said.splitlines() if not line.startswith(" ")] == [
        ["tiny", "matches"],
        ["tiny-broken", "no finished run"],
        ["tiny-hinge", f"{hinge} has changed"],
    ]
    assert "seeds 1, 2 failed" in said


def test_check_names_a_folder_of_code(recorded: Clone) -> None:
    folder = "src/promptgan/tasks/text/measures"
    append(f"{folder}/another.py", '"""Another."""\n')
    assert Entry.read("tiny").differences() == [f"{folder} has changed"]


def test_check_names_the_parameter_and_the_data_and_the_page_is_of_the_entries_alone(recorded: Clone) -> None:
    page = leaderboard.PAGE.read_bytes()
    preset = Path("recipes/tiny.yaml")
    preset.write_text(preset.read_text(encoding="utf-8").replace("steps: 30", "steps: 31"), encoding="utf-8")
    recorded.set("compute.threads", 2)
    append("data/excluded.csv", "local_text,1,asked for\n")
    found = ["data/excluded.csv has changed", "train.steps: 30 then, 31 now"]  # checked with the threads it had
    assert Entry.read("tiny").differences() == Entry.read("tiny-hinge").differences() == found
    leaderboard.write()
    assert leaderboard.PAGE.read_bytes() == page


def test_neither_a_record_that_another_data_set_leaves_out_nor_what_is_told_later_changes_an_entry(
    recorded: Clone,
) -> None:
    append("data/excluded.csv", "chitchat,1,asked for\n")
    append("data/ratings.csv", "text,ab,1,t0,real,4\n")
    append("data/probes.csv", "ab,whole words,one / other,0.1,0.5,4 of 4\n")
    assert Entry.read("tiny").differences() == []


def test_a_device_that_is_not_here_is_refused_before_anything_runs(recorded: Clone) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    recorded.set("compute.device", "cuda")
    code, said = call(recorded, "compare", "tiny")
    assert code == 2
    assert "params.yaml: 1 wrong key(s)\n  compute.device: found 'cuda'" in said
    assert not Path(".dvc/tmp").exists()


def test_check_names_a_dependency_that_dvc_yaml_has_gained(recorded: Clone) -> None:
    pipeline = Path("dvc.yaml")
    text = pipeline.read_text(encoding="utf-8").replace(
        "      - stages/train.py\n", "      - stages/train.py\n      - LICENSE\n"
    )
    pipeline.write_text(text, encoding="utf-8")
    assert Entry.read("tiny").differences() == ["LICENSE is used now"]


def test_own_data_that_is_not_given_is_skipped_and_what_is_unknown_is_refused(recorded: Clone) -> None:
    recorded.set("data", {"name": "chitchat"})
    code, said = call(recorded, "compare", "local-text")
    assert code == 0
    assert "skipped: local-text reads your own data, and no file was given" in said
    code, said = call(recorded, "compare", "tiny-hing")
    assert code == 2
    assert "did you mean tiny-hinge?" in said


def test_experiments_in_one_table(compared: Compared) -> None:
    said = call(compared.clone, "exp", "show")[1]
    lines = said.splitlines()
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in said
    names = ["tiny-hinge-s1", "tiny-hinge-s2", "tiny-s1", "tiny-s2"]
    assert [line.split()[0] for line in lines if line.startswith("tiny")] == names
    nll = {seed: run["systems"]["adversarial"]["nll"] for seed, run in compared.entry("tiny")["trained"].items()}
    assert f"{nll['1']:.4f}" in next(line for line in lines if line.startswith("tiny-s1"))
    assert "*" in said
    assert "objective" in said and "seed 2" in said
    assert "vocabulary" not in said


def test_two_experiments_side_by_side_and_their_curves(compared: Compared, tmp_path: Path) -> None:
    code, said = call(compared.clone, "exp", "diff", "tiny-s1", "tiny-hinge-s1")
    assert code == 0
    assert ["train.objective", "non_saturating", "hinge"] in [line.split() for line in said.splitlines()]
    assert said.splitlines()[-1].endswith("dvc plots diff tiny-s1 tiny-hinge-s1")
    plots = json.loads(
        compared.clone.dvc("plots", "diff", "tiny-s1", "tiny-hinge-s1", "--json", "--out", str(tmp_path))
    )
    curves = plots["data"]["quality-diversity"][0]["content"]["data"]["values"]
    assert {row["rev"] for row in curves} == {"tiny-s1", "tiny-hinge-s1"}
    code, said = call(compared.clone, "exp", "diff", "tiny-s1", "nothing")
    assert code == 1
    assert "nothing: no such commit, branch, tag or experiment" in said


def test_the_table_without_an_experiment_says_how_to_make_one(finished: Clone) -> None:
    said = call(finished, "exp", "show")[1]
    assert said.splitlines()[2].startswith("workspace")
    assert "there is no experiment yet" in said
