"""Every system measured on test, of music that was made up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.forms.tokens import form
from promptgan.forms.tokens.likelihood import nll_by_text
from promptgan.forms.tokens.pairs import in_order
from promptgan.forms.tokens.tokenizer import load_tokenizer
from promptgan.media.music import prompts
from promptgan.media.music.piece import Piece, to_json
from promptgan.networks import folder
from promptgan.tasks.music.arrays import tokens as arrays
from promptgan.tasks.music.arrays.parameters import Parameters as Tokenize
from promptgan.tasks.music.judges import extractor as judge
from promptgan.tasks.music.measures.measures import NoSamples, evaluate
from promptgan.tasks.music.measures.metrics import MEASURES
from promptgan.tasks.music.measures.parameters import Parameters
from promptgan.tasks.music.measures.yardstick import TooFewWindows, Yardstick
from promptgan.terms.metrics import Evaluation
from tests.conftest import GENERATOR
from tests.tasks.music.pieces import drawn

RULES = {"voices": 4, "lowest": 30, "highest": 90, "metres": ["4/4"], "grid": 2}
TEMPERATURES = (0.7, 1.0)
COUNT = 12
CPU = torch.device("cpu")


def passages(first: int, kind: prompts.Kind) -> pd.DataFrame:
    music = [drawn(seed) for seed in range(first, first + COUNT)]
    rows = [(f"p{first + k}-1", str(prompts.asked(each, kind)), to_json(each)) for k, each in enumerate(music)]
    return pd.DataFrame(rows, columns=["id", "prompt", "music"])


def made(root: Path, kind: prompts.Kind) -> dict[str, Path]:
    """Arrays, model folders with fresh weights, and samples: the twin's are test music, the adversary's random."""
    paths = {name: root / name for name in ("tokens", "models", "samples")}
    validated = root / "validated"
    validated.mkdir()
    frames = {split: passages(100 * k, kind) for k, split in enumerate(("train", "val", "test", "judge"))}
    for split, frame in frames.items():
        frame.to_parquet(validated / f"{split}.parquet")
    parameters = {"data": {"key": "own"}, "validate": {**RULES, "prompt": {"kind": kind}}}
    (validated / "run.json").write_text(json.dumps({"parameters": parameters}))
    arrays.pack(validated, paths["tokens"], Tokenize(max_tokens=400, height=None, transpose="all"))
    example = form.example(paths["tokens"])
    needed = {"tokenizer.json": paths["tokens"] / "tokenizer.json"}
    torch.manual_seed(1)
    for name in ("pretrained", "adversarial"):
        networks = {"generator": folder.build("tokens", "generator", GENERATOR, example)}
        index = {**folder.described("music", "tokens", example), "converged": True}
        folder.save(paths["models"] / name, networks, {"generator": GENERATOR}, index, needed)
    folder.save_none(paths["models"] / "control", "this recipe has no control")
    extractor = judge.Extractor(4, 6)
    with torch.no_grad():
        extractor.last.weight *= 100  # so that distances are no rounding errors
    judge.save(paths["models"] / "judges", extractor, {"width": 4, "features": 6})
    paths["samples"].mkdir()
    drawn_ = [
        frames["test"].assign(model=model, temperature=temperature, music=music)
        for model, first in (("twin", 200), ("adversarial", 300))
        for temperature in TEMPERATURES
        for music in [[to_json(drawn(first + k + (0 if temperature == 1 else 500))) for k in range(COUNT)]]
    ]
    table = pd.concat(drawn_).assign(purpose="curve", mended=[0, 2] * (len(drawn_) * COUNT // 2))
    table.rename(columns={"id": "prompt_id"}).to_parquet(paths["samples"] / "samples.parquet")
    return paths


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return made(tmp_path_factory.mktemp("music"), "key")


@pytest.fixture(scope="module")
def evaluation(paths: dict[str, Path]) -> Evaluation:
    return evaluate(**paths, parameters=Parameters(jackknife_groups=4), seed=1, device=CPU)


def test_every_metric_is_there_of_every_system_that_has_it(evaluation: Evaluation) -> None:
    systems = evaluation.metrics["systems"]
    assert systems["control"] == "not applicable: this recipe has no control"
    of_models = {"temperature", "nll", "nll_quarter"}
    assert systems["twin"].keys() == systems["adversarial"].keys() == set(MEASURES.names)
    assert systems["real"].keys() == set(MEASURES.names) - of_models
    columns = {*MEASURES.names, *(metric.name for metric in MEASURES.further), "model", "frechet_music_val"}
    assert all(row.keys() == columns for row in evaluation.curves)
    assert [(row["model"], row["temperature"]) for row in evaluation.curves] == [
        ("real", None),
        *(("twin", t) for t in TEMPERATURES),
        *(("adversarial", t) for t in TEMPERATURES),
    ]
    assert evaluation.metrics["verdict"][0].startswith("no verdict")  # twelve pieces are few
    assert {row["system"] for row in evaluation.metrics["standard_errors"]} == {"real", "twin", "adversarial"}


def test_test_music_is_no_distance_from_itself(evaluation: Evaluation) -> None:
    twin = next(r for r in evaluation.curves if r["model"] == "twin" and r["temperature"] == 1)
    for name in ("frechet_music", "pitch_distance", "interval_distance", "duration_distance", "onset_distance"):
        assert twin[name] == pytest.approx(0, abs=1e-4)
        assert evaluation.metrics["systems"]["real"][name] > 0
    assert twin["mended"] == 1 / 2 and twin["quarters"] == 16 and twin["duplicates"] == 0


def test_likelihood_is_that_of_the_test_passages(evaluation: Evaluation, paths: dict[str, Path]) -> None:
    model = folder.load(paths["models"] / "pretrained", CPU).networks["generator"]
    test = form.split(paths["tokens"], "test")
    nats = sum(nll_by_text(model, batch).sum().item() for batch in in_order(test, 5))
    events = sum(len(row) + 1 for row in test.rows("text", np.arange(len(test))))
    told = evaluation.metrics["systems"]["twin"]
    assert told["nll"] == pytest.approx(nats / events, abs=1e-3)
    assert told["nll_quarter"] == pytest.approx(nats / (COUNT * 16), abs=1e-3)


def test_the_temperature_is_the_one_nearest_to_validation_music(evaluation: Evaluation) -> None:
    for name in ("twin", "adversarial"):
        rows = [row for row in evaluation.curves if row["model"] == name]
        nearest = min(rows, key=lambda row: row["frechet_music_val"])
        assert evaluation.metrics["systems"][name]["temperature"] == nearest["temperature"]


def test_training_music_is_known_once_and_in_every_key(paths: dict[str, Path]) -> None:
    yardstick = Yardstick(paths["tokens"], judge.load(paths["models"] / "judges"))
    assert {name: len(frame) for name, frame in yardstick.real.items()} == dict.fromkeys(
        ["train", "val", "test"], COUNT
    )
    assert len(form.split(paths["tokens"], "train")) > COUNT
    train = yardstick.real["train"]
    higher = train.assign(piece=[_shifted(piece, 3) for piece in train["piece"]])
    assert yardstick.per_piece(higher)["copied_runs"].eq(1).all()
    assert yardstick.per_piece(yardstick.real["test"])["copied_runs"].max() < 0.2


def test_a_melody_that_is_given_is_no_copy(tmp_path: Path) -> None:
    paths = made(tmp_path, "melody")
    yardstick = Yardstick(paths["tokens"], judge.load(paths["models"] / "judges"))
    assert yardstick.given == ["Soprano"]
    rows, others = yardstick.real["test"], yardstick.real["train"]
    own = [replace(a, voices=(b.voices[0], *a.voices[1:])) for a, b in zip(rows["piece"], others["piece"], strict=True)]
    assert yardstick.per_piece(rows.assign(piece=own))["copied_runs"].max() < 0.2


def test_what_is_missing_is_named(paths: dict[str, Path], tmp_path: Path) -> None:
    table = pd.read_parquet(paths["samples"] / "samples.parquet")
    table[table["model"] == "twin"].to_parquet(tmp_path / "samples.parquet")
    section = Parameters(jackknife_groups=4)
    with pytest.raises(NoSamples, match="adversarial"):
        evaluate(**{**paths, "samples": tmp_path}, parameters=section, seed=1, device=CPU)
    with pytest.raises(TooFewWindows, match=r"lower judges\.features"):
        Yardstick(paths["tokens"], judge.Extractor(4, 64))
    assert load_tokenizer(paths["tokens"]).get_vocab_size() == form.example(paths["tokens"]).vocabulary


def _shifted(music: Piece, semitones: int) -> Piece:
    voices = (replace(v, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in v.notes)) for v in music.voices)
    return replace(music, voices=tuple(voices))
