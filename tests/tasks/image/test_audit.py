"""An audit of what evaluation wrote finds nothing, and every number that somebody has changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from promptgan.core.files import write_csv, write_json
from promptgan.forms.tensors import form
from promptgan.tasks.image import audit
from promptgan.tasks.image.measures.measures import evaluate
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.samples import generate
from promptgan.terms.audit import Found
from tests.tasks.audited import Run
from tests.tasks.image.conftest import COMPUTE, CPU
from tests.tasks.image.test_measures import PARAMETERS
from tests.tasks.image.test_measures import models as models
from tests.tasks.image.test_measures import samples as samples

CURVES, EVALUATION, SAMPLES = (
    Path(path) for path in ("plots/curves.csv", "metrics/evaluation.json", "samples/generated/samples.parquet")
)


@pytest.fixture
def run(arrays: Path, models: Path, samples: Path, tmp_path: Path) -> Run:
    """What evaluation makes of labelled samples of two truncations, in this folder."""
    for path in (CURVES, EVALUATION, SAMPLES):
        path.parent.mkdir(parents=True, exist_ok=True)
    Path("data").mkdir()
    Path("data/tokens").symlink_to(arrays)
    table = pd.read_parquet(samples / "samples.parquet")
    table["label"] = ["ab"[label] for label in form.split(arrays, "train").labels[:100]] * 2
    pd.concat([table.assign(truncation=value) for value in (1.0, 0.5)]).to_parquet(SAMPLES)
    metrics, curves = evaluate(arrays, models, SAMPLES.parent, PARAMETERS, 1, CPU)
    write_csv(CURVES, curves)
    write_json(EVALUATION, metrics)
    return Run()


def broken(run: Run) -> list[Found]:
    return [found for check in (audit.measures, audit.evaluation) for found in check(run)]


def in_curves(column: str, model: str, truncation: float) -> Callable[[], None]:
    def change() -> None:
        table = pd.read_csv(CURVES).astype({column: float})
        table.loc[(table["model"] == model) & (table["truncation"] == truncation), column] = 0.123
        table.to_csv(CURVES, index=False)

    return change


def without_a_row() -> None:
    pd.read_csv(CURVES).iloc[:-1].to_csv(CURVES, index=False)


def in_evaluation() -> None:
    content = json.loads(EVALUATION.read_text())
    content["systems"]["twin"]["frechet_distance"] += 1
    EVALUATION.write_text(json.dumps(content))


@pytest.mark.parametrize("shown", [4, 40])
def test_a_grid_is_of_the_first_images_that_were_drawn_whole(
    shown: int, models: Path, validated_images: Path, tmp_path: Path
) -> None:
    """Also where there are fewer of them than a grid may hold."""
    parameters = Parameters(count=10, truncations=[0.5, 1.0], shown=shown)
    folders, out = {"twin": models / "pretrained"}, SAMPLES.parent
    out.mkdir(parents=True)
    table, _ = generate(folders, validated_images, out, parameters, COMPUTE, 1, CPU)
    table.to_parquet(SAMPLES, index=False)
    Path("params.yaml").write_text(json.dumps({"generate": parameters.model_dump(), "seed": 1}))
    assert list(audit.samples(Run())) == []
    table.iloc[::-1].to_parquet(SAMPLES, index=False)
    assert [found.link for found in audit.samples(Run())] == [f"{out}/grid-twin.png -> {SAMPLES}"]


def test_an_honest_run_has_no_broken_link(run: Run) -> None:
    assert broken(run) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (in_curves("label_agreement", "twin", 0.5), "twin label_agreement -> samples"),
        (in_curves("class_distance", "adversarial", 1.0), "adversarial class_distance -> samples"),
        (in_curves("recall", "twin", 1.0), "systems.twin recall -> plots/curves.csv"),
        (without_a_row, "plots/curves.csv -> samples"),
        (in_evaluation, "systems.twin frechet_distance -> plots/curves.csv"),
    ],
)
def test_a_changed_number_is_found(change: Callable[[], None], said: str, run: Run) -> None:
    change()
    assert any(said in found.link for found in broken(run))
