"""The table and the answers that `make run` ends with."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from promptgan.commands import summary
from promptgan.terms.comparison import DOMINATES, sentence
from promptgan.terms.systems import SYSTEMS

ANSWERED = {"temperature": 0.7, "bleu_4": 0.25, "ms_jaccard": 0.1, "nll": 4.1234567}
COMPARED = sentence("bleu_4", "twin", DOMINATES, 0.01, 0.004, clear=True)
EVALUATION = {
    "task": "text",
    "systems": {
        "real": {"bleu_4": 0.5, "ms_jaccard": 0.2},
        "twin": ANSWERED,
        "control": {**ANSWERED, "nll": 4.0},
        "adversarial": "not applicable",
    },
    "gaps": {"twin": {"bleu_4": 0.01}},
    "standard_errors": [{"system": "twin", "bleu_4": 0.0123}],
    "verdict": [COMPARED, "one training seed: how far another would move these numbers is not known"],
}
TRAIN = {"steps": 50, "best_step": 25, "stopped": "limit", "score": 0.1, "start_score": 0.09}
LONG = "a very long answer that goes on and on " * 4


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    summary.METRICS.parent.mkdir(parents=True)
    summary.SAMPLES.mkdir(parents=True)
    summary.METRICS.write_text(json.dumps(EVALUATION))
    summary.TRAIN.write_text(json.dumps(TRAIN))
    summary.CONTROL.write_text(json.dumps({"cost_of_adversarial": 1.02}))
    rows = [
        (model, f"user-{i}", f"prompt {i} [x]?", text.format(i), 0.7, 0.9, "read")
        for model, text in (("twin", "yes {}"), ("control", LONG))
        for i in range(13)
    ]
    columns = ["model", "prompt_id", "prompt", "text", "temperature", "top_p", "purpose"]
    pd.DataFrame(rows, columns=columns).to_parquet(summary.SAMPLES / "samples.parquet")


def shown() -> list[str]:
    console = Console(width=80, record=True, highlight=False)
    summary.show(console)
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_every_system_stands_beside_real_data_in_the_order_of_the_declarations() -> None:
    lines = shown()
    first = lines.index("Measured on test") + 1
    table = [line.split() for line in lines[first : first + 5]]
    assert table == [
        ["real", "data", "likelihood", "twin", "control", "twin", "adversarial"],
        ["temperature", "–", "0.7", "0.7", "–"],
        ["↓", "nll", "–", "4.1235", "4.0000", "–"],
        ["→", "ms_jaccard", "0.2000", "0.1000", "0.1000", "–"],
        ["→", "bleu_4", "0.5000", "0.2500", "±.0123", "0.2500", "–"],
    ]


def test_systems_and_marks_are_explained() -> None:
    lines = shown()
    assert "likelihood twin: trained by likelihood alone" in lines
    assert "adversarial: not applicable" in lines
    assert "it took 102% of that" in " ".join(lines)
    assert "↑ more is better, ↓ less is better" in " ".join(lines)


def test_the_widest_numbers_stand_on_one_line_of_80_columns() -> None:
    systems = {**{each.name: {"length_distance": 12.3456} for each in SYSTEMS}, "real": {"length_distance": 0.1877}}
    errors = [{"system": name, "length_distance": 0.1234} for name in systems]
    summary.METRICS.write_text(
        json.dumps({"task": "text", "systems": systems, "standard_errors": errors, "verdict": []})
    )
    (line,) = [line for line in shown() if "length_distance" in line]
    assert line.count("12.3456 ±.1234") == 3


def test_ten_prompts_are_answered_and_long_answers_stand_under_their_beginning() -> None:
    lines = shown()
    assert [line for line in lines if line.startswith("prompt")] == [f"prompt {i} [x]?" for i in range(10)]
    place = lines.index("  twin         yes 9")
    answer = lines[place + 1 :]
    assert answer[0].startswith("  control      a very") and len(answer) > 2
    assert all(line.startswith(" " * 15 + line.strip()) for line in answer[1:])
    assert " ".join([answer[0][15:], *map(str.strip, answer[1:])]) == LONG.strip()


def test_the_verdict_says_who_is_ahead_and_hangs() -> None:
    lines = shown()
    place = lines.index("Who is ahead")
    assert lines[place + 1].startswith("- bleu_4: adversarial dominates twin at equal self_bleu_4")
    assert lines[place + 2].startswith("  ")
    assert all(len(line) <= 80 for line in lines)


def test_a_training_stopped_by_a_guard_is_named_before_the_numbers() -> None:
    summary.TRAIN.write_text(json.dumps({**TRAIN, "stopped": "entropy"}))
    lines = shown()
    said = " ".join(map(str.strip, lines[: lines.index("Measured on test")]))
    assert said.startswith("! Adversarial training was stopped by the entropy guard at step 50")
    assert "those of step 25" in said


def test_a_recipe_without_an_adversarial_phase_is_shown() -> None:
    summary.TRAIN.write_text("{}")
    assert shown()[0] == "Measured on test"


@pytest.mark.parametrize("path", [summary.METRICS, summary.TRAIN, summary.CONTROL])
def test_an_unfinished_run_says_what_to_do(path: Path) -> None:
    path.unlink()
    with pytest.raises(summary.NotFinished, match=rf"`git checkout {path}`"):
        summary.show()


def test_samples_that_are_not_here_are_a_clean_error() -> None:
    (summary.SAMPLES / "samples.parquet").unlink()
    with pytest.raises(summary.NotFinished, match="dvc checkout"):
        summary.show()


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"systems": {}}', '{"systems": 1}'])
def test_metrics_that_are_torn_or_of_another_shape_are_a_clean_error(text: str) -> None:
    summary.METRICS.write_text(text)
    with pytest.raises(summary.NotFinished):
        summary.show()


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from promptgan.commands.summary import show; show();"
        "print(sorted({'torch', 'matplotlib', 'jinja2', 'dvc'} & sys.modules.keys()))"
    )
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(source), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
