"""What a name on the command line means."""

import shutil
from pathlib import Path

import pytest

from promptgan.lineage import lock
from promptgan.lineage.samples import SampleUnreadable
from promptgan.lineage.target import Target, UnknownTarget, resolve
from tests.pipeline.clone import Clone


def target(name: str) -> Target:
    return resolve(name, lock.read())


@pytest.mark.parametrize(
    ("name", "path", "held_by"),
    [
        ("models/adversarial", "models/adversarial", "models/adversarial"),
        ("./models/adversarial/", "models/adversarial", "models/adversarial"),
        ("data/tokens/tokenizer.json", "data/tokens/tokenizer.json", "data/tokens"),
        ("metrics/evaluation.json", "metrics/evaluation.json", "metrics/evaluation.json"),
        ("stages/train.py", "stages/train.py", "stages/train.py"),
    ],
)
def test_a_path_is_found_with_the_entry_that_holds_it(own: Clone, name: str, path: str, held_by: str) -> None:
    found = target(name)
    assert (found.path, found.recorded_as.path) == (path, held_by)
    assert found.md5


def test_an_absolute_path_below_this_folder_is_the_same(own: Clone) -> None:
    assert target(str(Path.cwd() / "data/raw")) == target("data/raw")


@pytest.mark.parametrize(
    ("key", "value"), [("text.adversarial.nll", 4.25), ("errors.0.nll", 0.5), ("errors", [{"nll": 0.5}])]
)
def test_a_metric_has_its_value(own: Clone, key: str, value: object) -> None:
    assert target(f"metrics/evaluation.json:{key}").facts == {"value": value}


def test_a_sample_has_its_row(own: Clone) -> None:
    facts = target("samples/generated/samples.parquet#1").facts
    assert facts == {
        "prompt_id": "e1",
        "prompt": "and milk?",
        "text": "i like green tea and milk",
        "model": "twin",
        "purpose": "curve",
        "temperature": 0.7,
        "top_p": 1.0,
        "seed": 1,
    }


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("modls/adversarial", "models/adversarial"),
        ("models/adversarial/model.safetensor", "models/adversarial/generator.safetensors"),
        ("metrics/evaluation.json:text.adversarial.nl", "metrics/evaluation.json:text.adversarial.nll"),
        ("metrics/evaluatoin.json:text", "metrics/evaluation.json"),
        ("stages/trian.py", "stages/train.py"),
    ],
)
def test_a_mistyped_target_gets_the_nearest_name(own: Clone, wrong: str, meant: str) -> None:
    with pytest.raises(UnknownTarget, match=f"did you mean {meant}"):
        target(wrong)


def test_what_is_like_nothing_is_refused_with_examples(own: Clone) -> None:
    with pytest.raises(UnknownTarget, match="name an output"):
        target("/elsewhere/qqq")


@pytest.mark.parametrize("row", ["6", "x", "-1", ""])
def test_a_row_that_is_not_there_is_refused(own: Clone, row: str) -> None:
    with pytest.raises(SampleUnreadable):
        target(f"samples/generated/samples.parquet#{row}")


def test_a_file_of_a_folder_whose_listing_is_nowhere_has_no_hash(own: Clone) -> None:
    shutil.rmtree(".dvc/cache")
    shutil.rmtree("models")
    assert target("models/adversarial/generator.safetensors").md5 is None
