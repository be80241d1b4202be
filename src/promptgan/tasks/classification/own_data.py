"""Importing your own file of labelled texts."""

from collections import Counter
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.data import own_store
from promptgan.data.sets import local_labels
from promptgan.data.sets.local_labels import Parameters

DATA = "local_labels"
"""The data set that is the user's own."""
MIN_ROWS = 20
"""Of every label: fewer leave next to none in some split."""
SHOWN = 10
"""Labels that are listed, at most."""


class NoSuchFile(PromptganError):
    """The path names no regular file."""

    def __init__(self, path: Path) -> None:
        problem = "a folder, not a file" if path.is_dir() else "no such file"
        super().__init__(f"{path}: {problem}", "give the path of one CSV, TSV, JSONL or Parquet file")


class UnusableLabels(PromptganError):
    """The file has no two labels with enough texts to learn from."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path}: {problem}",
            f"a classifier needs two labels or more, and {MIN_ROWS} texts of each, hundreds are better: add texts,"
            " merge or take out rare labels, or name other columns with --text and --label",
        )


def import_own_data(
    path: Path, *, text: str | None, label: str | None, group: str | None = None, root: Path
) -> dict[str, Any]:
    """Check a file, copy it to ``data/own/SHA256/NAME`` of a repository, and track it there with DVC.

    Args:
        path: CSV, TSV, JSON, JSON lines or Parquet, or one of these gzipped.
        text: column of the text, `text` where None.
        label: column of the label, `label` where None.
        group: column of what lies in one split together; None where equal texts do.
        root: the repository; where it is one of DVC's, the file is added to it so that it can be committed and pushed.

    Returns:
        The section `data` of params.yaml.

    Raises:
        NoSuchFile, UnknownFormat, NotUtf8, BrokenFile, UnlabelledTable: what is wrong with the file.
        UnusableLabels: it is empty, or has one label, or one of them has too few texts.
        NotTracked: DVC refused the copy.
    """
    path = path.expanduser()
    if not path.is_file():
        raise NoSuchFile(path)
    if not path.stat().st_size:
        raise UnusableLabels(path, "the file is empty")
    text, label = text or "text", label or "label"
    frame = local_labels.read(path, text, label, group)
    counts = Counter({name: 0 for name in frame["label"] if isinstance(name, str)})
    rows = zip(frame["text"], frame["label"], strict=True)
    counts.update(name for value, name in rows if isinstance(name, str) and isinstance(value, str) and value.strip())
    listed = _listed(counts)
    if len(counts) < 2:
        kinds = ", ".join(f"{kind} {n} times" for kind, n in Counter(type(x).__name__ for x in frame["label"]).items())
        seen = f"one label, {listed}" if counts else f"no label but {kinds or 'no row at all'}"
        raise UnusableLabels(path, f"column {label!r} holds {seen}")
    if few := {name: count for name, count in counts.items() if count < MIN_ROWS}:
        raise UnusableLabels(path, f"{len(few)} of its {len(counts)} labels have too few texts: {_listed(few)}")
    print(f"{path.name}: {len(frame):,} rows, {counts.total():,} of them usable; {len(counts)} labels: {listed}")
    section: dict[str, Any] = {"name": DATA, "file": path.name, "sha256": sha256(path)}
    columns = {"text": text, "label": label, **({"group": group} if group else {})}
    section |= {**columns, "labels": sorted(counts)}
    validate_section(Parameters, section, "data")
    given = [word for name, column in columns.items() for word in (f"--{name}", column)]
    own_store.put(path, section["sha256"], root, path, given)
    return section


def groups(file: Path, document: dict[str, Any]) -> list[str]:
    """The group of each record of an imported file.

    Args:
        file: in the store.
        document: params.yaml.
    """
    return list(local_labels.records(file.parent, validate_section(Parameters, document["data"], "data"))["group"])


def implied(section: dict[str, Any]) -> dict[str, Any]:
    """What else params.yaml says of this data: a classifier has an output for each label."""
    return {"encoder.labels": len(section["labels"])}


def unused(section: dict[str, Any]) -> set[str]:
    """Keys of the section that say nothing about this kind of data; none."""
    return set()


def _listed(counts: dict[str, int]) -> str:
    """Labels with their numbers of texts, the most frequent first, for people."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    few = [f"{name!r} {count:,}" for name, count in ordered[:SHOWN]]
    return ", ".join([*few, *([f"and {len(ordered) - SHOWN} more"] if len(ordered) > SHOWN else [])])
