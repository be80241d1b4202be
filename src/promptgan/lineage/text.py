"""What the commands show people: a chain, a sample's origin, a file's reach and a record, each as a tree."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from promptgan.lineage import samples
from promptgan.lineage.facts import flat
from promptgan.lineage.history import Commit, Recorded
from promptgan.lineage.impact import Impact, Reached
from promptgan.lineage.lock import File
from promptgan.lineage.samples import Why, counted
from promptgan.lineage.trace import Chain, Step
from promptgan.lineage.whereabouts import KINDS, Record, Use

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

WIDTH = 110
"""Columns where the output is no terminal."""
FOLDED = 6
"""Values of a section of parameters, or files, that are shown before the rest is counted."""
LABEL = 12
DIGITS = 12
"""Of a hash that is shown for recognition."""
STATES = {
    "same": "has these bytes",
    "other": "has OTHER bytes: this is the chain of those in dvc.lock",
    "missing": "lacks it: `dvc pull` brings it",
}


def show(tree: "Tree") -> None:
    """Print a tree, as wide as the terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(tree)
        return
    console = Console(highlight=False, width=WIDTH)
    with console.capture() as capture:
        console.print(tree)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def chain(found: Chain, full: bool = False) -> "Tree":
    """A chain from the target back to the package; ``full`` unfolds parameters, code and hashes."""
    target = found.target
    tree = _tree(target.name)
    for label, value in target.facts.items():
        tree.add(_fact(label, value))
    if target.md5:
        tree.add(_fact("md5", target.md5))
    if target.path != target.recorded_as.path:
        unsure = "" if target.md5 else "; which files it holds is recorded neither here nor in the cache"
        tree.add(_fact("lies in", f"{_file(target.recorded_as, full)}{unsure}"))
    else:
        tree.add(_fact("holds", _size(target.recorded_as)))
    tree.add(_fact("commit", _commit(found.commit)))
    tree.add(_fact("workspace", STATES[found.workspace]))
    tree.add(_fact("used by", ", ".join(found.users) or "no stage"))
    for step in found.steps:
        _add_step(tree, step, full)
    if found.steps:
        _add_source(tree, found)
    else:
        tree.add(_fact("made by", "no stage: it is an input of the pipeline"))
    return tree


def why(found: Why) -> "Tree":
    """A sample, the verdict, and the training records nearest to it."""
    sample = found.sample
    tree = _tree(found.name)
    tree.add(_fact("text", sample["text"]))
    tree.add(_fact("prompt", f"{sample['prompt']}  ({sample['prompt_id']})"))
    model = f" ({_file(found.model, False)})" if found.model else ""
    tree.add(_fact("model", f"{sample['model']}{model}"))
    settings = [f"{name} {sample[name]}" for name in ("seed", "temperature", "top_p", "purpose") if name in sample]
    tree.add(_fact("drawn with", ", ".join(settings)))
    for model, text in found.others.items():
        tree.add(_fact(model, text))
    if found.stale:
        tree.add(_fact("stale", f"made anew after the samples: {', '.join(found.stale)}"))
    tree.add(_fact("verdict", found.verdict, "bold"))
    near = tree.add(_plain("nearest training records, by " + samples.MEASURE))
    for each in found.nearest:
        node = near.add(_plain(each.text, "bold"))
        node.add(_fact("answers", each.prompt))
        node.add(_fact("shares", f"{counted(each.run, 'word')}: {each.shared}"))
        likeness = f"{each.similarity:.2f}; of the prompts {each.prompt_similarity:.2f}"
        node.add(_fact("similarity", likeness))
        node.add(_fact("record", f"{each.id} of conversation {each.group}"))
    return tree


def impact(found: Impact) -> "Tree":
    """Everything downstream of a file."""
    target = found.target
    tree = _tree(target.name)
    if target.path != target.recorded_as.path:
        tree.add(_fact("lies in", f"{_file(target.recorded_as, False)}; stages depend on the whole of it"))
    tree.add(_fact("made by", found.made_by or "no stage: it is an input of the pipeline"))
    state = {**STATES, "other": "has OTHER bytes: `dvc repro` would run the stages that depend on it"}[found.workspace]
    tree.add(_fact("workspace", state))
    tree.add(_fact("reaches", _count(found.reached)))
    for each in found.reached:
        how = "depends on it" if each.direct else "through other stages"
        _add_reached(tree, each, how)
    return tree


