"""What the commands show people: the document that `--json` prints, as a tree of labelled lines."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from promptgan.commands.terminal import terminal
from promptgan.terms.visible import visible

WIDTH = 110
"""Columns where the output is no terminal."""
FOLDED = 8
"""Values of a line, or files, that are shown before the rest is counted."""
LONG = 120
"""Characters of a value; what is longer is unfolded onto lines of its own."""
HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}(\.dir)?\b")
STATES = {
    "same": "has these bytes",
    "other": "has OTHER bytes: what follows is of those in dvc.lock",
    "missing": "lacks it: `dvc pull` brings it",
}
"""What the state of the workspace means."""
UNFOLDED = ("read", "inputs", "code", "measure")
"""Keys that only the unfolded tree and JSON have."""


def show(title: str, document: Mapping[str, Any], full: bool = False) -> None:
    """Print the document of `--json` as a tree, as wide as the terminal; all values and digits where ``full``."""
    tree = Tree(Text(visible(title), "bold"))
    _grow(tree, document, full)
    console = terminal(WIDTH)
    if console.is_terminal:
        console.print(tree)
        return
    with console.capture() as capture:
        console.print(tree)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _grow(node: Tree, document: Mapping[str, Any], full: bool) -> None:
    shown = {k: v for k, v in document.items() if v not in (None, "", [], {}, ()) and (full or k not in UNFOLDED)}
    width = max(map(len, shown), default=0)
    for label, value in shown.items():
        value = STATES[value] if label == "workspace" else value
        several = isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value)
        for each in value if several else [value]:
            line = _line(each, full)
            if isinstance(each, Mapping) and len(line) > LONG:
                (_, head), *rest = each.items() if several else (("", label), *each.items())
                _grow(node.add(Text(visible(str(head)), "bold cyan")), dict(rest), full)
                continue
            row = Table.grid(padding=(0, 1))
            row.add_column(width=width, no_wrap=True)
            row.add_column(overflow="fold")
            row.add_row(Text(label.replace("_", " "), "dim"), Text(line))
            node.add(row)


def _line(value: Any, full: bool) -> str:
    """A value on one line, folded unless ``full``."""
    if isinstance(value, Mapping):
        if "newest" in value:
            return _commit(value, full)
        facts = {name: each for name, each in value.items() if each not in (None, "")}
        if not full and isinstance(facts.get("commit"), Mapping):
            facts["commit"] = facts["commit"]["first"]["id"][:7]
        return _listed((f"{name} {_line(each, full)}" for name, each in facts.items()), full)
    if isinstance(value, list | tuple):
        return _listed((_line(each, full) for each in value), full)
    return visible(str(value)) if full else HASH.sub(r"\1", visible(str(value)))


def _listed(parts: Iterable[str], full: bool) -> str:
    every = list(parts)
    kept = every if full else every[:FOLDED]
    more = [f"and {len(every) - len(kept):,} more"] if len(kept) < len(every) else []
    return ", ".join([*kept, *more])


def _commit(recorded: Mapping[str, Any], full: bool) -> str:
    """Where Git has the bytes: the first commit, and whatever is not HEAD's."""
    first = recorded["first"]
    where = f" on {', '.join(recorded['references'])}" if recorded["references"] else ""
    head = "" if recorded["head"] or where else "; HEAD's lock has other bytes"
    name = f"{first['id'] if full else first['id'][:7]} {first['date'][:10]} {visible(first['subject'])}"
    return f"{name}{where}{head}"
