"""DVC stage `tokenize`: records to the arrays that networks read."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.errors import clean_errors
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.record import write_run


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    tokenize: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    validated: Annotated[Path, typer.Option(help="Validated records, one Parquet file per split.")] = Path(
        "data/validated"
    ),
    base: Annotated[Path, typer.Option(help="The pretrained model, where the recipe has one.")] = Path("data/base"),
    out: Annotated[Path, typer.Option(help="Where the arrays go.")] = Path("data/tokens"),
) -> None:
    """Encode every split into a file that is read without loading it: token ids, with a tokenizer, or pixels.

    Where the recipe begins with a pretrained language model, its tokenizer and weights are written beside them.
    """
    with clean_errors():
        settings = Params.read(params)
        schema = choose("promptgan.tasks", settings.task, "task", "arrays.parameters").Parameters
        arrays = choose("promptgan.tasks", settings.task, "task", "arrays.arrays")
        meta = arrays.pack(validated, out, validate_section(schema, settings.tokenize, "tokenize"), base)
        write_run(out, "tokenize", settings, [base, *(validated / f"{split}.parquet" for split in meta["splits"])])
        print(", ".join(f"{name} {split['records']}" for name, split in meta["splits"].items()) + f" in {out}")


if __name__ == "__main__":
    typer.run(main)
