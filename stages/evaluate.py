"""DVC stage `evaluate`: headline numbers on test, and the curves over temperature."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.compute import Compute, prepare


class Params(base.StageParameters):
    """The sections this stage reads."""

    seed: int
    modality: str
    compute: Compute
    evaluate: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Tokenized splits.")] = Path("data/tokens"),
    models: Annotated[Path, typer.Option(help="Folder of the model folders and the judges.")] = Path("models"),
    samples: Annotated[Path, typer.Option(help="Folder of samples.parquet.")] = Path("samples/generated"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/evaluation.json"),
    curves: Annotated[Path, typer.Option(help="Where the curves over temperature go.")] = Path("plots/curves.csv"),
) -> None:
    """Measure real text and the answers of every model at every temperature."""
    with base.clean_errors():
        settings = Params.read(params)
        module = base.choose("promptgan.evaluation", settings.modality, "modality")
        parameters = base.validated(module.Parameters, settings.evaluate, "evaluate")
        device = prepare(settings.compute, settings.seed)
        evaluation = module.evaluate(tokens, models, samples, parameters, settings.seed, device)
        base.write_csv(curves, evaluation.curves)
        base.write_json(metrics, evaluation.metrics)
        print("\n".join(evaluation.metrics["verdict"]))


if __name__ == "__main__":
    typer.run(main)
