"""A chain as a picture: a Mermaid flowchart, which Markdown on most forges draws."""

from typing import Any

COLOURS = {"package": ("#e8f3ec", "#2f7d55"), "stage": ("#eef2f8", "#4a6894"), "target": ("#fdeee3", "#c8581f")}
"""Fill and edge of each kind of box."""
DIGITS = 8
LONGEST = 44
"""Characters of a line of a box."""
SPECIAL = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
"""Mermaid writes what is special to it as `#name;` or `#code;`, and reads the rest as HTML."""


def mermaid(chain: dict[str, Any]) -> str:
    """A chain of `trace.trace`: package, stages and target, with arrows to what used them; of an input what uses it.

    The same chain gives the same bytes.
    """
    target = chain["target"]
    facts = [f"{name} {target[name]}" for name in target if name in ("md5", "value", "model") and target[name]]
    boxes = [("target", "target", [target["name"], *facts, _commit(target["commit"])])]
    if steps := chain["stages"][::-1]:
        boxes = [("package", "package", _package(chain)), *((s["stage"], "stage", _lines(s)) for s in steps), *boxes]
        arrows = [(before, step["stage"]) for step in steps for before in step["after"] or ["package"]]
        arrows.append((steps[-1]["stage"], "target"))
    else:
        boxes += [(name, "stage", [name]) for name in target["used_by"]]
        arrows = [("target", name) for name in target["used_by"]]
    names = {key: f"n{number}" for number, (key, _, _) in enumerate(boxes)}
    lines = ["flowchart LR"]
    lines += [f'    {names[key]}["{"<br/>".join(map(_shown, text))}"]:::{kind}' for key, kind, text in boxes]
    lines += [f"    {names[start]} --> {names[end]}" for start, end in arrows]
    for kind, (fill, edge) in COLOURS.items():
        lines.append(f"    classDef {kind} fill:{fill},stroke:{edge},color:#1c1c1c")
    return "\n".join(lines) + "\n"


def _package(chain: dict[str, Any]) -> list[str]:
    source = chain["source"]
    if source is None:
        return ["package", chain["source_from"]]
    packages = source.get("sources") or [source["source"]]
    hashes = [f"sha256 {each['sha256'][: 2 * DIGITS]}" for each in packages]
    return [source["title"], f"licence {source['licence']['name']}", *hashes]


def _lines(step: dict[str, Any]) -> list[str]:
    kept = [out for out in step["outputs"] if out["files"] is not None] or step["outputs"]
    made = [f"{out['path']} {out['md5'][:DIGITS]}" for out in kept]
    stale = [f"STALE: {each['path']} was made anew" for each in step["stale"]]
    code = f"{len(step['code'])} code files {step['code_sha256'][:DIGITS]}"
    return [step["stage"], *made, code, _commit(kept[0]["commit"]), *stale]


def _commit(recorded: Any) -> str:
    return f"commit {recorded['first']['id'][:DIGITS]}" if isinstance(recorded, dict) else "commit not recorded"


def _shown(line: str) -> str:
    """What can be drawn of a line, not too long; a sample may hold anything."""
    line = "".join(character if character.isprintable() else " " for character in line)
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
    return "".join(SPECIAL.get(character, character) for character in line)
