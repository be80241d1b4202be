"""What the other stages left behind, people's ratings and findings of probes, read once for page and model card."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.ratings import kept
from promptgan.ratings.opinion import Opinion, opinion
from promptgan.reporting import probes
from promptgan.terms.metrics import Measures, declared
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import MODELS, SYSTEMS

SAMPLES = "samples/generated/samples.parquet"
METRICS = ["validation", "pretrain", "train", "control", "judges", "evaluation"]
PLOTS = ["pretrain", "train", "curves"]


class MissingOutput(PromptganError):
    """An output that the report is made from is missing or cannot be read."""


@dataclass(frozen=True)
class Contents:
    """Everything that the report shows."""

    provenance: dict[str, Any]
    """Of the data."""
    base: dict[str, Any] | None
    """The provenance of the pretrained language model that the recipe begins with; None where it has none."""
    corpus: dict[str, Any] | None
    """The provenance of the texts that are read before the pairs; None where the recipe has no corpus."""
    metrics: dict[str, dict[str, Any]]
    """By stage."""
    plots: dict[str, list[dict[str, str]]]
    """Rows of CSV, by the file's name."""
    indices: dict[str, dict[str, Any]]
    """Of the model folders, by system."""
    parameters: dict[str, Any]
    """Sections of params.yaml, as the stages wrote them down."""
    environment: str
    """Interpreter, torch and device of the training, in words; empty where no run used torch."""
    samples: Path
    """The folder of what the models made."""
    ratings: list[kept.Rating]
    """By people, of this task: of these samples or of others."""
    findings: dict[str, list[probes.Finding]]
    """Of probes, by the system in whose very weights they were found."""
    hashes: dict[str, str]
    """sha256 of every file that was read, by path below the root."""

    @property
    def task(self) -> str:
        """What the recipe makes."""
        return str(self.metrics["evaluation"]["task"])

    @property
    def measures(self) -> Measures:
        """What the task is measured by."""
        return declared(self.task)

    @property
    def systems(self) -> dict[str, Any]:
        """Headline numbers by system, or a sentence where a system does not exist; in the order of tables."""
        everything: dict[str, Any] = self.metrics["evaluation"]["systems"]
        return {system.name: everything[system.name] for system in SYSTEMS if system.name in everything}

    @property
    def columns(self) -> dict[str, Any]:
        """The systems of tables: all, but real data only where the task measures it."""
        return {name: each for name, each in self.systems.items() if name in MODELS or isinstance(each, dict)}

    @property
    def rows(self) -> dict[str, int]:
        """Records excluded, read and quarantined, and those of each split; what is read is either of the latter."""
        counts: dict[str, int] = self.metrics["validation"]["rows"]
        return {name: counts[name] for name in ("excluded", "read", "quarantined", *SPLITS)}

    @property
    def quarantined(self) -> list[dict[str, Any]]:
        """Rules that took records, which each counts once: rule, rows and what the rule says of such a record."""
        validation = self.metrics["validation"]
        meanings = {entry["rule"]: entry["description"] for entry in validation["expectations"]}
        return [{**e, "meaning": meanings.get(e["rule"], "")} for e in validation["quarantine"] if e["rows"]]

    @property
    def opinion(self) -> Opinion | None:
        """What people say of these very samples; None where nobody rated them."""
        ours = [rating for rating in self.ratings if rating.samples == self.hashes[SAMPLES]]
        return opinion(ours) if ours else None

    @property
    def probed(self) -> list[dict[str, Any]]:
        """A row for each test that was made of any model: what it compares, and a finding or None by system."""
        made = {(f.probe, f.question): None for found in self.findings.values() for f in found if f.p is not None}
        return [
            {
                "probe": probe,
                "question": question,
                "found": [next((f for f in found if f[1:3] == (probe, question)), None)
                          for found in self.findings.values()],
            }
            for probe, question in made
        ]  # fmt: skip

    @property
    def reasons(self) -> dict[str, str]:
        """Why a system does not exist, by system."""
        return {n: i.get("reason", "not used") for n, i in self.indices.items() if i.get("kind") == "none"}


