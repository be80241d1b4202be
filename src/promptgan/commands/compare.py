"""`promptgan compare`: presets against each other, over training seeds."""

from typing import Annotated

import typer

from promptgan.commands.command import resumable


def compare(
    recipe: Annotated[list[str] | None, typer.Argument(help="Presets; `promptgan recipes` lists them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every preset.")] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Train each with the seeds 1 to this.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="How many run at a time; each takes compute.threads.")] = 1,
    check: Annotated[bool, typer.Option("--check", help="Only say which entries match the files here.")] = False,
) -> None:
    """Train presets, over seeds; write the leaderboard.

    Each preset and seed is a DVC experiment in a copy of the working tree, named RECIPE-sSEED (`make exp` shows them).
    It is recorded in results/RECIPE.json, and results/README.md sets it beside the others, with intervals over the
    seeds. What is recorded and unchanged is not run again; of a changed preset the first new run replaces all that is
    recorded, which is said before. A comparison that was interrupted goes on where it stopped; a run that fails is
    recorded as failed and does not stop the rest. Without a preset, only the leaderboard is written anew.
    Exits 2 before anything runs where a preset is wrong; 1 where a run failed or, under --check, where an entry no
    longer matches or a preset that is named has none.

    \b
    promptgan compare text-gumbel text-hinge --seeds 3
    promptgan compare --all --seeds 3
    promptgan compare --check
    """
    from promptgan.core.errors import nearest
    from promptgan.experiments import compare, leaderboard
    from promptgan.experiments.entry import Entry
    from promptgan.recipes.presets import names

    chosen = list(dict.fromkeys(names() if every else recipe or []))
    if check:
        recorded = {entry.recipe: entry for entry in Entry.all()}
        absent = [name for name in recipe or [] if name not in recorded]
        found = [(entry, entry.differences()) for name, entry in recorded.items() if not chosen or name in chosen]
        for entry, differences in found:
            print(f"{entry.recipe:24} {'; '.join(differences) or ('matches' if entry.trained else 'no finished run')}")
            if entry.failed:
                print(f"{'':24} {leaderboard.seeds(sorted(entry.failed))} failed")
        for name in absent:
            meant = "" if name in names() else nearest(name, [*recorded, *names()])
            print(f"{name:24} no entry in results/{meant}")
        if not recorded:
            print("results/ holds no entry: run `promptgan compare RECIPE`")
        raise typer.Exit(1 if absent or any(differences or entry.failed for entry, differences in found) else 0)
    if not chosen:
        compare.write_page()
        print(f"wrote {leaderboard.PAGE}")
        return
    with resumable():
        results = compare.compare(chosen, list(range(1, seeds + 1)), jobs, lambda line: print(line, flush=True))
    print(f"{', '.join(f'{results.count(kind)} {kind}' for kind in dict.fromkeys(results))}; see {leaderboard.PAGE}")
    if "failed" in results:
        raise typer.Exit(1)
