"""`promptgan lineage`: where every byte came from, and where it went."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group, print_json

app = group("Where every byte came from, and where it went.")

FORMATS = "promptgan.lineage.formats"
"""A file for each."""
Json = Annotated[bool, typer.Option("--json", help="Everything that is known, as JSON.")]


@command(app)
def show(
    target: Annotated[str, typer.Argument(help="An output, a file in one, FILE:KEY (metric), FILE#ROW (sample).")],
    full: Annotated[bool, typer.Option("--full", help="Unfold parameters, code and hashes.")] = False,
    json: Json = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="A flowchart for Markdown.")] = False,
) -> None:
    """Follow anything back to the package it comes from.

    Through every stage with its command, code, parameters, tokenizer and environment, to the package with its version,
    licence and sha256; and the Git commit whose dvc.lock holds it. Of a code or input file it says which stages use it;
    of a folder that `promptgan promote` wrote, which version it is.

    \b
    promptgan lineage show models/adversarial
    promptgan lineage show data/tokens/tokenizer.json --full
    promptgan lineage show metrics/evaluation.json:systems.adversarial.ms_jaccard
    promptgan lineage show samples/generated/samples.parquet#17 --json
    promptgan lineage show reports/html --mermaid
    promptgan lineage show models/production
    """
    if json and mermaid:
        raise typer.BadParameter("--json and --mermaid are forms of the same chain; give one of them")
    from promptgan.commands import tree
    from promptgan.commands.mermaid import mermaid as flowchart
    from promptgan.learning import promotion
    from promptgan.lineage import lock, trace
    from promptgan.lineage.target import near

    locked, folder = lock.read(), near(target)
    if Path(folder, promotion.INDEX).is_file() and not locked.holding(folder):
        version = promotion.version_in(Path(folder))  # of which the lock of its commit tells
        chain = trace.trace(promotion.MODEL, lock.read(version["version_commit"]))
        chain["target"] |= {"name": folder, "workspace": "same", **version}
    else:
        chain = trace.trace(target, locked)
    if json:
        print_json(chain)
    elif mermaid:
        print(flowchart(chain), end="")
    else:
        tree.show(chain["target"]["name"], chain, full)


@command(app)
def why(
    sample: Annotated[str, typer.Argument(help="FILE#ROW, the row counted from 0.")],
    json: Json = False,
) -> None:
    """Say where a generated sample may come from.

    Its model and what it was drawn with, and the training records nearest to it: did the model copy?

    \b
    promptgan lineage why samples/generated/samples.parquet#17
    """
    from promptgan.commands import tree
    from promptgan.lineage import lock, samples

    found = samples.why(lock.read(), sample)
    if json:
        print_json(found)
    else:
        tree.show(sample, found)


@command(app)
def impact(
    path: Annotated[str | None, typer.Argument(help="An input, an output or a file in one.")] = None,
    record: Annotated[str | None, typer.Option(help="The id of one record instead.")] = None,
    json: Json = False,
) -> None:
    """List everything downstream of a file or a record.

    Of a file: the stages that it reaches, what they wrote, and the commits that hold it. Of a record also: where it is
    and why, what reads it, its duplicates, and the generated samples that repeat it.

    \b
    promptgan lineage impact data/raw/dataset.json
    promptgan lineage impact src/promptgan/forms/tokens/vocabulary.py
    promptgan lineage impact --record a07edb12-6b91-4138-b11e-02421888d699-000
    """
    if (path is None) == (record is None):
        raise typer.BadParameter("give a path, or a record's id as --record ID")
    from promptgan.commands import tree
    from promptgan.lineage import impact as downstream
    from promptgan.lineage import lock

    locked = lock.read()
    found = downstream.of_file(path, locked) if path is not None else downstream.of_record(str(record), locked)
    if json:
        print_json(found)
    else:
        tree.show(path or str(record), found)


@command(app)
def export(
    format: Annotated[str, typer.Option(help="prov, provn, openlineage or croissant.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without it.")] = None,
) -> None:
    """Write the lineage in a standard format.

    W3C PROV as JSON (prov) or for people (provn), OpenLineage events, one a line (openlineage), or the validated
    records as a Croissant data set (croissant). The same run gives the same bytes. Needs the libraries of `make tools`.

    \b
    promptgan lineage export --format prov --out prov.json
    promptgan lineage export --format openlineage > events.ndjson
    """
    from promptgan.core.choices import choices
    from promptgan.core.errors import nearest
    from promptgan.core.files import write_text
    from promptgan.lineage.evidence import Evidence

    known = choices(FORMATS)
    if format not in known:
        raise typer.BadParameter(f"no format {format}{nearest(format, known)}; name one of {', '.join(known)}")
    text = importlib.import_module(f"{FORMATS}.{format}").export(Evidence())
    if out:
        write_text(out, text)
    print(out or text, end="\n" if out else "")


@command(app)
def verify(json: Json = False) -> None:
    """Check every link from the results to the source.

    Every file, DVC's cache and run-cache, code, parameters and packages against dvc.lock, every run.json and
    provenance.json against what they name, and records, tokens, curves and the report against what they are made
    from. Names each broken link and exits 1; docs/audit.md says what it can and cannot find.

    \b
    promptgan lineage verify
    promptgan lineage verify --json
    """
    from promptgan.lineage import verify as chain

    found = chain.verify()
    if json:
        print_json(found.as_json())
    else:
        print("\n".join(found.lines()))
    if found.broken:
        raise typer.Exit(1)
