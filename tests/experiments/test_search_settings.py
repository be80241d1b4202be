"""search.yaml: every wrong key is named, with the nearest right one, and nothing runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from promptgan.experiments.search_settings import SearchFileWrong, read

ROOT = Path(__file__).parents[2]
GOOD: dict[str, Any] = {
    "name": "mine",
    "objective": "metrics/train.json:score",
    "direction": "maximize",
    "space": {"train.players.generator.learning_rate": {"low": 0.0001, "high": 0.001, "log": True}},
    "budget": {"trials": 3},
}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_parameters: Path) -> Path:
    """A folder with the shipped parameters, pipeline and one metrics file."""
    (tmp_path / "params.yaml").write_bytes(default_parameters.read_bytes())
    for name in ("dvc.yaml", "metrics/train.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**changes: Any) -> Path:
    path = Path("search.yaml")
    whole = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path


def wrong(**changes: Any) -> str:
    with pytest.raises(SearchFileWrong) as caught:
        read(write(**changes))
    assert caught.value.exit_code == 2
    return caught.value.problem


def test_every_wrong_key_is_listed_at_once() -> None:
    space = {"train.likelihood_weigt": [1.0], "train.objective": ["hinnge"], "generator.width": {"low": 9, "high": 3}}
    problem = wrong(space=space, objective="metrics/trian.json:score", stages=["evalaute"])
    assert "search.yaml: 5 wrong key(s)" in problem
    assert (
        "space.train.likelihood_weigt: params.yaml has no such key (did you mean train.likelihood_weight?)" in problem
    )
    assert "space.train.objective: found 'hinnge' (did you mean hinge?)" in problem
    assert "space.generator.width: `low <= high` must hold" in problem
    assert "objective: no stage writes metrics/trian.json (did you mean metrics/train.json?)" in problem
    assert "stages: there is no stage evalaute (did you mean evaluate?)" in problem


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budgte": {"trials": 1}}, "budgte: unknown key (did you mean budget?)"),
        ({"budget": {}}, "give trials, hours or both"),
        ({"budget": None}, "budget: missing"),
        ({"budget": {"trials": 0}}, "budget.trials: found 0"),
        ({"direction": "maximise"}, "direction: found 'maximise'"),
        ({"space": {}}, "space: found {}"),
        ({"name": "My study"}, "name: found 'My study'"),
        ({"objective": "score"}, "objective: found 'score'"),
        ({"objective": "metrics/train.json:scor"}, "no number scor (did you mean score?)"),
        ({"pruning": {"pruner": "threshold"}}, "limit belongs to the pruner threshold"),
        ({"pruning": {"pruner": "median", "limit": 1.0}}, "limit belongs to the pruner threshold"),
        ({"pruning": {"curve": "trian"}}, "pruning.curve: there is no stage trian"),
        ({"space": {"train": [1]}}, "space.train: params.yaml has no such key"),
        ({"space": {"train.steps": 5}}, "space.train.steps: found 5; give a list of plain values, or low and high"),
        ({"space": {"train.steps": []}}, "give a list of plain values"),
        ({"space": {"train.steps": {"low": 1, "hihg": 5}}}, "unknown key (did you mean high?)"),
        ({"space": {"train.steps": {"low": 0, "high": 5, "log": True}}}, "space.train.steps: "),
        ({"space": {"train.ema": {"low": 0.5, "high": 2.0}}}, "space.train.ema: found 2.0"),
        ({"space": {"judges.dropout": [0.1, 0.2]}}, "no stage that metrics/train.json comes from reads the section"),
    ],
)
def test_a_wrong_key_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in wrong(**changes)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SearchFileWrong, match=r"other\.yaml: 1 wrong key\(s\)\n  the file cannot be read"):
        read(Path("other.yaml"))


def test_a_key_that_holds_a_fraction_takes_the_numbers_between_whole_ends() -> None:
    plan = read(
        write(space={"train.likelihood_weight": {"low": 0, "high": 1}, "train.steps": {"low": 50, "high": 100}})
    )
    assert isinstance(plan.space["train.likelihood_weight"], FloatDistribution)
    assert isinstance(plan.space["train.steps"], IntDistribution)


def test_the_stage_of_the_objective_runs_and_those_that_are_asked_for() -> None:
    assert read(write()).targets == ["train"]
    assert read(write(stages=["evaluate", "train"])).targets == ["train", "evaluate"]


def test_an_element_of_a_list_can_be_tried() -> None:
    key = "train.players.generator.betas.0"
    assert read(write(space={key: [0.0, 0.5]})).space == {key: CategoricalDistribution([0.0, 0.5])}
    assert "space.train.players.generator.betas.0: found 2.0" in wrong(space={key: [2.0]})
