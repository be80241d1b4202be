import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.files import write_json
from promptgan.data.sets import oracle as data
from promptgan.forms.tokens.example import Example
from promptgan.networks import folder
from promptgan.quality.output import write_parquet
from promptgan.tasks.oracle.arrays.arrays import pack
from promptgan.tasks.oracle.arrays.parameters import Parameters as Arrays
from promptgan.tasks.oracle.measures.measures import NoSamples, evaluate, under_generator, under_oracle
from promptgan.tasks.oracle.measures.oracle import NoOracle, load
from promptgan.tasks.oracle.measures.parameters import Parameters
from promptgan.terms.metrics import Evaluation
from tests.tasks.oracle.reference import nll

CPU = torch.device("cpu")
VOCABULARY, LENGTH = 12, 4
SURE = 3.0
"""What multiplies the adversarial model's logits, as a low temperature does."""
SECTION = {"network": "unconditional", "width": 6}
PARAMETERS = data.Parameters(
    name="oracle", weights=None, seed=3, vocabulary=VOCABULARY, embedding=5, width=6, length=LENGTH, count=480
)


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """The folder of a tokenize stage: 120 sequences in every split."""
    validated = tmp_path / "validated"
    validated.mkdir()
    (validated / data.FILE).write_bytes(data.upstream(PARAMETERS).sources[0].content())  # type: ignore[attr-defined]
    records = data.records(validated, PARAMETERS)
    for number, split in enumerate(("train", "val", "test", "judge")):
        write_parquet(records.iloc[120 * number : 120 * (number + 1)], validated / f"{split}.parquet")
    pack(validated, tmp_path / "tokens", Arrays(vocabulary=VOCABULARY, max_tokens=LENGTH))
    return tmp_path / "tokens"


def copy_of_the_oracle(arrays: Path) -> Any:
    """A generator with the oracle's own weights: what a perfect training would end with."""
    generator = folder.build("tokens", "generator", SECTION, Example(VOCABULARY + 4, LENGTH))
    oracle = load(arrays / data.FILE)
    with torch.no_grad():
        for name, parameter in generator.cell.named_parameters():
            own = oracle.cell.get_parameter(name)
            parameter.zero_()[:, : own.shape[1]].copy_(own) if own.dim() == 2 else parameter.copy_(own)
        generator.embedding.weight.zero_()
        generator.embedding.weight[4:, :5] = oracle.embedding.weight
        generator.embedding.weight[generator.example.bos, :5] = oracle.embedding.weight[0]
        generator.output[4:], generator.bias[4:] = oracle.output.weight, oracle.output.bias
    return generator.eval()


@pytest.fixture
def measured(arrays: Path, tmp_path: Path, one_thread: None) -> Callable[..., Evaluation]:
    """Measures a perfect generator as twin, and one that is too sure as the adversarial model."""

    def run(rows: list[tuple[str, float, str]], **index: Any) -> Evaluation:
        root = tmp_path / "models"
        example = folder.described("oracle", "tokens", Example(VOCABULARY + 4, LENGTH))
        sections = {"generator": SECTION}
        needed = {"tokenizer.json": arrays / "tokenizer.json"}
        perfect, collapsed = copy_of_the_oracle(arrays), copy_of_the_oracle(arrays)
        with torch.no_grad():
            collapsed.output[4:] *= SURE
        folder.save(
            root / "pretrained", {"generator": perfect}, sections, {**example, "converged": True, **index}, needed
        )
        folder.save(root / "adversarial", {"generator": collapsed}, sections, example, needed)
        folder.save_none(root / "control", "a test")
        (tmp_path / "samples").mkdir()
        table = pd.DataFrame(rows, columns=["model", "temperature", "text"])
        table.to_parquet(tmp_path / "samples/samples.parquet")
        return evaluate(arrays, root, tmp_path / "samples", Parameters(jackknife_groups=4), 1, CPU)

    return run


def sequences(arrays: Path, name: str) -> list[tuple[str, float, str]]:
    """120 sequences of the twin or of the adversarial model, drawn from what its generator says."""
    weights = data.read(arrays / data.FILE, PARAMETERS)
    if name == "adversarial":
        weights[-2] = weights[-2] * SURE
    return [(name, 1.0, " ".join(map(str, row))) for row in data.draw(weights, 9, 120, LENGTH).tolist()]


def test_the_oracles_likelihood_is_that_of_the_definition(arrays: Path) -> None:
    weights = data.read(arrays / data.FILE, PARAMETERS)
    rows = data.draw(weights, 5, 70, LENGTH).tolist()
    rows[3] = rows[3][:2]  # of a generator that ends by itself
    expected = [sum(nll(weights, row)) for row in rows]
    np.testing.assert_allclose(under_oracle(load(arrays / data.FILE), rows), expected, rtol=1e-4)


