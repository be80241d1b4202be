"""A chain as a picture: a Mermaid flowchart, which Markdown on most forges draws."""

from promptgan.lineage.history import Recorded
from promptgan.lineage.trace import Chain, Step

COLOURS = {"package": ("#e8f3ec", "#2f7d55"), "stage": ("#eef2f8", "#4a6894"), "target": ("#fdeee3", "#c8581f")}
"""Fill and edge of each kind of box."""
DIGITS = 8
LONGEST = 44
"""Characters of a line of a box."""
SPECIAL = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
"""Mermaid writes what is special to it as `#name;` or `#code;`, and reads the rest as HTML."""


def mermaid(chain: Chain) -> str:
    """The package, the stages and the target, with an arrow to whatever used it; of an input, the stages that use it.

    The same chain gives the same bytes.
    """
    boxes = [("target", "target", _target_lines(chain))]
    if chain.steps:
        steps = chain.steps[::-1]
        stages = ((step.stage.name, "stage", _lines(step)) for step in steps)
        boxes = [("package", "package", _package_lines(chain)), *stages, *boxes]
        arrows = [("package", step.stage.name) for step in steps if not step.after]
        arrows += [(before, step.stage.name) for step in steps for before in step.after]
        arrows.append((steps[-1].stage.name, "target"))
    else:
        boxes += [(name, "stage", [name]) for name in chain.users]
        arrows = [("target", name) for name in chain.users]
    names = {key: f"n{number}" for number, (key, _, _) in enumerate(boxes)}
    lines = ["flowchart LR"]
    lines += [f'    {names[key]}["{"<br/>".join(map(_shown, text))}"]:::{kind}' for key, kind, text in boxes]
    lines += [f"    {names[start]} --> {names[end]}" for start, end in arrows]
    for kind, (fill, edge) in COLOURS.items():
        lines.append(f"    classDef {kind} fill:{fill},stroke:{edge},color:#1c1c1c")
    return "\n".join(lines) + "\n"


def _target_lines(chain: Chain) -> list[str]:
    target = chain.target
    facts = [f"{name} {value}" for name, value in target.facts.items()]
    md5 = [f"md5 {target.md5}"] if target.md5 else []
    return [target.name, *facts, *md5, _commit(chain.commit)]


def _package_lines(chain: Chain) -> list[str]:
    source = chain.source
    if source is None:
        return ["package", chain.source_from]
    packages = source.get("sources") or [source["source"]]
    hashes = [f"sha256 {each['sha256'][: 2 * DIGITS]}" for each in packages]
    return [source["title"], f"licence {source['licence']['name']}", *hashes]


def _lines(step: Step) -> list[str]:
    outputs = step.stage.outputs
    kept = [out for out in outputs if out.files is not None] or outputs
    made = [f"{out.path} {out.md5[:DIGITS]}" for out in kept]
    stale = [f"STALE: {old.path} was made anew" for old, _ in step.stale]
    code = f"{len(step.code)} code files {step.code_digest[:DIGITS]}"
    return [step.stage.name, *made, code, _commit(step.commits[kept[0].path]), *stale]


def _commit(recorded: Recorded | None) -> str:
    return f"commit {recorded.first.id[:DIGITS]}" if recorded else "commit not recorded"


def _shown(line: str) -> str:
    """What can be drawn of a line, not too long; a sample may hold anything."""
    line = "".join(character if character.isprintable() else " " for character in line)
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
    return "".join(SPECIAL.get(character, character) for character in line)
