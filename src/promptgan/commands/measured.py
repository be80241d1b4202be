"""What measuring an application came to, on the terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptgan.applications.measured import Measured
    from promptgan.tasks.classification.measures.bootstrap import Interval


def say(found: "Measured", json: bool) -> None:
    """Print a table of systems and measures, the gains and the signature; or JSON."""
    from promptgan.commands.command import print_json
    from promptgan.commands.terminal import table, terminal

    if json:
        print_json(found.as_json())
        return
    names = list(next(iter(found.systems.values())))

    def cell(value: "Interval | None") -> str:
        return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]" if value else "–"

    console = terminal(140)
    rows = [[system, *(cell(row.get(name)) for name in names)] for system, row in found.systems.items()]
    console.print(table(["", *names], rows, least=24))
    for other, gain in found.gains.items():
        console.print(f"{found.gained} minus {other}: {cell(gain)}")
    for line in found.signature:
        console.print(f"- {line}", soft_wrap=True)
