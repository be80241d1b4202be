"""DVC stage `generate`: what every model makes."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, prepare
from promptgan.core.errors import clean_errors
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.record import write_run
from promptgan.networks.folder import with_models
from promptgan.terms.systems import MODELS


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    seed: int
    compute: Compute
    generate: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    validated: Annotated[Path, typer.Option(help="Validated records; the test split is read.")] = Path(
        "data/validated"
    ),
    models: Annotated[Path, typer.Option(help="Folder of the model folders.")] = Path("models"),
    out: Annotated[Path, typer.Option(help="Where the samples go.")] = Path("samples/generated"),
) -> None:
    """Draw samples of every model: those that evaluation measures, and some for people."""
    with clean_errors():
        settings = Params.read(params)
        schema = choose("promptgan.tasks", settings.task, "task", "samples.parameters").Parameters
        parameters = validate_section(schema, settings.generate, "generate")
        device = prepare(settings.compute, settings.seed)
        samples = choose("promptgan.tasks", settings.task, "task", "samples.samples")
        folders = {name: models / folder for name, folder in MODELS.items()}
        out.mkdir(parents=True, exist_ok=True)
        drawn, made = samples.generate(
            with_models(folders), validated, out, parameters, settings.compute, settings.seed, device
        )
        drawn.to_parquet(out / "samples.parquet", index=False, compression="zstd")
        write_run(out, "generate", settings, [validated / "test.parquet", *folders.values()])
        print(made)


if __name__ == "__main__":
    typer.run(main)
