"""A chain as a picture: a Mermaid flowchart for Markdown, and SVG that is the same for the same chain."""

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

from promptgan.lineage.history import Recorded
from promptgan.lineage.layers import place
from promptgan.lineage.trace import Chain, Step

COLOURS = {"package": ("#e8f3ec", "#2f7d55"), "stage": ("#eef2f8", "#4a6894"), "target": ("#fdeee3", "#c8581f")}
"""Fill and edge of each kind of box."""
CHARACTER, LINE, PADDING = 6.7, 16.0, 12.0
"""Pixels: the width of a character of 11 px in a font of fixed width, rounded up; a line; inside of a box."""
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
DIGITS = 8
LONGEST = 44
"""Characters of a line of a box."""


@dataclass(frozen=True)
class Box:
    """A box of the picture."""

    key: str
    kind: str
    """Of `COLOURS`."""
    lines: tuple[str, ...]
    """The first one is its name."""


@dataclass(frozen=True)
class Graph:
    """Boxes, and the pairs of them that an arrow joins."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]


def graph(chain: Chain) -> Graph:
    """The package, the stages and the target; of an input, the stages that use it."""
    target = Box("target", "target", _target_lines(chain))
    if not chain.steps:
        users = tuple(Box(f"stage-{name}", "stage", (name,)) for name in chain.users)
        return Graph((target, *users), tuple((target.key, user.key) for user in users))
    steps = chain.steps[::-1]
    package = Box("package", "package", _package_lines(chain))
    stages = tuple(Box(f"stage-{step.stage.name}", "stage", _stage_lines(step)) for step in steps)
    first = [(package.key, f"stage-{step.stage.name}") for step in steps if not step.after]
    between = [(f"stage-{name}", f"stage-{step.stage.name}") for step in steps for name in step.after]
    last = (f"stage-{steps[-1].stage.name}", target.key)
    return Graph((package, *stages, target), (*first, *between, last))


def mermaid(chain: Chain) -> str:
    """A flowchart in the language of mermaid.js."""
    drawn = graph(chain)
    names = {box.key: f"n{number}" for number, box in enumerate(drawn.boxes)}
    lines = ["flowchart LR"]
    for box in drawn.boxes:
        label = "<br/>".join(_mermaid_text(line) for line in box.lines)
        lines.append(f'    {names[box.key]}["{label}"]:::{box.kind}')
    lines += [f"    {names[start]} --> {names[end]}" for start, end in drawn.arrows]
    for kind, (fill, edge) in COLOURS.items():
        lines.append(f"    classDef {kind} fill:{fill},stroke:{edge},color:#1c1c1c")
    return "\n".join(lines) + "\n"


def svg(chain: Chain) -> str:
    """A picture in layers from the package at the top to the target."""
    drawn = graph(chain)
    sizes = {
        box.key: (max(map(_columns, box.lines)) * CHARACTER + 2 * PADDING, len(box.lines) * LINE + PADDING)
        for box in drawn.boxes
    }
    layout = place(sizes, list(drawn.arrows))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:g}" height="{layout.height:g}"'
        f' viewBox="0 0 {layout.width:g} {layout.height:g}" role="img" font-family="{FONT}" font-size="11">',
        f"<title>Lineage of {escape(_printable(chain.target.name))}</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b6b6b"/></marker></defs>',
        f'<rect width="{layout.width:g}" height="{layout.height:g}" fill="#ffffff"/>',
    ]
    parts += [
        f'<path d="{_curve(points)}" fill="none" stroke="#6b6b6b" marker-end="url(#arrow)"/>'
        for points in layout.lines.values()
    ]
    for box in drawn.boxes:
        parts += _drawn(box, layout.boxes[box.key], sizes[box.key])
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(box: Box, middle: tuple[float, float], size: tuple[float, float]) -> list[str]:
    fill, edge = COLOURS[box.kind]
    left, top = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" rx="5" fill="{fill}"'
        f' stroke="{edge}"/>'
    ]
    for number, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if number == 0 else ""
        y = top + PADDING / 2 + (number + 0.75) * LINE
        parts.append(f'<text x="{left + PADDING:.1f}" y="{y:.1f}" fill="#1c1c1c"{weight}>{escape(line)}</text>')
    return parts


def _curve(points: list[tuple[float, float]]) -> str:
    """Curved between layers, straight through them."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        bend = round((y + to_y) / 2, 1)
        straight = number % 2 == 1
        path += f"L{to_x:g} {to_y:g}" if straight else f"C{x:g} {bend:g} {to_x:g} {bend:g} {to_x:g} {to_y:g}"
    return path


def _target_lines(chain: Chain) -> tuple[str, ...]:
    target = chain.target
    facts = [f"{name} {value}" for name, value in target.facts.items()]
    md5 = [f"md5 {target.md5}"] if target.md5 else []
    return _short([target.name, *facts, *md5, _commit(chain.commit)])


def _package_lines(chain: Chain) -> tuple[str, ...]:
    source = chain.source
    if source is None:
        return _short(["package", chain.source_from])
    packages = source.get("sources") or [source["source"]]
    hashes = [f"sha256 {each['sha256'][: 2 * DIGITS]}" for each in packages]
    return _short([source["title"], f"licence {source['licence']['name']}", *hashes])


def _stage_lines(step: Step) -> tuple[str, ...]:
    outputs = step.stage.outputs
    kept = [out for out in outputs if out.files is not None] or outputs
    made = [f"{out.path} {out.md5[:DIGITS]}" for out in kept]
    stale = [f"STALE: {old.path} was made anew" for old, _ in step.stale]
    code = f"{len(step.code)} code files {step.code_digest[:DIGITS]}"
    return _short([step.stage.name, *made, code, _commit(step.commits[kept[0].path]), *stale])


def _commit(recorded: Recorded | None) -> str:
    return f"commit {recorded.first.id[:DIGITS]}" if recorded else "commit not recorded"


def _short(lines: list[str]) -> tuple[str, ...]:
    """Lines of what can be drawn, not too long; a sample may hold anything."""
    return tuple(line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..." for line in map(_printable, lines))


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line)


def _columns(line: str) -> int:
    """How many characters of fixed width a line takes; Chinese ones take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in line)


def _mermaid_text(line: str) -> str:
    """Mermaid writes what is special to it as `#name;` or `#code;`, and reads the rest as HTML."""
    special = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
    return "".join(special.get(character, character) for character in line)
