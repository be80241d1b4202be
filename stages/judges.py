"""DVC stage `judges`: what evaluation measures with, fitted on a split that no generator sees."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, prepare
from promptgan.core.errors import clean_errors
from promptgan.core.files import write_json
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.record import describe_run


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    form: str
    seed: int
    compute: Compute
    judges: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Arrays of the splits.")] = Path("data/tokens"),
    out: Annotated[Path, typer.Option(help="Where the judge goes.")] = Path("models/judges"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/judges.json"),
) -> None:
    """Fit the network that evaluation measures with, on the judge split alone."""
    with clean_errors():
        settings = Params.read(params)
        schema = choose("promptgan.tasks", settings.task, "task", "judges.parameters").Parameters
        parameters = validate_section(schema, settings.judges, "judges")
        device = prepare(settings.compute, settings.seed)

        from promptgan.training.loop.checkpoint import Checkpoint

        form = choose("promptgan.forms", settings.form, "form", "form")
        judges = choose("promptgan.tasks", settings.task, "task", "judges.judges")
        judge, example = form.split(tokens, "judge"), form.example(tokens)
        run = describe_run("judges", settings, form.files(tokens, "judge"))
        with Checkpoint("judges", run) as checkpoint:
            fitted = judges.fit(judge, example, parameters, settings.compute, settings.seed, device, checkpoint)
            fitted.save(out)
            write_json(out / "run.json", run)
            write_json(metrics, fitted.metrics)
        print(fitted.sentence)


if __name__ == "__main__":
    typer.run(main)
