"""The table and the answers that `make run` ends with."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from promptgan.experiments import summary

ANSWERED = {"temperature": 0.7, "nll": 4.1234567, "bleu_4": 0.25}
EVALUATION = {
    "text": {
        "real": {"bleu_4": 0.5},
        "twin": ANSWERED,
        "control": {**ANSWERED, "nll": 4.0},
        "adversarial": "not applicable",
        "gap_to_twin": {"bleu_4": 0.01},
    },
    "verdict": ["no verdict: the recipe trains no adversarial model"],
}


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (summary.METRICS, summary.SAMPLES):
        path.parent.mkdir(parents=True)
    summary.METRICS.write_text(json.dumps(EVALUATION))
    blocks = [f"prompt {i} [x]?\n  twin         yes {i}\n  control      no {i}" for i in range(13)]
    summary.SAMPLES.write_text("\n\n".join(blocks) + "\n")


def shown() -> list[str]:
    console = Console(width=120, record=True, highlight=False)
    summary.show(console)
    return console.export_text().splitlines()


def test_every_system_stands_beside_real_text() -> None:
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown() if line.startswith("│")]
    assert lines == [
        ["temperature", "-", "0.7", "0.7", "not applicable"],
        ["nll", "-", "4.123", "4", "not applicable"],
        ["bleu_4", "0.5", "0.25", "0.25", "not applicable"],
    ]
    assert EVALUATION["verdict"][0] in shown()  # type: ignore[index]


def test_ten_prompts_are_answered() -> None:
    prompts = [line for line in shown() if line.startswith("prompt")]
    assert prompts == [f"prompt {i} [x]?" for i in range(10)]
    assert "  control      no 9" in shown()


@pytest.mark.parametrize("path", [summary.METRICS, summary.SAMPLES])
def test_an_unfinished_run_says_what_to_do(path: Path) -> None:
    path.unlink()
    with pytest.raises(summary.NotFinished, match=r"make run"):
        summary.show()


@pytest.mark.parametrize("text", ["", "{}", '{"text": {}}'])
def test_torn_metrics_are_a_clean_error(text: str) -> None:
    summary.METRICS.write_text(text)
    with pytest.raises(summary.NotFinished):
        summary.show()
