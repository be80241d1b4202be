"""DVC stage `tokenize`: records to token ids."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.record import write_run


class Params(base.StageParameters):
    """The sections this stage reads."""

    modality: str
    tokenize: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    validated: Annotated[Path, typer.Option(help="Validated records, one Parquet file per split.")] = Path(
        "data/validated"
    ),
    out: Annotated[Path, typer.Option(help="Where the tokenizer and the encoded splits go.")] = Path("data/tokens"),
) -> None:
    """Fit a tokenizer on the training split and encode every split into a memory-mapped file."""
    with base.clean_errors():
        settings = Params.read(params)
        module = base.choose("promptgan.tokenizers", settings.modality, "modality")
        meta = module.tokenize(validated, out, base.validated(module.Parameters, settings.tokenize, "tokenize"))
        write_run(out, "tokenize", settings, [validated / f"{split}.parquet" for split in module.SPLITS])
        train = meta["splits"]["train"]
        print(f"vocabulary {meta['vocabulary']}, {train['records']} training pairs, {train['text_tokens']} text tokens")


if __name__ == "__main__":
    typer.run(main)
