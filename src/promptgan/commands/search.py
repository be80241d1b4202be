"""`promptgan search`: try values of parameters, and apply the best."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import resumable


def search(
    file: Annotated[Path, typer.Argument(help="What to try, how long, and what to judge by.")] = Path("search.yaml"),
    apply: Annotated[bool, typer.Option("--apply", help="Write the best trial's values into params.yaml.")] = False,
) -> None:
    """Search for better parameters.

    The file names the study, the values to try, the budget and the metric to judge by; docs/search.md explains its
    keys. Every trial is a DVC experiment named NAME-t0, NAME-t1, ... that starts from the workspace as it was when the
    study began. Ctrl-C stops it; the same command goes on, after a kill too, until the budget is spent.
    The page reports/search/NAME/index.html shows what was found.

    \b
    promptgan search search.yaml
    promptgan search --apply search.yaml
    """
    from promptgan.experiments import search as running
    from promptgan.experiments import search_study as study
    from promptgan.experiments.search_settings import TEST_METRICS, read

    plan = read(file)
    if apply:
        name, changes, tied = study.apply(plan.settings.name)
        for change in changes:
            print(f"  {change.key}: {change.old} -> {change.new}")
        print(f"params.yaml holds the values of {name}: {len(changes) or 'no'} value(s) changed")
        if tied:
            print(f"note: all {tied} finished trials are equal; {name} is only the first")
        print("next: make run")
        return
    if plan.file == TEST_METRICS:
        print("warning: the objective is measured on test, so what wins there proves nothing; choose on validation")
    with resumable():
        running.run(plan)
