"""A run against the committed results, in a Git repository of its own."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from promptgan.core.errors import PromptganError
from promptgan.experiments import results

ONE_CPU = {
    "real": {"temperature": None, "bleu_4": 0.4127, "self_bleu_4": 0.3302, "length_distance": 0.1214},
    "twin": {"temperature": 0.7, "nll": 4.1021, "ms_jaccard": 0.0786, "bleu_4": 0.4312, "length_distance": 0.6103},
    "control": "not applicable: the recipe has none",
    "adversarial": {"temperature": 0.85, "nll": 4.2333, "ms_jaccard": 0.0856, "bleu_4": 0.4285, "copied": 0.208},
}
"""As an AVX-512 machine with bfloat16 measured it, with its standard errors."""
ITS_ERRORS = [
    {"system": "real", "bleu_4": 0.0051, "length_distance": 0.101},
    {"system": "twin", "bleu_4": 0.009, "ms_jaccard": 0.0023, "length_distance": 0.1027},
    {"system": "adversarial", "bleu_4": 0.0077, "ms_jaccard": 0.0023, "copied": 0.0132},
]
ANOTHER_CPU = {
    **ONE_CPU,
    "twin": {"temperature": 0.85, "nll": 4.1174, "ms_jaccard": 0.0801, "bleu_4": 0.4401, "length_distance": 0.4307},
    "adversarial": {"temperature": 0.85, "nll": 4.2702, "ms_jaccard": 0.0829, "bleu_4": 0.4492, "copied": 0.231},
}
ANOTHER_ERRORS = [
    ITS_ERRORS[0],
    {"system": "twin", "bleu_4": 0.0121, "ms_jaccard": 0.0031, "length_distance": 0.0761},  # a quarter less
    {"system": "adversarial", "bleu_4": 0.0094, "ms_jaccard": 0.0019, "copied": 0.0098},
]


def write(
    weights: str = "aaa",
    seed: int = 1,
    rows: int = 100,
    said: str = "then",
    converged: bool = True,
    systems: object = ONE_CPU,
    errors: object = ITS_ERRORS,
) -> None:
    evaluation = {"task": "text", "systems": systems, "standard_errors": errors, "verdict": [said], "signature": [said]}
    contents = {
        "metrics/evaluation.json": evaluation,
        "metrics/train.json": {"stopped": said, "converged": converged, "score": len(said)},
        "metrics/validation.json": {"rows": {"train": rows}, "rules": ["a"]},
    }
    outputs = []
    for path, text in {"models/adversarial": weights, **{k: json.dumps(v) for k, v in contents.items()}}.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text)
        outputs.append({"path": path, "md5": hashlib.md5(text.encode()).hexdigest(), "size": 1})
    stage = {"cmd": "python stages/train.py", "params": {"params.yaml": {"seed": seed}}, "outs": outputs}
    lock({"train": stage})


def lock(stages: dict[str, object]) -> None:
    Path("dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
    Path("dvc.yaml").write_text(json.dumps({"stages": {key: {} for key in stages}}))


def commit() -> None:
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"], check=True)


@pytest.fixture(autouse=True)
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write()
    subprocess.run(["git", "init", "-q"], check=True)
    commit()


def test_the_same_bytes_are_identical() -> None:
    assert results.compare() == ([], [])


def test_a_clone_in_which_nothing_ran_is_not_identical() -> None:
    Path("models/adversarial").unlink()
    with pytest.raises(results.NothingToCompare, match="no finished run here: models/adversarial is not there"):
        results.compare()


def test_what_was_changed_since_the_run_is_not_compared() -> None:
    Path("models/adversarial").write_text("edited")
    with pytest.raises(results.NothingToCompare, match=r"models/adversarial is not the one that dvc\.lock names"):
        results.compare()


def test_a_stage_that_has_not_run_since_what_it_reads_was_made_anew_is_not_compared() -> None:
    train, evaluate = ({"cmd": name} for name in ("train", "evaluate"))
    Path("weights").write_text("new")
    train["outs"] = [{"path": "weights", "md5": hashlib.md5(b"new").hexdigest(), "size": 1}]
    evaluate["deps"] = [{"path": "weights", "md5": "old", "size": 1}]
    lock({"train": train, "evaluate": evaluate})
    commit()
    with pytest.raises(results.NothingToCompare, match="evaluate used a weights that was made anew since"):
        results.compare()


def test_another_kind_of_cpu_is_within_and_neither_prose_nor_standard_errors_are_judged() -> None:
    write(weights="bbb", said="something else", systems=ANOTHER_CPU, errors=ANOTHER_ERRORS)
    different, found = results.compare()
    assert all(difference.within for difference in found)
    assert "models/adversarial" in different
    assert [difference.key for difference in found] == [
        *(f"twin {name}" for name in ("nll", "ms_jaccard", "bleu_4", "length_distance")),
        *(f"adversarial {name}" for name in ("nll", "ms_jaccard", "bleu_4", "copied")),
    ]
    sizes = {difference.key: difference.size for difference in found}
    assert sizes["adversarial bleu_4"] == "1.7 of at most 4 standard errors"
    assert sizes["adversarial nll"] == "0.86% of at most 3%"


@pytest.mark.parametrize(
    ("metric", "value", "outside"),
    [("bleu_4", 0.4285 + 0.05, True), ("bleu_4", 0.4285 + 0.04, False), ("nll", 4.4, True), ("nll", None, True)],
)
def test_a_metric_is_held_against_its_own_standard_error(metric: str, value: float | None, outside: bool) -> None:
    write(weights="bbb", systems={**ONE_CPU, "adversarial": {**ONE_CPU["adversarial"], metric: value}})  # type: ignore[dict-item]
    _, (found,) = results.compare()
    assert found.within != outside


def test_data_and_flags_must_be_the_same_and_a_system_must_be_in_both() -> None:
    write(weights="bbb", rows=99, converged=False, systems={**ONE_CPU, "twin": "not applicable: none"})
    assert {difference.key: difference.within for difference in results.compare()[1]} == {
        "twin": False,
        "train converged": False,
        "validation rows.train": False,
    }


def test_metrics_of_another_shape_are_a_clean_error() -> None:
    write(weights="bbb", systems=None)
    with pytest.raises(results.NothingToCompare, match="is not what `evaluate` writes"):
        results.compare()


def test_a_run_of_other_parameters_is_not_compared() -> None:
    def stages(count: int) -> dict[str, object]:
        values = {"section": {f"k{n}": count for n in range(8)}}
        return {name: {"cmd": "a", "params": {"params.yaml": values}} for name in ("pretrain", "train")}

    Path("params.yaml").write_text("# head\nrecipe: text-gumbel    # a label\n")
    lock(stages(1))
    commit()
    Path("params.yaml").write_text("recipe: text-hinge\n")
    lock(stages(2))
    with pytest.raises(results.OtherParameters) as caught:
        results.compare()
    assert caught.value.problem == (
        "the committed results are of recipe text-gumbel, and this run is of recipe text-hinge with other parameters:"
        " they are not comparable; section.k0, section.k1, section.k2, section.k3, section.k4, section.k5 and 2 more"
    )
    assert "promptgan exp diff HEAD workspace" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "cannot be read"), ("stages: {}", "not run here yet: train"), ("[", "not what DVC")]
)
def test_an_unfinished_run_is_not_compared(text: str | None, expected: str) -> None:
    Path("dvc.lock").unlink()
    if text is not None:
        Path("dvc.lock").write_text(text)
    with pytest.raises(PromptganError, match=expected):
        results.compare()


def test_without_committed_results_the_error_says_so() -> None:
    subprocess.run(["git", "update-ref", "-d", "HEAD"], check=True)
    with pytest.raises(PromptganError, match=r"HEAD:dvc\.lock"):
        results.compare()
