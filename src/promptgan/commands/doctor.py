"""`promptgan doctor`: what stands between this clone and a run."""

from typing import Annotated

import typer


def doctor(
    remote: Annotated[bool, typer.Option("--remote", help="Ask the default remote whether it answers.")] = False,
) -> None:
    """Check this clone and this machine; say what to do.

    Looks at Python, packages, programs, Git (owner, identity, history), the DVC remote, secrets, cache, outputs,
    exclusions, what interrupted runs left, locks, disk, params.yaml, memory, cores and how busy they are, precision and
    GPU, and changes nothing. 'note' explains what may surprise; 'problem' needs its remedy. Exits 1 where there is a
    problem.

    \b
    promptgan doctor
    promptgan doctor --remote
    """
    from promptgan.doctor.examination import examine
    from promptgan.doctor.finding import Verdict

    colours = {Verdict.ok: "green", Verdict.note: "yellow", Verdict.problem: "red"}
    findings = examine(ask_remote=remote)
    for each in findings:
        typer.echo(f"{typer.style(f'{each.verdict:8}', colours[each.verdict])} {each.check:15} {each.found}")
        if each.remedy:
            typer.echo(f"{'':24} -> {each.remedy}")
    problems = sum(each.verdict is Verdict.problem for each in findings)
    typer.echo(f"{problems or 'no'} problem(s)")
    if problems:
        raise typer.Exit(1)
