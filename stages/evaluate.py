"""DVC stage `evaluate`: headline numbers on test, of every system."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, prepare
from promptgan.core.errors import clean_errors
from promptgan.core.files import write_csv, write_json
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.terms.metrics import declared


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    seed: int
    compute: Compute
    evaluate: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Arrays of the splits.")] = Path("data/tokens"),
    models: Annotated[Path, typer.Option(help="Folder of the model folders and the judges.")] = Path("models"),
    samples: Annotated[Path, typer.Option(help="Folder of samples.parquet.")] = Path("samples/generated"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/evaluation.json"),
    curves: Annotated[Path, typer.Option(help="Where the numbers of every set of samples go.")] = Path(
        "plots/curves.csv"
    ),
) -> None:
    """Measure real data and what every model made, side by side."""
    with clean_errors():
        settings = Params.read(params)
        schema = choose("promptgan.tasks", settings.task, "task", "measures.parameters").Parameters
        parameters = validate_section(schema, settings.evaluate, "evaluate")
        device = prepare(settings.compute, settings.seed)
        measures = choose("promptgan.tasks", settings.task, "task", "measures.measures")
        evaluation = measures.evaluate(tokens, models, samples, parameters, settings.seed, device)
        axes = declared(settings.task)
        shown = {"quality": axes.qualities[0], "diversity": axes.diversity}
        rows = [{**row, **{axis: row[name] for axis, name in shown.items()}} for row in evaluation.curves]
        write_csv(curves, rows)
        write_json(metrics, {"task": settings.task, **evaluation.metrics})
        print("\n".join(evaluation.metrics["verdict"]))


if __name__ == "__main__":
    typer.run(main)