def read(root: Path) -> Contents:
    """Read the outputs of all other stages below ``root``, and the ratings that are kept there.

    Raises:
        MissingOutput: names the file and the stage that makes it.
        RatingsUnreadable, ProbesUnreadable: data/ratings.csv or data/probes.csv is missing or broken.
    """
    hashes: dict[str, str] = {}

    def content(path: str) -> bytes:
        try:
            hashes[path] = sha256(root / path)
            return (root / path).read_bytes()
        except OSError as error:
            raise MissingOutput(
                f"{path} cannot be read: {error.strerror}", f"run `dvc repro`, or {_restored(path)}"
            ) from error

    def document(path: str) -> dict[str, Any]:
        try:
            parsed: dict[str, Any] = json.loads(content(path))
        except ValueError as error:
            raise MissingOutput(f"{path} is not JSON: {error}", f"restore it with {_restored(path)}") from error
        return parsed

    def optional(path: str) -> bool:
        return (root / path).is_file()

    indices = {name: document(f"models/{folder}/index.json") for name, folder in MODELS.items()}
    runs = [
        document(path)
        for path in [*(f"models/{f}/run.json" for f in (*MODELS.values(), "judges")), "samples/generated/run.json"]
        if optional(path)
    ]
    parameters = {section: value for run in runs for section, value in run["parameters"].items()}
    environment = next((_environment(run) for run in runs if "torch" in run), "")
    content(SAMPLES)
    plots = {
        name: list(csv.DictReader(content(f"plots/{name}.csv").decode().splitlines()))
        for name in PLOTS
        if optional(f"plots/{name}.csv")
    }
    origins = {name: document(f"data/{name}/provenance.json") for name in ("base", "corpus")}
    base, corpus = (None if origin.get("kind") == "none" else origin for origin in origins.values())
    metrics = {name: document(f"metrics/{name}.json") for name in METRICS}
    ratings = kept.read(root / kept.LIST)
    kept_findings = probes.read(root / probes.LIST)
    for path in (kept.LIST, probes.LIST):
        content(path.as_posix())
    return Contents(
        provenance=document("data/raw/provenance.json"),
        base=base,
        corpus=corpus,
        metrics=metrics,
        plots=plots,
        indices=indices,
        parameters=dict(sorted(parameters.items())),
        environment=environment,
        samples=root / "samples/generated",
        ratings=[rating for rating in ratings if rating.task == metrics["evaluation"]["task"]],
        findings=_findings(kept_findings, indices, root),
        hashes=dict(sorted(hashes.items())),
    )


def _findings(
    kept: list[probes.Finding], indices: dict[str, dict[str, Any]], root: Path
) -> dict[str, list[probes.Finding]]:
    """What was found in the networks of each system, where anything was."""
    found: dict[str, list[probes.Finding]] = {}
    for name, folder in MODELS.items() if kept else ():
        networks = indices[name].get("networks", {}).values()
        weights = {sha256(root / "models" / folder / network["weights"]) for network in networks}
        if ours := [finding for finding in kept if finding.weights in weights]:
            found[name] = ours
    return found


def _restored(path: str) -> str:
    """The command that brings an output back: metrics and plots lie in Git, all else in DVC's cache."""
    return f"`git checkout {path}`" if path.startswith(("metrics/", "plots/")) else f"`dvc checkout {path}`"


def _environment(run: dict[str, Any]) -> str:
    """In words; run.json names a GPU by its product and a CPU by its instructions."""
    compute = run["parameters"].get("compute", {})
    kind = "a GPU" if compute.get("device") == "cuda" else "the CPU"
    threads = f", threads {compute['threads']}" if "threads" in compute and kind == "the CPU" else ""
    return f"Python {run['python']} and torch {run['torch']} on {kind} ({run['device']}{threads})"