def record(found: Record) -> "Tree":
    """A record and everything that it reaches."""
    tree = _tree(found.id)
    if found.excluded is not None:
        reason = f" ({found.excluded})" if found.excluded else ""
        still = "; the outputs here STILL HOLD it: `make run` takes it out" if found.place else ", and is in no output"
        tree.add(_fact("excluded", f"data/excluded.csv leaves it out{reason}{still}"))
    if not found.place:
        return tree
    tree.add(_fact("prompt", found.prompt))
    tree.add(_fact("text", found.text))
    tree.add(_fact("lies in", found.place))
    if found.rule:
        tree.add(_fact("rule", f"{found.rule}: {found.reason}"))
    tree.add(_fact("conversation", f"{found.group}, of {counted(found.conversation, 'record')}"))
    tree.add(_fact("files", ", ".join(found.files)))
    _add_copies(tree, found)
    if found.asked is None or found.asked:
        tree.add(_fact("samples", _rows(found.asked, "answer its prompt")))
    tree.add(_fact("samples", _rows(found.repeated_by, "are its text, word for word")))
    tree.add(_fact("reaches", _count([use.reached for use in found.uses])))
    for use in found.uses:
        _add_reached(tree, use.reached, _use(use))
    return tree


def _add_step(tree: "Tree", step: Step, full: bool) -> None:
    used = ", ".join(file.path for file in step.inputs if file.path.partition("/")[0] in ("data", "models", "samples"))
    node = tree.add(_headline(step.stage.name, f"from {used}" if used else "brings the data"))
    node.add(_fact("command", step.stage.command))
    made = (f"{_file(out, full)}  {_commit(step.commits[out.path], short=True)}" for out in step.stage.outputs)
    _add_all(node, "made", made)
    if step.stale:
        changed = (
            f"{old.path} {_hash(old.md5, full)}, which was made anew since ({_hash(now.md5, full)}):"
            " what follows is not the chain of what it used"
            for old, now in step.stale
        )
        _add_all(node, "STALE", changed)
    for section, values in step.stage.parameters.items():
        node.add(_fact("parameters", f"{section}: {_values(values, full)}"))
    tokenizers = (f"{path} {algorithm} {_hash(value, full)}" for path, algorithm, value in _split(step.tokenizer))
    _add_all(node, "tokenizer", tokenizers)
    node.add(_fact("environment", _environment(step, full)))
    if full:
        _add_all(node, "inputs", (_file(file, full) for file in step.inputs))
        _add_all(node, "code", (f"{file.md5}  {file.path}" for file in step.code))
    else:
        node.add(_fact("code", f"{len(step.code)} files, together sha256 {_hash(step.code_digest, full)}"))


def _add_source(tree: "Tree", found: Chain) -> None:
    if found.source is None:
        tree.add(_headline("package", found.source_from))
        return
    source = found.source
    node = tree.add(_headline("package", source["title"]))
    licence = source["licence"]
    note = f": {licence['note']}" if licence["note"] else ""
    node.add(_fact("licence", f"{licence['name']} ({licence['certainty']}{note})"))
    for each in source.get("sources") or [source["source"]]:
        name = " ".join(str(each[key]) for key in ("kind", "name", "version", "url", "file") if key in each)
        node.add(_fact("source", name))
        node.add(_fact("sha256", each["sha256"]))
    node.add(_fact("content", f"sha256 {source['content_sha256']}"))
    _add_all(node, "files", (f"{name}  sha256 {sha256}" for name, sha256 in source.get("files", {}).items()))
    node.add(_fact("recorded in", found.source_from))


def _add_reached(tree: "Tree", each: Reached, how: str) -> None:
    node = tree.add(_headline(each.stage.name, how))
    for out in each.outputs:
        kind = "in Git" if out.in_git else "in DVC"
        node.add(_fact(kind, f"{_file(out.file, False)}  {_commit(out.commit, short=True)}"))


