"""A release folder and what is checked of it, on any machine: no repository, no DVC, no network, only the wheel."""

import contextlib
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import ParameterError, load_params, validate_section
from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage import card_numbers, hashes, lock, signature
from promptgan.lineage.evidence import PROVENANCE, RAW, RUN, package_locks
from promptgan.lineage.hashes import Digest
from promptgan.lineage.tools import ToolMissing

if TYPE_CHECKING:
    from promptgan.core.compute import Compute

CARD, MODEL, SAMPLES, METRICS, LINEAGE = "README.md", "model", "samples", "metrics", "lineage"
SUMS, SBOM = "SHA256SUMS", "sbom.cdx.json"
PROV, OPENLINEAGE, CROISSANT = "prov.json", "openlineage.ndjson", "croissant.json"
GENERATED = "samples/generated"
"""Where the pipeline has what a release calls `samples/`."""
SUMS_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class NotARelease(PromptganError):
    """The folder is no release."""


class ReleaseBroken(PromptganError):
    """Files of the release were changed, added, removed, or do not belong together; each is named."""

    def __init__(self, folder: Path, problems: list[str]) -> None:
        super().__init__(
            "\n".join(
                [f"{folder} is not as it was released: {len(problems)} problem(s)", *(f"  {p}" for p in problems)]
            ),
            "get it again from whoever released it",
        )
        self.problems = problems


class SignatureNotChecked(PromptganError):
    """A public key was given, but there is no signature, or nothing to check it with."""


@dataclass(frozen=True)
class Verified:
    """What was checked and found right."""

    files: int
    """All but the sums themselves and the signature."""
    model: str
    """Where the pipeline had the model, such as `models/adversarial`."""
    answers: str
    """What drawing the released answers again gave."""
    signature: str
    """Whether and with which key it was checked."""


def verify(folder: Path, public_key: Path | None = None) -> Verified:
    """Check a release: its files, its signature, its lineage, and that the model gives the released answers.

    Args:
        folder: what `promptgan release build` wrote.
        public_key: of whoever released it, had by another way than the release.

    Raises:
        NotARelease: the folder is none.
        ReleaseBroken: names every file that is not as it was released, or does not fit to the others.
        SignatureNotChecked: ``public_key`` was given, but no signature is there, or model-signing is not.
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
        return Verified(len(files), release.origin, _answers(folder, release.origin), signed)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, StopIteration) as error:
        # The sums are right, so whoever wrote the folder wrote it broken.
        problem = f"{LINEAGE}/ or a run.json is not of the form that a release has: {error!r}"
        raise ReleaseBroken(folder, [problem]) from error


def _files(folder: Path) -> dict[str, Digest]:
    """The hashes of every file that SHA256SUMS lists, all of them as listed and no other there."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NotARelease(
            f"{folder} holds no readable {SUMS}", "name the folder that `promptgan release build` wrote"
        ) from error
    listed, found, problems = {}, {}, []
    for number, line in enumerate(lines, start=1):
        if match := SUMS_LINE.fullmatch(line):
            listed[match[2]] = match[1]
        else:
            problems.append(f"{SUMS}: line {number} is no sum")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            problems.append(f"{name}: is no regular file")
        elif path.is_file() and name not in (SUMS, signature.SIGNATURE):
            if name not in listed:
                problems.append(f"{name}: was added; {SUMS} does not list it")
                continue
            found[name] = hashes.digest(path)
            if found[name].sha256 != listed[name]:
                problems.append(f"{name}: was changed; its sha256 is not the one in {SUMS}")
    named = {problem.partition(":")[0] for problem in problems}
    problems += [f"{name}: is missing" for name in sorted(listed.keys() - found.keys() - named)]
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
    try:
        signature.check(folder, public_key)
    except ToolMissing as error:
        raise SignatureNotChecked(error.problem, "pip install 'promptgan[release]', then try again") from error
    return f"right; {public_key} checks it"


