"""A release folder and what is checked of it, on any machine: no repository, no DVC, no network, only the wheel."""

import contextlib
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import ParameterError, load_params, validate_section
from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage import hashes, lock, signature
from promptgan.lineage.evidence import PROVENANCE, RAW, RUN
from promptgan.lineage.hashes import Digest
from promptgan.terms.systems import MODELS

if TYPE_CHECKING:
    from promptgan.core.compute import Compute

CARD, SAMPLES, METRICS, LINEAGE = "README.md", "samples/generated", "metrics", "lineage"
CARD_OF_RUN = "reports/html/README.md"
"""Where the pipeline has the model card."""
SUMS, SBOM = "SHA256SUMS", "sbom.cdx.json"
PROV, OPENLINEAGE, CROISSANT = "prov.json", "openlineage.ndjson", "croissant.json"
MODEL_INDEX = re.compile(r"(models/[^/]+)/index\.json")
SUMS_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class NotARelease(PromptganError):
    """The folder is no release."""


class ReleaseBroken(PromptganError):
    """Files of the release were changed, added, removed, or do not belong together; each is named."""

    def __init__(self, folder: Path, problems: list[str]) -> None:
        told = [f"{folder} is not as it was released: {len(problems)} problem(s)", *(f"  {p}" for p in problems)]
        super().__init__("\n".join(told), "get it again from whoever released it")
        self.problems = problems


class SignatureNotChecked(PromptganError):
    """A public key was given, but there is no signature."""


@dataclass(frozen=True)
class Verified:
    """What was checked and found right."""

    files: int
    """All but the sums themselves and the signature."""
    model: str
    """The folder of the model, such as `models/adversarial`."""
    answers: str
    """What drawing the released samples again gave."""
    signature: str
    """Whether and with which key it was checked."""


def verify(folder: Path, public_key: Path | None = None) -> Verified:
    """Check a release: its files, its signature, its lineage, and that the model gives the released samples.

    Args:
        folder: what `promptgan release build` wrote.
        public_key: of whoever released it, had by another way than the release.

    Raises:
        NotARelease: the folder is none.
        ReleaseBroken: names every file that is not as it was released, or does not fit to the others.
        SignatureNotChecked: ``public_key`` was given, but no signature is there.
        ToolMissing: it was given, and model-signing is not installed.
        WrongSignature: the owner of ``public_key`` did not sign this.
        UnusableKey: ``public_key`` is none.
        NotAModelFolder: the model cannot be loaded.
    """
    files = _files(folder)
    signed = _signature(folder, public_key)
    try:
        release = _Release(folder, files)
        if problems := list(release.problems()):
            raise ReleaseBroken(folder, problems)
        return Verified(len(files), release.model, _answers(folder, release.model, release.runs[SAMPLES]), signed)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, StopIteration) as error:
        # The sums are right, so whoever wrote the folder wrote it broken.
        problem = f"{LINEAGE}/ or a run.json is not of the form that a release has: {error!r}"
        raise ReleaseBroken(folder, [problem]) from error


