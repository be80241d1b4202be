"""Answers of a model folder, and the samples of every model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.compute import Compute
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tokens.decoding import latent_vectors, random_numbers, sample
from promptgan.forms.tokens.sampler import Resampler
from promptgan.forms.tokens.temperature import UnusableTemperature
from promptgan.forms.tokens.tokenizer import NoTokenizer, decode
from promptgan.networks import folder
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as Shape
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.tasks.text.page import card, shown
from promptgan.tasks.text.samples.samples import (
    NothingBetween,
    Parameters,
    UnusablePrompt,
    answer,
    generate,
    load,
    make,
)
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR

COMPUTE = Compute(device="cpu", threads=1, precision="float32")
CPU = torch.device("cpu")
PARAMETERS = Parameters(
    temperatures=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2],
    count=12,
    temperature=0.8,
    top_p=0.9,
    prompts=["do you eat the moon"],
)
PROMPTS = [
    "do you buy the tea",
    "do you cook",
    "cake",
    "the moon do you eat the rice and the soup and the bread and the fish",
]


def generated(folders: dict[str, Path], validated: Path, out: Path, parameters: Parameters = PARAMETERS) -> str:
    """What the stage does of it."""
    out.mkdir()
    samples, said = generate(folder.with_models(folders), validated, out, parameters, COMPUTE, 1, CPU)
    samples.to_parquet(out / "samples.parquet", index=False)
    return said


@pytest.fixture
def models(generator: Generator, tokens: Path, tmp_path: Path) -> dict[str, Path]:
    """Two model folders, and the folder of a stage that the recipe does not use."""
    index = folder.described("text", "tokens", EXAMPLE)
    folders = {name: tmp_path / "models" / name for name in ("twin", "adversarial", "control")}
    networks, sections = {"generator": generator}, {"generator": GENERATOR}
    for name in ("twin", "adversarial"):
        folder.save(folders[name], networks, sections, index, {"tokenizer.json": tokens / "tokenizer.json"})
        with torch.no_grad():
            generator.bias[:20] += 1.0
    folder.save_none(folders["control"], "a test")
    return folders


def test_an_answer_depends_on_prompt_and_seed_and_not_on_its_batch(models: dict[str, Path]) -> None:
    loaded = load(models["twin"])
    answers = answer(loaded, PROMPTS, seed=1)
    assert len(set(answers)) > 1
    assert answer(loaded, PROMPTS, seed=1, batch=1) == answers
    assert answer(loaded, PROMPTS[:2], seed=1) == answers[:2]
    assert answer(loaded, PROMPTS, seed=2) != answers


@pytest.fixture
def resampled(generator: Generator, tokens: Path, tmp_path: Path) -> Path:
    """A model folder whose answers are chosen among candidates."""
    networks = {"generator": generator, "discriminator": Discriminator(Shape(**DISCRIMINATOR), EXAMPLE)}
    networks["discriminator"].judge[-1].weight.data *= 100  # an energy that prefers something
    sections = {"generator": GENERATOR, "discriminator": DISCRIMINATOR}
    drawing = {"candidates": 3, "chosen_by": "discriminator"}
    index = folder.described("text", "tokens", EXAMPLE) | {"drawing": drawing}
    folder.save(tmp_path / "resampled", networks, sections, index, {"tokenizer.json": tokens / "tokenizer.json"})
    return tmp_path / "resampled"


def test_a_folder_whose_answers_are_resampled_does_so_by_itself(resampled: Path) -> None:
    loaded = load(resampled)
    answers = answer(loaded, PROMPTS, seed=1)
    assert answer(loaded, PROMPTS, seed=1, batch=1) == answers
    assert answer(loaded, PROMPTS[:2], seed=1) == answers[:2]
    draw = loaded.sampler
    assert isinstance(draw, Resampler)
    ids = [torch.tensor([encoding.ids[-10:]]) for encoding in loaded.tokenizer.encode_batch_fast(PROMPTS)]
    numbers = random_numbers(1, len(PROMPTS), 3 * 10 + 1)
    for prompt, row, said in zip(ids, numbers, answers, strict=True):
        length = torch.tensor([prompt.shape[1]])
        candidates = sample(loaded.generator, prompt, length, row[:-1].view(3, 10))
        odds = (-draw.energies(prompt, length, candidates))[0].softmax(0)
        chosen = int((odds.cumsum(0) < 1 - row[-1]).sum())
        assert said == decode(loaded.tokenizer, candidates)[chosen]


def test_the_samples_hold_every_model_at_every_temperature_and_answers_to_read(
    models: dict[str, Path], validated: Path, tmp_path: Path
) -> None:
    said = generated(models, validated, tmp_path / "out")
    samples = pd.read_parquet(tmp_path / "out/samples.parquet")
    assert len(samples) == 2 * (7 * 12 + 11)
    assert said.startswith(f"{len(samples)} samples in ")
    assert list(samples) == ["prompt_id", "prompt", "text", "model", "purpose", "temperature", "top_p", "seed"]
    curves, readable = samples[samples["purpose"] == "curve"], samples[samples["purpose"] == "read"]
    assert (set(curves["top_p"]), set(readable["top_p"])) == ({1.0}, {0.9})
    sizes = curves.groupby(["model", "temperature"]).size()
    assert sizes.to_dict() == {(m, t): 12 for m in ("twin", "adversarial") for t in PARAMETERS.temperatures}
    test = pd.read_parquet(validated / "test.parquet")
    drawn = test.iloc[np.random.default_rng(1).permutation(len(test))]
    assert drawn["id"].head(12).tolist() != test["id"].head(12).tolist()
    one_curve = curves[(curves["model"] == "twin") & (curves["temperature"] == 1.0)]
    assert one_curve["prompt_id"].tolist() == drawn["id"].head(12).tolist()
    assert one_curve["prompt"].tolist() == drawn["prompt"].head(12).tolist()
    assert one_curve["text"].tolist() == answer(load(models["twin"]), one_curve["prompt"].tolist(), seed=1)
    assert readable["prompt_id"].tolist() == 2 * ["user-0", *drawn["id"].head(10)]
    blocks = (tmp_path / "out/samples.txt").read_text(encoding="utf-8").split("\n\n")
    assert len(blocks) == 1 + 11
    assert blocks[0] == "Answers of every model, drawn with temperature 0.8, top_p 0.9, seed 1"
    first = readable[readable["prompt_id"] == "user-0"]
    expected = ["do you eat the moon", *(f"  {row.model:<12} {row.text}" for row in first.itertuples())]
    assert blocks[1].splitlines() == expected


def test_the_same_models_and_seed_give_the_same_bytes(models: dict[str, Path], validated: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        generated(models, validated, tmp_path / name)
    for name in ("samples.parquet", "samples.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("prompt", "problem"), [("", "empty"), (" \t", "empty"), ("caf\udce9", r"'caf\\udce9'.*UTF-8")]
)
def test_a_prompt_without_words_or_of_broken_bytes_is_refused(
    models: dict[str, Path], prompt: str, problem: str
) -> None:
    with pytest.raises(UnusablePrompt, match=problem):
        answer(load(models["twin"]), ["do you cook", prompt], seed=1)


@pytest.mark.parametrize("temperature", [float("inf"), float("nan"), 1e-40, -1.0, 11.0])
def test_a_temperature_at_which_nothing_can_be_drawn_is_refused(models: dict[str, Path], temperature: float) -> None:
    with pytest.raises(UnusableTemperature, match=r"0\.01 to 10\.0"):
        answer(load(models["twin"]), ["do you cook"], seed=1, temperature=temperature)


@pytest.mark.parametrize("content", [None, "{"])
def test_a_model_whose_tokenizer_is_missing_or_broken_is_refused(models: dict[str, Path], content: str | None) -> None:
    tokenizer = models["twin"] / "tokenizer.json"
    tokenizer.unlink() if content is None else tokenizer.write_text(content)
    with pytest.raises(NoTokenizer, match=r"twin/tokenizer\.json cannot be loaded: .*\n.*dvc checkout"):
        load(models["twin"])


def test_an_answer_that_holds_line_ends_and_escapes_takes_one_line(
    models: dict[str, Path], validated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptgan.tasks.text.samples.samples.decode", lambda _, rows: ["a\n\n\x1b[2Jb"] * len(rows))
    generated(models, validated, tmp_path / "out")
    blocks = (tmp_path / "out/samples.txt").read_text(encoding="utf-8").split("\n\n")
    assert len(blocks) == 1 + 11
    assert all(line.endswith(r"a\n\n\x1b[2Jb") for block in blocks[1:] for line in block.splitlines()[1:])
    assert set(pd.read_parquet(tmp_path / "out/samples.parquet")["text"]) == {"a\n\n\x1b[2Jb"}
    assert shown(tmp_path / "out", 1)[0][1]["twin"] == r"a\n\n\x1b[2Jb"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"temperatures": [0.5, 0.7, 0.0, 1.0, 1.2, 1.3, 1.4]},
            "generate.temperatures.2: found 0.0; input should be greater than",
        ),
        (
            {"temperatures": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 11.0]},
            "generate.temperatures.6: found 11.0; input should be less",
        ),
        ({"temperatures": [0.5, 0.6, 0.7, 0.8, 1, 1.0, 1.2]}, "given more than once: 1.0"),
        ({"temperatures": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]}, "at least 7 items"),
        ({"prompts": ["hello", " "]}, "each prompt needs at least one word"),
    ],
)
def test_wrong_parameters_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        validate_section(Parameters, PARAMETERS.model_dump() | changes, "generate")


@pytest.fixture
def latent(one_thread: None, tokens: Path, tmp_path: Path) -> Path:
    """The folder of a model with latent vectors, on which its answers depend much."""
    section = {"network": "latent", "latent": 3, "embedding": 8, "width": 8, "dropout": 0.1, "word_dropout": 0.0}
    networks = {role: folder.build("tokens", role, section, EXAMPLE) for role in ("generator", "encoder")}
    with torch.no_grad():
        generator: Any = networks["generator"]
        generator.mix.weight[:, -3:] *= 20
        generator.embedding.weight *= 5
    index = folder.described("text", "tokens", EXAMPLE)
    sections = dict.fromkeys(networks, section)
    folder.save(tmp_path / "latent", networks, sections, index, {"tokenizer.json": tokens / "tokenizer.json"})
    return tmp_path / "latent"


def test_latent_vectors_follow_from_the_seed_and_not_from_the_batch(latent: Path) -> None:
    loaded = load(latent)
    answers = answer(loaded, PROMPTS, seed=1, temperature=0)  # so that the latent vectors alone differ by seed
    assert answer(loaded, PROMPTS, seed=1, temperature=0, batch=1) == answers
    assert answer(loaded, PROMPTS[:2], seed=1, temperature=0) == answers[:2]
    assert answer(loaded, PROMPTS, seed=2, temperature=0) != answers


def test_interpolation_goes_from_one_answer_to_another(latent: Path) -> None:
    ends = latent_vectors(1, 2, 3)
    first, last = (answer(load(latent), PROMPTS[:1], seed=1, temperature=0, z=z[None])[0] for z in ends)
    middle = answer(load(latent), PROMPTS[:1], seed=1, temperature=0, z=ends.mean(0, keepdim=True))[0]
    assert first != last
    shown_lines = make(latent, 3, 1, PROMPTS[:1], interpolate=True).splitlines()
    assert shown_lines == [f"> {PROMPTS[0]}", *(f"  {text}".rstrip() for text in (first, middle, last))]


def test_there_is_nothing_between_answers_without_latent_vectors(models: dict[str, Path], latent: Path) -> None:
    with pytest.raises(NothingBetween, match="begin with no latent vector"):
        make(models["twin"], 3, 1, PROMPTS, interpolate=True)
    with pytest.raises(NothingBetween, match="--n 7"):
        make(latent, 1, 1, PROMPTS, interpolate=True)


@pytest.fixture
def unprompted(generator: Generator, tokens: Path, tmp_path: Path) -> Path:
    """A model folder whose texts answer no prompt."""
    index = folder.described("text", "tokens", replace(EXAMPLE, prompted=False))
    files = {"tokenizer.json": tokens / "tokenizer.json"}
    folder.save(tmp_path / "unprompted", {"generator": generator}, {"generator": GENERATOR}, index, files)
    return tmp_path / "unprompted"


def test_a_model_whose_texts_answer_no_prompt_makes_them_without(unprompted: Path, models: dict[str, Path]) -> None:
    first, *texts = make(unprompted, 3, 1).splitlines()
    assert first == "> (no prompt)"
    assert len(texts) == len(set(texts)) == 3
    with pytest.raises(UnusablePrompt, match="no prompt"):
        make(unprompted, 3, 1, ["do you cook"])
    with pytest.raises(UnusablePrompt, match="answers prompts"):
        make(models["twin"], 3, 1)


def test_what_people_read_says_that_there_is_no_prompt(unprompted: Path, validated: Path, tmp_path: Path) -> None:
    test = pd.read_parquet(validated / "test.parquet").assign(prompt="")
    test.to_parquet(tmp_path / "test.parquet")
    parameters = PARAMETERS.model_copy(update={"prompts": []})
    generated({"twin": unprompted}, tmp_path, tmp_path / "out", parameters)
    samples = pd.read_parquet(tmp_path / "out/samples.parquet")
    assert set(samples["prompt"]) == {""}
    assert samples.query("purpose == 'curve' and temperature == 1.0")["text"].nunique() > 1
    assert (tmp_path / "out/samples.txt").read_text().count("\n(no prompt)\n") == 10
    assert [heading for heading, _ in shown(tmp_path / "out", 2)] == ["(no prompt)"] * 2
    assert "--prompt" not in card(tmp_path / "out", "models/adversarial")
