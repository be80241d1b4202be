"""A run against the committed results, in a Git repository of its own."""

import json
import subprocess
from pathlib import Path

import pytest

from promptgan.experiments import results

LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python stages/train.py
    params: {{params.yaml: {{seed: {seed}}}}}
    outs:
    - path: models/adversarial
      md5: {md5}
"""


def write(
    md5: str = "aaa",
    seed: int = 1,
    nll: float = 4.0,
    distinct: float = 0.3,
    rows: int = 100,
    said: str = "then",
    converged: bool = True,
) -> None:
    Path("metrics").mkdir(exist_ok=True)
    Path("dvc.lock").write_text(LOCK.format(md5=md5, seed=seed))
    evaluation = {"text": {"nll": nll, "distinct_1": distinct}, "verdict": [said], "signature": [said]}
    Path("metrics/evaluation.json").write_text(json.dumps(evaluation))
    Path("metrics/train.json").write_text(json.dumps({"stopped": said, "converged": converged}))
    Path("metrics/validation.json").write_text(json.dumps({"rows": {"train": rows}, "rules": ["a"]}))


@pytest.fixture(autouse=True)
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write()
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *command], check=True)


def test_the_same_bytes_are_identical() -> None:
    found = results.compare()
    assert found.identical
    assert found.passed


def test_other_bytes_with_close_metrics_are_within_tolerance() -> None:
    write(md5="bbb", nll=4.1, distinct=0.31)
    found = results.compare()
    assert found.different == ["models/adversarial"]
    assert [metric.key for metric in found.metrics] == [
        "metrics/evaluation.json:text.distinct_1",
        "metrics/evaluation.json:text.nll",
    ]
    assert found.passed


@pytest.mark.parametrize("change", [{"nll": 4.2}, {"distinct": 0.6}, {"rows": 99}])
def test_a_metric_far_off_is_outside(change: dict[str, float]) -> None:
    write(md5="bbb", **change)  # type: ignore[arg-type]
    found = results.compare()
    assert [metric.within for metric in found.metrics] == [False]
    assert not found.passed


@pytest.mark.parametrize("content", ['{"text": {"nll": 4.0}}', '{"text": {"nll": 4.0, "distinct_1": "high"}}'])
def test_a_metric_that_is_gone_or_no_number_is_outside(content: str) -> None:
    write(md5="bbb")
    Path("metrics/evaluation.json").write_text(content)
    assert not results.compare().passed


def test_runs_of_other_parameters_are_not_compared() -> None:
    write(seed=2)
    with pytest.raises(results.NothingToCompare, match=r"seed: committed 1, here 2"):
        results.compare()


def test_a_run_of_another_recipe_is_named_first_and_the_list_is_short(tmp_path: Path) -> None:
    def lock(count: int) -> str:
        keys = ", ".join(f"k{n}: {count}" for n in range(14))
        stages = "".join(f"  {stage}:\n    params: {{params.yaml: {{{keys}}}}}\n" for stage in ("pretrain", "train"))
        return f"schema: '2.0'\nstages:\n{stages}"

    Path("params.yaml").write_text("# head\nrecipe: text-gumbel    # a label\n")
    Path("dvc.lock").write_text(lock(1))
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "b"], check=True)
    Path("params.yaml").write_text("recipe: text-hinge\n")
    Path("dvc.lock").write_text(lock(2))
    with pytest.raises(results.OtherParameters) as caught:
        results.compare()
    first, *others, last = caught.value.problem.splitlines()
    assert first == (
        "the committed results are of recipe text-gumbel, and this run is of recipe text-hinge: they are not"
        " comparable; 14 parameter(s) differ"
    )
    assert len(others) == 10
    assert others[0] == "  k0: committed 1, here 2"
    assert last == "  and 4 more"
    assert "promptgan exp diff HEAD workspace" in caught.value.remedy
    assert "git checkout params.yaml" in caught.value.remedy


def test_a_stage_that_has_run_with_another_value_is_seen_beside_one_that_has_not() -> None:
    stages = (
        "stages:\n  a:\n    params: {{params.yaml: {{seed: {}}}}}\n  b:\n    params: {{params.yaml: {{seed: 1}}}}\n"
    )
    Path("dvc.lock").write_text(stages.format(1))
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@e.org", "commit", "-qam", "b"], check=True)
    Path("dvc.lock").write_text(stages.format(2))
    with pytest.raises(results.OtherParameters, match=r"other parameters than this run.*\n  seed: committed 1, here 2"):
        results.compare()


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "missing"), ("stages: {}", "not run here yet: train"), ("[", "read")]
)
def test_an_unfinished_run_is_not_compared(text: str | None, expected: str) -> None:
    Path("dvc.lock").unlink()
    if text is not None:
        Path("dvc.lock").write_text(text)
    with pytest.raises(results.NothingToCompare, match=expected):
        results.compare()


def test_without_committed_results_the_error_says_so() -> None:
    subprocess.run(["git", "update-ref", "-d", "HEAD"], check=True)
    with pytest.raises(results.NothingToCompare, match="git show HEAD"):
        results.compare()


def test_sentences_and_where_a_training_stopped_may_differ_and_a_flag_may_not() -> None:
    write(md5="bbb", said="now", converged=False)
    assert {metric.key: metric.within for metric in results.compare().metrics} == {
        "metrics/evaluation.json:signature.0": True,
        "metrics/evaluation.json:verdict.0": True,
        "metrics/train.json:converged": False,
        "metrics/train.json:stopped": True,
    }
