"""Pieces at random through every stage."""

import json
from pathlib import Path

import pandas as pd
import pytest

from promptgan.media.music.piece import from_json
from promptgan.media.music.prompts import assembled, parse
from promptgan.tasks.music.samples.samples import answer, load
from promptgan.terms.metrics import declared


@pytest.fixture
def samples(walked: Path) -> pd.DataFrame:
    return pd.read_parquet(walked / "samples/generated/samples.parquet")


def test_bad_pieces_go_to_quarantine_by_name_and_reason(walked: Path) -> None:
    table = pd.read_parquet(walked / "data/validated/quarantine.parquet").set_index("group")
    assert set(table.loc["trio", "rule"]) == {"wrong-voices"}
    assert set(table.loc["five", "rule"]) == {"other-metre"}
    assert table.loc["broken", "rule"] == "broken-file"
    assert "cannot be read" in table.loc["broken", "reason"]


def test_a_piece_stays_in_one_split(walked: Path) -> None:
    splits = [
        set(pd.read_parquet(walked / f"data/validated/{name}.parquet")["group"])
        for name in ("train", "val", "test", "judge")
    ]
    assert all(splits)
    assert sum(map(len, splits)) == len(set.union(*splits))


def test_every_sample_holds_the_melody_that_it_was_asked_for(samples: pd.DataFrame) -> None:
    for prompt, line in zip(samples["prompt"], samples["music"], strict=True):
        asked, piece = parse(prompt), from_json(line)
        given, _ = assembled(asked, [], 4)
        assert asked.kind == "melody"
        assert piece.voices[0].notes == given.voices[0].notes
        assert piece.ticks == given.ticks


def test_every_model_answers_every_prompt_at_every_temperature(samples: pd.DataFrame) -> None:
    curves = samples[samples["purpose"] == "curve"]
    assert curves.groupby(["model", "temperature"]).size().tolist() == [12] * 6


def test_a_prompt_that_the_model_does_not_know_is_refused(walked: Path) -> None:
    from promptgan.media.music.prompts import UnusablePrompt

    model = load(walked / "models/pretrained")
    for prompt, problem in (
        ("harmonise C major 5/4 | v1=67", "holds what the model does not know: 5/4"),
        ("harmonise C major 4/4 | v1=97", "v1=97"),
        ("C major 4/4", "gives nothing to harmonise, which is what the model learnt"),
        ("harmonise C major 4/4" + " | v1=67" * 40, "has 84 words, and the model reads 80\n.*give fewer bars"),
    ):
        with pytest.raises(UnusablePrompt, match=problem):
            answer(model, [parse(prompt)], seed=1)


def test_an_answer_does_not_depend_on_what_else_is_asked(walked: Path) -> None:
    model = load(walked / "models/adversarial")
    asked = [parse(f"harmonise {key} 4/4 | v1=67 @24 v1=69") for key in ("C major", "A minor", "F major")]
    together = answer(model, asked, seed=3)
    assert together[:1] == answer(model, asked[:1], seed=3)


def test_what_is_measured_is_what_is_declared(walked: Path) -> None:
    systems = json.loads((walked / "metrics/evaluation.json").read_text())["systems"]
    known = set(declared("music").names)
    assert all(set(systems[name]) <= known for name in ("real", "twin", "control", "adversarial"))


def test_the_report_names_the_task_and_the_data(walked: Path) -> None:
    page = (walked / "reports/html/index.html").read_text(encoding="utf-8")
    assert "Music, learnt from Bach chorales, from music21 10.5.1" in page
