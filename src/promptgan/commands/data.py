"""`promptgan data`: versions of the validated data, and records that have to go."""

from typing import Annotated

import typer

from promptgan.commands.command import command, group, print_json

app = group("Versions of the validated data; records to take out.")


@command(app)
def diff(
    revision: Annotated[str, typer.Argument(help="The former version: a commit, branch, tag or DVC experiment.")],
    other: Annotated[str | None, typer.Argument(help="The latter version; the workspace if not given.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="Records shown of each kind of change.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON; write no page.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="One line, or nothing where the data is the same.")] = False,
) -> None:
    """Compare two versions of the validated data.

    Records are matched by id: added, removed, changed, moved between splits and to quarantine; then lengths, words,
    scripts, labels and repetitions of the usable records. Prints tables and writes reports/data/REV..REV/index.html.
    The latter is the workspace with --brief.

    \b
    promptgan data diff HEAD
    promptgan data diff HEAD~1 HEAD --examples 20
    promptgan data diff my-experiment --json
    """
    from promptgan.commands import changes
    from promptgan.lineage.records import difference, page, versions

    if brief:
        if other or json:
            raise typer.BadParameter("--brief compares with the workspace and prints a line")
        if line := difference.since(revision):
            print(line)
        return
    found = difference.Difference(versions.read(revision), versions.read(other))
    if json:
        print_json(found.document(examples))
        return
    changes.show(found, examples)
    print(f"page: {page.write(found, examples)}")


@command(app)
def remove(
    record: Annotated[
        str, typer.Option(help="Its id: column `id` of data/validated/*.parquet, or that of feedback which became it.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for those who read the list; it is committed.")] = "",
    group: Annotated[bool, typer.Option("--group", help="Take its whole group, such as its conversation.")] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Also delete what DVC keeps of it here, after asking.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="With --purge: the data as it came too; a run gets it anew.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Exclude a record, and show what still holds it.

    Adds the id to data/excluded.csv, which validation applies; says what will rerun, what of the record stays in other
    records, and every place that still holds it. Excluded is not deleted: --purge deletes outputs, cache objects and
    objects of remotes that are folders here, and lists the rest with what to do about it. For a record that is
    excluded already it shows the places again.

    \b
    promptgan data remove --record ai-0003-0 --reason "asked to be left out"
    promptgan data remove --record ai-0003-0 --group --purge
    """
    from promptgan.commands import removal

    if (raw or yes) and not purge:
        raise typer.BadParameter("--raw and --yes go with --purge")
    removal.remove(record, reason, group, purge=purge, raw=raw, confirm=lambda text: yes or typer.confirm(text))