def test_a_generator_with_the_oracles_weights_costs_what_the_oracle_costs(arrays: Path) -> None:
    rows = data.draw(data.read(arrays / data.FILE, PARAMETERS), 5, 70, LENGTH).tolist()
    own = under_generator(copy_of_the_oracle(arrays), rows, 1.0)
    np.testing.assert_allclose(own, under_oracle(load(arrays / data.FILE), rows), rtol=1e-4)


def test_a_perfect_generator_does_not_diverge_and_one_that_is_too_sure_does_though_the_oracle_likes_it(
    measured: Callable[..., Evaluation], arrays: Path
) -> None:
    metrics, curves = measured(sequences(arrays, "twin") + sequences(arrays, "adversarial"))
    twin, adversarial = metrics["systems"]["twin"], metrics["systems"]["adversarial"]
    assert twin["divergence"] == pytest.approx(0, abs=1e-3)
    assert twin["nll_gen"] == pytest.approx(metrics["systems"]["real"]["nll_gen"], abs=1e-3)
    real = metrics["systems"]["real"]
    assert adversarial["entropy"] < real["entropy"] and adversarial["duplicates"] > real["duplicates"]
    assert adversarial["nll_oracle"] < real["nll_oracle"] < real["nll_gen"] + 0.2 < adversarial["nll_gen"]
    assert metrics["gaps"]["twin"]["divergence"] > 0.1
    assert metrics["verdict"][0].startswith("divergence: adversarial is behind twin; the difference is +")
    assert metrics["systems"]["control"] == "not applicable: a test"
    assert [(row["model"], row["temperature"]) for row in curves] == [
        ("real", None), ("twin", 1.0), ("adversarial", 1.0)
    ]  # fmt: skip


def test_the_same_inputs_give_the_same_numbers(
    measured: Callable[..., Evaluation], arrays: Path, tmp_path: Path
) -> None:
    rows = sequences(arrays, "twin") + sequences(arrays, "adversarial")
    first = measured(rows)
    again = evaluate(arrays, tmp_path / "models", tmp_path / "samples", Parameters(jackknife_groups=4), 1, CPU)
    assert json.dumps(first) == json.dumps(again)


def test_a_twin_that_was_still_improving_gives_no_verdict(measured: Callable[..., Evaluation], arrays: Path) -> None:
    metrics, _ = measured(sequences(arrays, "twin") + sequences(arrays, "adversarial"), converged=False)
    assert metrics["gaps"] == {} and metrics["verdict"][0].startswith("no verdict: the likelihood twin")


def test_too_few_sequences_give_no_verdict(measured: Callable[..., Evaluation], arrays: Path) -> None:
    few = sequences(arrays, "twin") + sequences(arrays, "adversarial")[:99]
    assert measured(few).metrics["verdict"][0].startswith("no verdict: 99 samples of a system are too few")


@pytest.mark.parametrize("early", ["twin", "adversarial"])
def test_a_system_with_a_sequence_that_ends_early_has_no_divergence(
    measured: Callable[..., Evaluation], arrays: Path, early: str
) -> None:
    rows = {name: sequences(arrays, name) for name in ("twin", "adversarial")}
    name, temperature, text = rows[early][7]
    rows[early][7] = name, temperature, text.rpartition(" ")[0]
    metrics, curves = measured(rows["twin"] + rows["adversarial"])
    for system in ("real", "twin", "adversarial"):
        assert ("divergence" in metrics["systems"][system]) == (system != early)
        assert {"nll_oracle", "nll_gen", "entropy", "length"} <= metrics["systems"][system].keys()
    assert [row["divergence"] is None for row in curves] == [row["model"] == early for row in curves]
    assert [each for each in metrics["standard_errors"] if "divergence" not in each] == [
        next(each for each in metrics["standard_errors"] if each["system"] == early)
    ]
    assert metrics["gaps"] == {}
    assert metrics["verdict"][0] == (
        "divergence against twin: no verdict, sequences end early, which the oracle's never do"
    )


def test_a_model_without_samples_is_refused(measured: Callable[..., Evaluation], arrays: Path) -> None:
    with pytest.raises(NoSamples, match="adversarial"):
        measured(sequences(arrays, "twin"))


def test_without_an_adversarial_model_there_is_no_verdict(
    measured: Callable[..., Evaluation], arrays: Path, tmp_path: Path
) -> None:
    rows = sequences(arrays, "twin") + sequences(arrays, "adversarial")
    measured(rows)
    write_json(tmp_path / "models/adversarial/index.json", {"kind": "none", "reason": "likelihood only"})
    found = evaluate(arrays, tmp_path / "models", tmp_path / "samples", Parameters(jackknife_groups=4), 1, CPU)
    assert found.metrics["verdict"] == ["no verdict: the recipe trains no adversarial model"]


def test_a_broken_file_of_weights_is_no_oracle(arrays: Path) -> None:
    (arrays / data.FILE).write_bytes(b"weights")
    with pytest.raises(NoOracle, match="dvc repro tokenize"):
        load(arrays / data.FILE)
