"""DVC stage `generate`: samples from the twin, the control twin and the adversarial model."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.compute import Compute, prepare
from promptgan.record import write_run


class Params(base.StageParameters):
    """The sections this stage reads."""

    seed: int
    modality: str
    compute: Compute
    generate: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    validated: Annotated[Path, typer.Option(help="Validated records; prompts come from the test split.")] = Path(
        "data/validated"
    ),
    models: Annotated[Path, typer.Option(help="Folder of the model folders.")] = Path("models"),
    out: Annotated[Path, typer.Option(help="Where the samples go.")] = Path("samples/generated"),
) -> None:
    """Answer test prompts with every model at every temperature, and some for people to read."""
    with base.clean_errors():
        settings = Params.read(params)
        module = base.choose("promptgan.generation", settings.modality, "modality")
        parameters = base.validated(module.Parameters, settings.generate, "generate")
        device = prepare(settings.compute, settings.seed)
        folders = {"twin": models / "pretrained", "control": models / "control", "adversarial": models / "adversarial"}
        test = validated / "test.parquet"
        count = module.generate(folders, test, out, parameters, settings.compute, settings.seed, device)
        write_run(out, "generate", settings, [test, *folders.values()])
        print(f"{count} samples in {out}; read {out / 'samples.txt'}")


if __name__ == "__main__":
    typer.run(main)