class _Release:
    """The lineage of a release whose files are as SHA256SUMS lists them."""

    def __init__(self, folder: Path, files: Mapping[str, Digest]) -> None:
        self.folder = folder
        self.files = files
        try:
            with contextlib.chdir(folder / LINEAGE):
                self.lock = lock.read()
                self.parameters = load_params()
        except (lock.LockUnreadable, ParameterError) as error:
            raise ReleaseBroken(folder, [f"{LINEAGE}/{error.problem}"]) from error
        entities = json.loads((folder / LINEAGE / PROV).read_bytes())["entity"].values()
        self.entities = {each["term:path"]: each for each in entities if "term:path" in each}
        self.runs = {name: json.loads((folder / name / RUN).read_bytes()) for name in (MODEL, SAMPLES)}
        self.events = [json.loads(line) for line in (folder / LINEAGE / OPENLINEAGE).read_text("utf-8").splitlines()]
        self.records = json.loads((folder / LINEAGE / CROISSANT).read_bytes())["distribution"]
        maker = self.lock.stages[self.runs[MODEL]["stage"]]
        self.origin = next(out.path for out in maker.outputs if out.files is not None)

    def problems(self) -> Iterator[str]:
        """Everything that does not fit to lineage/dvc.lock, a line each."""
        yield from self._listings()
        yield from self._copies()
        for name in (MODEL, SAMPLES):
            yield from self._run(name)
        yield from self._parameters()
        yield from self._formats()
        yield from self._card()

    def _listings(self) -> Iterator[str]:
        """prov.json has the md5 of each file of each output; together they give the md5 in dvc.lock."""
        for _, out in self.lock.outputs():
            if out.files is None:
                continue
            members = {name: self.entities[f"{out.path}/{name}"]["term:md5"] for name in self._members(out.path)}
            if hashes.md5_of_listing(members) != out.md5:
                yield f"{LINEAGE}/{PROV}: its files of {out.path} are not those of dvc.lock"

    def _copies(self) -> Iterator[str]:
        """Each file of the model, the samples, the metrics and the provenance is the one that the pipeline wrote."""
        for folder, origin in ((MODEL, self.origin), (SAMPLES, GENERATED)):
            here = {name for name in self.files if lock.lies_in(name, folder)}
            there = {f"{folder}/{name}": f"{origin}/{name}" for name in self._members(origin)}
            yield from (f"{name}: the pipeline wrote no such file" for name in sorted(here - there.keys()))
            for name, path in there.items():
                yield from self._copy(name, self.entities[path]["term:md5"])
        for _, out in self.lock.outputs():
            if lock.lies_in(out.path, METRICS):
                yield from self._copy(out.path, out.md5)
        provenance = self.entities[f"{RAW}/{PROVENANCE}"]["term:md5"]
        yield from self._copy(f"{LINEAGE}/{PROVENANCE}", provenance)
        for md5 in package_locks(self.lock):
            yield from self._copy(f"{LINEAGE}/{PACKAGE_LOCK}", md5)

    def _copy(self, name: str, md5: str) -> Iterator[str]:
        found = self.files.get(name)
        if found is None:
            yield f"{name}: is missing, though the pipeline wrote it"
        elif found.md5 != md5:
            yield f"{name}: is not the file that dvc.lock leads to"

    def _run(self, folder: str) -> Iterator[str]:
        """A run.json names the parameters and inputs that dvc.lock has for its stage."""
        run, name = self.runs[folder], f"{folder}/{RUN}"
        if run["parameters"] != self.lock.stages[run["stage"]].parameters:
            yield f"{name}: its parameters are not those of dvc.lock"
        if run["package_lock"] != self.files[f"{LINEAGE}/{PACKAGE_LOCK}"].sha256:
            yield f"{name}: its package lock is not {LINEAGE}/{PACKAGE_LOCK}"
        for path, sha256 in run["inputs"].items():
            if path in self.entities and self.entities[path]["term:sha256"] != sha256:
                yield f"{name}: its input {path} is not the one in {PROV}"

    def _parameters(self) -> Iterator[str]:
        for stage in self.lock.stages.values():
            for section, values in stage.parameters.items():
                if self.parameters.get(section) != values:
                    yield f"{LINEAGE}/params.yaml: its section `{section}` is not what the stage {stage.name} ran with"

    def _formats(self) -> Iterator[str]:
        ids = {stage.name: str(stage.run_id) for stage in self.lock.stages.values()}
        if {event["job"]["name"]: event["run"]["runId"] for event in self.events} != ids:
            yield f"{LINEAGE}/{OPENLINEAGE}: its runs are not those of dvc.lock"
        for file in self.records:
            if self.entities[file["contentUrl"]]["term:sha256"] != file["sha256"]:
                yield f"{LINEAGE}/{CROISSANT}: its {file['name']} is not the one in {PROV}"

    def _card(self) -> Iterator[str]:
        """The model card has the numbers of the metrics, which dvc.lock leads to."""
        card = (self.folder / CARD).read_text(encoding="utf-8")
        metrics = {path.stem: json.loads(path.read_bytes()) for path in sorted((self.folder / METRICS).glob("*.json"))}
        for clause in card_numbers.differing(card, _system(self.origin), metrics):
            yield f"{CARD}: {clause}, which {METRICS}/ has"

    def _members(self, folder: str) -> list[str]:
        paths = (PurePosixPath(path) for path in self.entities)
        return [path.relative_to(folder).as_posix() for path in paths if PurePosixPath(folder) in path.parents]


def _answers(folder: Path, origin: str) -> str:
    """Load the model; where the released answers were drawn on this kind of machine, draw those for people again.

    Another CPU of the same kind may change last bits, and so an answer; but a model that gives less than half of them
    is not the one that they came from.

    Raises:
        ReleaseBroken: it gives less than half of them.
    """
    import pandas as pd
    import torch

    from promptgan.core.compute import Compute, autocast, prepare
    from promptgan.networks.folder import load

    run = json.loads((folder / SAMPLES / RUN).read_bytes())
    compute = validate_section(Compute, run["parameters"]["compute"], "compute")
    here, there = (torch.__version__, _device(compute)), (run["torch"], run["device"])
    if here != there:
        load(folder / MODEL)
        return f"not drawn again (drawn with torch {there[0]} on {there[1]}; here are torch {here[0]} and {here[1]})"
    drawn = pd.read_parquet(folder / SAMPLES / "samples.parquet")
    device = prepare(compute, run["parameters"]["seed"])
    task = choose("promptgan.tasks", run["parameters"]["task"], "task", "audit")
    with autocast(compute):
        same, count = task.drawn_again(folder / MODEL, drawn[drawn["model"] == _system(origin)], device)
    if 2 * same < count:
        raise ReleaseBroken(folder, [f"{MODEL}: it gives {same} of the {count} samples in {SAMPLES}/samples.parquet"])
    return f"{same} of {count} drawn again are the same"


def _system(origin: str) -> str:
    """What the samples and metrics call the model that the pipeline had in a folder."""
    from promptgan.terms.systems import MODELS

    return next(name for name, path in MODELS.items() if origin == f"models/{path}")


def _device(compute: "Compute") -> str:
    """The device as run.json names it."""
    import torch

    if compute.device == "cuda":
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return torch.backends.cpu.get_cpu_capability()