def _files(folder: Path) -> dict[str, Digest]:
    """The hashes of every file that SHA256SUMS lists, all of them as listed and no other there."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        told = f"{folder} holds no readable {SUMS}"
        raise NotARelease(told, "name the folder that `promptgan release build` wrote") from error
    matches = [SUMS_LINE.fullmatch(line) for line in lines]
    listed = {match[2]: match[1] for match in matches if match}
    problems = [f"{SUMS}: line {number} is no sum" for number, match in enumerate(matches, start=1) if not match]
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            problems.append(f"{name}: is no regular file")
            listed.pop(name, None)
        elif path.is_file() and name not in (SUMS, signature.SIGNATURE):
            if name not in listed:
                problems.append(f"{name}: was added; {SUMS} does not list it")
                continue
            found[name] = hashes.digest(path)
            if found[name].sha256 != listed[name]:
                problems.append(f"{name}: was changed; its sha256 is not the one in {SUMS}")
    problems += [f"{name}: is missing" for name in sorted(listed.keys() - found.keys())]
    if problems:
        raise ReleaseBroken(folder, problems)
    return found


def _signature(folder: Path, public_key: Path | None) -> str:
    if not (folder / signature.SIGNATURE).is_file():
        if public_key:
            raise SignatureNotChecked(f"{folder} is not signed", "ask whoever released it for a signed one")
        return "none; this release is not signed"
    if not public_key:
        install = "" if importlib.util.find_spec("model_signing") else "install promptgan[release] and "
        return f"not checked ({install}give the key of whoever released it: --public-key FILE)"
    signature.check(folder, public_key)
    return f"right; {public_key} checks it"


class _Release:
    """The lineage of a release whose files are as SHA256SUMS lists them."""

    def __init__(self, folder: Path, files: Mapping[str, Digest]) -> None:
        self.files = files
        lineage = folder / LINEAGE
        try:
            with contextlib.chdir(lineage):
                self.lock = lock.read()
                self.parameters = load_params()
        except (lock.LockUnreadable, ParameterError) as error:
            raise ReleaseBroken(folder, [f"{LINEAGE}/{error.problem}"]) from error
        self.model = next(match[1] for name in files if (match := MODEL_INDEX.fullmatch(name)))
        entities = json.loads((lineage / PROV).read_bytes())["entity"].values()
        self.entities = {each["term:path"]: each for each in entities if "term:path" in each}
        self.runs = {path: json.loads((folder / path / RUN).read_bytes()) for path in (self.model, SAMPLES)}
        self.events = [json.loads(line) for line in (lineage / OPENLINEAGE).read_text("utf-8").splitlines()]
        self.records = json.loads((lineage / CROISSANT).read_bytes())["distribution"]

    def problems(self) -> Iterator[str]:
        """Everything that does not fit to lineage/dvc.lock, a line each."""
        for _, out in self.lock.outputs():
            if out.files is not None:
                inside = [path for path in self.entities if path != out.path and lock.lies_in(path, out.path)]
                members = {path[len(out.path) + 1 :]: self.entities[path]["term:md5"] for path in inside}
                if hashes.md5_of_listing(members) != out.md5:
                    yield f"{LINEAGE}/{PROV}: its files of {out.path} are not those of dvc.lock"
        yield from self._copies()
        for folder, run in self.runs.items():
            name = f"{folder}/{RUN}"
            if run["parameters"] != self.lock.stages[run["stage"]].parameters:
                yield f"{name}: its parameters are not those of dvc.lock"
            if run["package_lock"] != self.files[f"{LINEAGE}/{PACKAGE_LOCK}"].sha256:
                yield f"{name}: its package lock is not {LINEAGE}/{PACKAGE_LOCK}"
            for path, sha256 in run["inputs"].items():
                if path in self.entities and self.entities[path]["term:sha256"] != sha256:
                    yield f"{name}: its input {path} is not the one in {PROV}"
        for stage in self.lock.stages.values():
            for section, values in stage.parameters.items():
                if self.parameters.get(section) != values:
                    yield f"{LINEAGE}/params.yaml: its section `{section}` is not what the stage {stage.name} ran with"
        ids = {stage.name: str(stage.run_id) for stage in self.lock.stages.values()}
        if {event["job"]["name"]: event["run"]["runId"] for event in self.events} != ids:
            yield f"{LINEAGE}/{OPENLINEAGE}: its runs are not those of dvc.lock"
        for file in self.records:
            if self.entities[file["contentUrl"]]["term:sha256"] != file["sha256"]:
                yield f"{LINEAGE}/{CROISSANT}: its {file['name']} is not the one in {PROV}"

    def _copies(self) -> Iterator[str]:
        """Each file of the model, the samples, the metrics, the card and the provenance is the pipeline's own."""
        wanted = {out.path: out.md5 for _, out in self.lock.outputs() if lock.lies_in(out.path, METRICS)}
        for folder in (self.model, SAMPLES):
            inside = {path for path in self.entities if path != folder and lock.lies_in(path, folder)}
            added = {name for name in self.files if lock.lies_in(name, folder)} - inside
            yield from (f"{name}: the pipeline wrote no such file" for name in sorted(added))
            wanted |= {path: self.entities[path]["term:md5"] for path in inside}
        wanted[CARD] = self.entities[CARD_OF_RUN]["term:md5"]
        wanted[f"{LINEAGE}/{PROVENANCE}"] = self.entities[f"{RAW}/{PROVENANCE}"]["term:md5"]
        wanted |= {f"{LINEAGE}/{PACKAGE_LOCK}": md5 for md5 in self.lock.package_locks}
        for name, md5 in sorted(wanted.items()):
            if name not in self.files:
                yield f"{name}: is missing, though the pipeline wrote it"
            elif self.files[name].md5 != md5:
                yield f"{name}: is not the file that dvc.lock leads to"


def _answers(folder: Path, model: str, run: dict[str, Any]) -> str:
    """Load the model; where the released samples were drawn on this kind of machine, draw those for people again.

    Another CPU of the same kind may change last bits, and so an answer; but a model that gives less than half of them
    is not the one that they came from.

    Raises:
        ReleaseBroken: it gives less than half of them.
    """
    import pandas as pd
    import torch

    from promptgan.core.compute import Compute, autocast, prepare
    from promptgan.networks.folder import load

    compute = validate_section(Compute, run["parameters"]["compute"], "compute")
    here, there = (torch.__version__, _device(compute)), (run["torch"], run["device"])
    if here != there:
        load(folder / model)
        return f"not drawn again (drawn with torch {there[0]} on {there[1]}; here are torch {here[0]} and {here[1]})"
    system = next(name for name, path in MODELS.items() if model == f"models/{path}")
    drawn = pd.read_parquet(folder / SAMPLES / "samples.parquet")
    device = prepare(compute, run["parameters"]["seed"])
    task = choose("promptgan.tasks", run["parameters"]["task"], "task", "audit")
    with autocast(compute):
        again = task.drawn_again(folder / model, drawn[drawn["model"] == system], device)
    if again is None:
        return "not drawn again (its samples follow from training images)"
    same, count = again
    if 2 * same < count:
        raise ReleaseBroken(folder, [f"{model}: it gives {same} of the {count} samples in {SAMPLES}/samples.parquet"])
    return f"{same} of {count} drawn again are the same"


def _device(compute: "Compute") -> str:
    """The device as run.json names it."""
    import torch

    if compute.device == "cuda":
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return torch.backends.cpu.get_cpu_capability()