def _add_copies(tree: "Tree", found: Record) -> None:
    if not found.copies:
        tree.add(_fact("copies", f"no other record is equal or near ({found.measure}), and none has the same text"))
        return
    node = tree.add(_fact("copies", f"near: {found.measure}"))
    for kind in KINDS:
        copies = [copy for copy in found.copies if copy.kind == kind]
        if copies:
            some = node.add(_plain(f"{kind}: {len(copies):,}", "bold"))
            for copy in copies[:FOLDED]:
                some.add(_fact(copy.place, f"{copy.id}  {_cut(copy.prompt)} -> {_cut(copy.text)}"))
            if len(copies) > FOLDED:
                some.add(_plain(f"and {len(copies) - FOLDED:,} more"))


def _rows(rows: tuple[int, ...] | None, what: str) -> str:
    if rows is None:
        return "not here: `dvc pull samples/generated`"
    shown = "".join(f" #{row}" for row in rows[:FOLDED])
    more = f" and {len(rows) - FOLDED:,} more" if len(rows) > FOLDED else ""
    return f"{len(rows):,} {what}" + (f": {samples.SAMPLES}{shown}{more}" if rows else "")


def _use(use: Use) -> str:
    if use.reads:
        return f"reads {', '.join(use.reads)}"
    if use.holders:
        folders = ", ".join(use.holders)
        return f"reads nothing of {folders} that holds it" if use.recorded else f"depends on {folders}, which holds it"
    return "through other stages"


def _count(reached: Iterable[Reached]) -> str:
    stages = list(reached)
    outputs = [out for each in stages for out in each.outputs]
    tracked = sum(out.in_git for out in outputs)
    return f"{counted(len(stages), 'stage')}, {counted(len(outputs), 'output')}, {tracked} of them in Git"


def _environment(step: Step, full: bool) -> str:
    if step.environment is None:
        return step.run_missing
    known = dict(step.environment)
    packages = known.pop("package_lock", "")
    names = {"python": "Python ", "torch": "torch ", "device": ""}
    return ", ".join([*(f"{names[k]}{v}" for k, v in known.items()), f"packages sha256 {_hash(packages, full)}"])


def _values(values: Any, full: bool) -> str:
    if not isinstance(values, dict):
        return str(values)
    pairs = [f"{key} {value}" for key, value in flat(values).items()]
    shown = pairs if full or len(pairs) <= FOLDED else pairs[:FOLDED]
    return ", ".join([*shown, *([f"and {len(pairs) - len(shown)} more"] if len(shown) < len(pairs) else [])])


def _split(tokenizer: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    return ((path, *value.split()) for path, value in tokenizer.items())  # type: ignore[misc]


def _commit(recorded: Recorded | None, short: bool = False) -> str:
    if recorded is None:
        return "not recorded" if short else "not recorded: no commit's dvc.lock holds it"
    where = f" on {', '.join(recorded.references)}" if recorded.references else ""
    if short:
        return f"commit {recorded.first.id[:7]}{where}"
    same = recorded.first == recorded.newest
    newest = "" if same else f"; newest {_shown(recorded.newest)}"
    head = "" if where else ("; HEAD's lock holds it" if recorded.head else "; HEAD's lock has other bytes")
    return f"{_shown(recorded.first)}{newest}{where}{head}"


def _shown(commit: Commit) -> str:
    return f"{commit.id[:7]} {commit.date[:10]} {_cut(commit.subject)}"


def _file(file: File, full: bool) -> str:
    return f"{file.path}  md5 {_hash(file.md5, full)}"


def _size(file: File) -> str:
    return f"{file.size:,} bytes" + (f" in {counted(file.files, 'file')}" if file.files is not None else "")


def _hash(value: str, full: bool) -> str:
    return value if full else value[:DIGITS]


def _cut(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _add_all(node: "Tree", label: str, values: Iterable[str]) -> None:
    for value in values:
        node.add(_fact(label, value))


def _tree(title: str) -> "Tree":
    from rich.tree import Tree

    return Tree(_plain(title, "bold"))


def _headline(name: str, rest: str) -> "Text":
    text = _plain(name, "bold cyan")
    return text.append(f"  {rest}", "default")


def _fact(label: str, value: object, style: str = "") -> "Table":
    from rich.table import Table

    fact = Table.grid(padding=(0, 1))
    fact.add_column(width=LABEL, no_wrap=True)
    fact.add_column(overflow="fold")
    fact.add_row(_plain(label, "dim"), _plain(str(value), style))
    return fact


def _plain(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(text, style)
