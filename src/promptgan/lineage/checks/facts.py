"""Facts that stand in more than one file, or follow from another: metrics, curves, model folders, the report."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.lineage.evidence import Evidence, Unreadable
from promptgan.terms.audit import Found, compared, near
from promptgan.terms.splits import RANKING

FOLDERS = {"pretrain": "models/pretrained", "control": "models/control", "train": "models/adversarial"}
"""The folder of the networks that a stage trains."""
SHOWN = 50
"""Characters before and behind the first one that differs that are shown."""


def validation(evidence: Evidence) -> Iterator[Found]:
    """metrics/validation.json counts the rows that data/validated holds, and names the data of provenance.json."""
    path, provenance = "metrics/validation.json", "data/raw/provenance.json"
    metrics = evidence.json(path)
    tables = {name: evidence.table(f"data/validated/{name}.parquet") for name in RANKING}
    quarantine = evidence.table("data/validated/quarantine.parquet")
    groups = {group for table in tables.values() for group in table["group"].to_pylist()}
    rows = {name: len(table) for name, table in tables.items()} | {"quarantined": len(quarantine)}
    rows["read"] = sum(rows.values())
    counted = {key: value for key, value in metrics["rows"].items() if key in rows}
    rules = Counter(quarantine["rule"].to_pylist())
    listed = {entry["rule"]: entry["rows"] for entry in metrics["quarantine"]}
    share = round(len(quarantine) / max(1, rows["read"]), 6)
    counts = {"rows": rows, "groups": len(groups)}
    yield from compared(path, "data/validated", counts, {**metrics, "rows": counted})
    if corpus := metrics.get("corpus"):
        table = "data/validated/corpus.parquet"
        yield from compared(path, table, {"kept": len(evidence.table(table))}, corpus)
    taken = {"share_quarantined": share, "quarantine": dict.fromkeys(listed, 0) | rules}
    there = {"share_quarantined": metrics["share_quarantined"], "quarantine": listed}
    yield from compared(path, "data/validated/quarantine.parquet", taken, there)
    written = evidence.json(provenance)
    data = {"data": {key: written[key] for key in ("title", "content_sha256")}}
    yield from compared(path, provenance, data, metrics)


def models(evidence: Evidence) -> Iterator[Found]:
    """The model folders have the shape, the files and the networks that data/tokens and dvc.lock give them."""
    from promptgan.networks.folder import described

    form = choose("promptgan.forms", evidence.parameters("pretrain")["form"], "form", "form")
    tokens = Path("data/tokens")
    for stage, folder in FOLDERS.items():
        index = evidence.json(f"{folder}/index.json")
        if index.get("kind") == "none":
            continue
        sections = evidence.parameters(stage)
        networks = {
            name: {"role": entry["role"], "section": sections[entry["role"]], "weights": f"{name}.safetensors"}
            for name, entry in index["networks"].items()
        }
        facts = {"example": described("", "", form.example(tokens))["example"], "networks": networks}
        if stage == "train":
            facts["ema"] = sections["train"]["ema"]
        yield from compared(f"{folder}/index.json", f"{tokens} and dvc.lock", facts, index)
        for name, file in form.needed(tokens).items():
            there, here = evidence.sha256(file.as_posix()), evidence.sha256(f"{folder}/{name}")
            if there != here:
                link = f"{folder}/{name} -> {file}"
                yield Found(link, f"sha256 {there}", f"sha256 {here}", f"`dvc checkout {folder}`")
        yield from _tensors(folder, index)


def _tensors(folder: str, index: dict[str, Any]) -> Iterator[Found]:
    """The tensors of every file of weights are those of the network that the index describes."""
    import torch
    from safetensors import SafetensorError, safe_open

    from promptgan.networks.folder import build, example_of

    for entry in index["networks"].values():
        with torch.device("meta"):  # shapes alone
            network = build(index["form"], entry["role"], entry["section"], example_of(index, Path(folder)))
        shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
        path = f"{folder}/{entry['weights']}"
        try:
            with safe_open(path, "pt") as file:
                stored = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise Unreadable(path, error) from error
        yield from compared(path, f"{folder}/index.json", {"tensors": shapes}, {"tensors": stored})


def training(evidence: Evidence) -> Iterator[Found]:
    """The metrics of every training stage stand in its model folder too, and in its curve."""
    for stage, folder in {**FOLDERS, "judges": "models/judges"}.items():
        index, metrics = evidence.json(f"{folder}/index.json"), evidence.json(f"metrics/{stage}.json")
        same = {key: index.get(key) for key in metrics}
        yield from compared(f"metrics/{stage}.json", f"{folder}/index.json", same, metrics)
        curve = f"plots/{stage}.csv"
        if index.get("kind") == "none" or not Path(curve).is_file():
            continue
        rows = evidence.rows(curve)
        facts = {"steps": float(rows[-1]["step"])}
        if stage == "pretrain":
            facts["val_loss"] = min(float(row["val_loss"]) for row in rows)
        else:
            kept = next((row for row in rows if row["step"] == str(metrics.get("best_step"))), rows[0])
            facts |= {"best_step": float(kept["step"]), "start_score": float(rows[0]["score"])}
            facts |= {key: float(kept[key]) for key in metrics if key not in facts and kept.get(key)}
        written = {key: metrics[key] for key in facts if isinstance(metrics.get(key), int | float)}
        yield from near(curve, f"metrics/{stage}.json", written, facts)


def of_the_task(name: str) -> Callable[[Evidence], Iterator[Found]]:
    """The check `name` of the audit of the run's task."""

    def check(evidence: Evidence) -> Iterator[Found]:
        task = choose("promptgan.tasks", evidence.parameters("validate")["task"], "task", "audit")
        yield from getattr(task, name)(evidence)

    check.__doc__ = f"What the task's audit says of {name}."
    return check


arrays, networks, samples, measures, evaluation = map(
    of_the_task, ("arrays", "models", "samples", "measures", "evaluation")
)


def report(evidence: Evidence) -> Iterator[Found]:
    """The page and the model card are what the stage report makes of other outputs and of ratings, made again."""
    from promptgan.reporting.card import card
    from promptgan.reporting.contents import read
    from promptgan.reporting.page import page

    contents = read(Path())
    for name, text in {"index.html": page(contents), "README.md": card(contents)}.items():
        path = f"reports/html/{name}"
        found = evidence.text(path)
        if found != text:
            link = f"{path} -> the outputs that it shows"
            yield Found(link, *_first_difference(text, found), "`dvc repro --force report`")


def _first_difference(expected: str, found: str) -> tuple[str, str]:
    """What people read at the first place where two pages or Markdown texts differ, cut to what is around it."""
    hidden = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
    one, other = (" ".join(hidden.sub(" ", text).split()) for text in (expected, found))
    if one == other:
        return "its own marks and pictures", "the same words with other marks, pictures or spaces"
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = one.rfind(" ", 0, max(0, at - SHOWN)) + 1
    return one[start : at + SHOWN], other[start : at + SHOWN] or "nothing more"
