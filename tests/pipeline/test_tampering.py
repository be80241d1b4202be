"""More than fifty ways to tamper with a finished pipeline; `promptgan lineage verify` names the broken link of each.

In the first group somebody edits one thing. In the second the nearest hash is corrected too: the edited output is in
DVC's cache, and dvc.lock has its hash wherever a stage wrote or read it, so that DVC itself notices nothing.
"""

import copy
import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from ruamel.yaml import YAML

from promptgan.core import parameters
from promptgan.lineage import cache, hashes
from promptgan.lineage import lock as lock_file
from promptgan.lineage.checks import causes, facts, outputs
from promptgan.lineage.evidence import Evidence
from promptgan.lineage.verify import CHECKS, examine, verify
from promptgan.terms.audit import Found
from tests.pipeline.clone import Clone

QUICK = [(check, needed) for check, needed in CHECKS if check is not facts.report]
"""All checks but that of the report, which takes as long as all others together and has its own tests."""


def load(content: bytes) -> Any:
    return yaml.load(content, yaml.CSafeLoader)


def dump(document: Any) -> bytes:
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


class Forger:
    """Somebody who changes files of a clone; `undo` puts every one of them back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._before: dict[Path, bytes | None] = {}

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str | Path, content: bytes | None) -> None:
        """Replace a file, or delete it."""
        place = self.root / path
        self._before.setdefault(place, place.read_bytes() if place.is_file() else None)
        place.unlink(missing_ok=True)
        if content is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def undo(self) -> None:
        for place, content in self._before.items():
            place.unlink(missing_ok=True)
            if content is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)

    def flip(self, path: str) -> None:
        """Change one byte in the middle of a file."""
        content = bytearray(self.read(path))
        content[len(content) // 2] ^= 1
        self.write(path, bytes(content))

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path).decode()
        assert old in text, f"{path} holds no {old}"
        self.write(path, text.replace(old, new, 1).encode())

    def set(self, path: str, key: str, value: Any) -> None:
        """Change, or with None delete, a dotted key of a JSON file, and write it as a stage would."""
        document = json.loads(self.read(path))
        _put(document, key.split("."), value)
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
        self.write(path, (text + "\n").encode())

    def lock(self, stage: str, edit: Callable[[dict[str, Any]], object]) -> None:
        """Edit what dvc.lock has of a stage."""
        document = load(self.read("dvc.lock"))
        edit(document["stages"][stage])
        self.write("dvc.lock", dump(document))

    def table(self, path: str, edit: Callable[[list[dict[str, Any]]], object]) -> None:
        """Edit the rows of a Parquet or Arrow file."""
        schema_of = pa.ipc.open_file if path.endswith(".arrow") else pq.read_table
        table = schema_of(pa.BufferReader(self.read(path)))
        table = table.read_all() if path.endswith(".arrow") else table
        rows = table.to_pylist()
        edit(rows)
        sink = pa.BufferOutputStream()
        changed = pa.Table.from_pylist(rows, table.schema)
        if path.endswith(".arrow"):
            with pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(changed)
        else:
            pq.write_table(changed, sink)
        self.write(path, sink.getvalue().to_pybytes())

    def cover(self, *paths: str) -> None:
        """Put outputs, or code, as they are now into dvc.lock wherever they stand there, and outputs into the cache."""
        document = load(self.read("dvc.lock"))
        for path in paths:
            place = self.root / path
            files = {
                file.relative_to(place).as_posix() if place.is_dir() else "": file
                for file in (place.rglob("*") if place.is_dir() else [place])
                if file.is_file() and hashes.IGNORED not in file.parts
            }
            tree = hashes.Tree({name: hashes.digest(file) for name, file in files.items()})
            for entry in (e for s in document["stages"].values() for e in [*s.get("deps", []), *s.get("outs", [])]):
                if entry["path"] == path:
                    entry.update(md5=tree.md5, size=tree.size, **({"nfiles": tree.count} if tree.count else {}))
            for name, file in files.items():
                self._cached(tree.files[name].md5, file.read_bytes())
            if tree.count is not None:
                listing = [{"md5": tree.files[name].md5, "relpath": name} for name in sorted(files)]
                self._cached(tree.md5, json.dumps(listing).encode())
        self.write("dvc.lock", dump(document))

    def forget_runs(self) -> None:
        """Delete the run-cache."""
        for path in (self.root / ".dvc/cache/runs").rglob("*"):
            if path.is_file():
                self.write(path.relative_to(self.root), None)
        for path in sorted((self.root / ".dvc/cache/runs").rglob("*"), reverse=True):
            path.rmdir()

    def cached(self, path: str) -> str:
        """Where the cache keeps the content of a file."""
        md5 = hashes.md5_of(self.root / path)
        return f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"

    def _cached(self, md5: str, content: bytes) -> None:
        path = f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"
        if not (self.root / path).exists():
            self.write(path, content)


@pytest.fixture(scope="module")
def clone(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return finished.copy(tmp_path_factory.mktemp("tampering") / "clone")


@functools.cache
def parsed(content: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(content)


class Remembering:
    """Parses nothing twice: of the time that auditing a tiny run takes, YAML is a great part."""

    def __init__(self, **_: object) -> None:
        pass

    def load(self, content: bytes) -> Any:
        return copy.deepcopy(parsed(content))


version = functools.cache(importlib.metadata.version)
"""What is installed stays as it is."""


@pytest.fixture(autouse=True)
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lock_file, cache, parameters):
        monkeypatch.setattr(module, "YAML", Remembering)
    monkeypatch.setattr(importlib.metadata, "version", version)


@pytest.fixture
def forger(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forger]:
    monkeypatch.chdir(clone.path)
    forger = Forger(clone.path)
    yield forger
    forger.undo()


Edit = Callable[[Forger], object]


def _put(document: dict[str, Any], way: list[str], value: Any) -> None:
    *before, last = way
    for part in before:
        document = document[part]
    if value is None:
        del document[last]
    else:
        document[last] = value


def flip(path: str) -> Edit:
    return lambda f: f.flip(path)


def write(path: str, content: bytes | None) -> Edit:
    return lambda f: f.write(path, content)


def replace(path: str, old: str, new: str) -> Edit:
    return lambda f: f.replace(path, old, new)


def put(path: str, key: str, value: Any) -> Edit:
    return lambda f: f.set(path, key, value)


def rows(path: str, edit: Callable[[list[dict[str, Any]]], object]) -> Edit:
    return lambda f: f.table(path, edit)


def cell(path: str, column: str, value: Any, row: int = 5) -> Edit:
    return rows(path, lambda table: table[row].update({column: value}))


def lock(stage: str, edit: Callable[[dict[str, Any]], object]) -> Edit:
    return lambda f: f.lock(stage, edit)


def entry(stage: str, kind: str, path: str, **values: Any) -> Edit:
    return lock(stage, lambda s: next(e for e in s[kind] if e["path"] == path).update(values))


def corrupt_object(path: str) -> Edit:
    return lambda f: f.flip(f.cached(path))


def swap_locked(f: Forger) -> None:
    document = load(f.read("dvc.lock"))
    one, other = (
        next(out for out in document["stages"][stage]["outs"] if out["path"].startswith("models/"))
        for stage in ("pretrain", "control")
    )
    for key in ("md5", "size"):
        one[key], other[key] = other[key], one[key]
    f.write("dvc.lock", dump(document))


def without_stage(f: Forger) -> None:
    document = load(f.read("dvc.lock"))
    del document["stages"]["judges"]
    f.write("dvc.lock", dump(document))


def swap_models(f: Forger) -> None:
    one, other = (f"models/{name}/generator.safetensors" for name in ("pretrained", "control"))
    first, second = f.read(one), f.read(other)
    f.write(one, second)
    f.write(other, first)


def remove_folder(path: str) -> Edit:
    def remove(f: Forger) -> None:
        for file in (f.root / path).iterdir():
            f.write(file.relative_to(f.root), None)
        (f.root / path).rmdir()

    return remove


def lose(f: Forger) -> None:
    f.write(f.cached("models/control/generator.safetensors"), None)
    remove_folder("models/control")(f)


def own_file(f: Forger) -> None:
    stored = next((f.root / "data/own").glob("*/pairs.csv"))
    f.flip(stored.relative_to(f.root).as_posix())


def pipe(f: Forger) -> None:
    f.write("models/judges/index.json", None)
    os.mkfifo(f.root / "models/judges/index.json")


def nowhere(f: Forger) -> None:
    f.write(ADVERSARIAL, None)
    (f.root / ADVERSARIAL).symlink_to("nowhere")


def run_cache_entry(f: Forger) -> None:
    document = load(f.read("dvc.lock"))["stages"]["control"]
    md5 = next(out["md5"] for out in document["outs"] if out["path"] == "models/control")
    for path in (f.root / ".dvc/cache/runs").rglob("*"):
        if path.is_file() and (text := path.read_text()).startswith("cmd: exec python stages/control.py"):
            f.write(path.relative_to(f.root), text.replace(md5, "0" * 32 + ".dir").encode())


def elsewhere(f: Forger) -> None:
    outside = f.root.parent / "outside.safetensors"
    outside.write_bytes(f.read(ADVERSARIAL))
    f.write(ADVERSARIAL, None)
    (f.root / ADVERSARIAL).symlink_to(outside)


ADVERSARIAL = "models/adversarial/generator.safetensors"
TRAIN = "data/validated/train.parquet"
ARROW = "data/tokens/train.arrow"
SAMPLES = "samples/generated/samples.parquet"
EVALUATION = "metrics/evaluation.json"
TRAINERS = "pretrain"

EDITS: dict[str, tuple[Edit, str]] = {
    # what somebody does: how, and the link that is named
    "a byte of the model": (flip(ADVERSARIAL), f"{ADVERSARIAL} -> dvc.lock (stage train)"),
    "a byte of the twin": (
        flip("models/pretrained/generator.safetensors"),
        "models/pretrained/generator.safetensors -> dvc.lock (stage pretrain)",
    ),
    "a byte of the matcher": (
        flip("models/judges/matcher.safetensors"),
        "models/judges/matcher.safetensors -> dvc.lock (stage judges)",
    ),
    "two models swapped": (swap_models, "models/control/generator.safetensors -> dvc.lock (stage control)"),
    "a model folder deleted": (remove_folder("models/control"), "models/control -> dvc.lock (stage control)"),
    "a pipe for a file": (pipe, "models/judges/index.json -> dvc.lock"),
    "a link to nowhere for a file": (nowhere, f"{ADVERSARIAL} -> dvc.lock"),
    "a link to the same bytes elsewhere": (elsewhere, f"{ADVERSARIAL} -> dvc.lock"),
    "a file added to a model": (
        write("models/adversarial/more.safetensors", b"more"),
        "models/adversarial/more.safetensors -> dvc.lock (stage train)",
    ),
    "a file added to the raw data": (
        write("data/raw/more.csv", b"more"),
        "data/raw/more.csv -> dvc.lock (stage download)",
    ),
    "a byte of the raw data": (flip("data/raw/pairs.csv"), "data/raw/pairs.csv -> dvc.lock (stage download)"),
    "a byte of the imported file": (own_file, "data/own/*/pairs.csv -> local pairs.csv"),
    "the provenance replaced": (
        write("data/raw/provenance.json", b"{}\n"),
        "data/raw/provenance.json -> dvc.lock (stage download)",
    ),
    "a record changed": (cell(TRAIN, "text", "something else"), f"{TRAIN} -> dvc.lock (stage validate)"),
    "the quarantine deleted": (
        write("data/validated/quarantine.parquet", None),
        "data/validated/quarantine.parquet -> dvc.lock (stage validate)",
    ),
    "a token changed": (flip(ARROW), f"{ARROW} -> dvc.lock (stage tokenize)"),
    "the tokenizer changed": (
        flip("data/tokens/tokenizer.json"),
        "data/tokens/tokenizer.json -> dvc.lock (stage tokenize)",
    ),
    "a metric edited by hand": (
        put(EVALUATION, "systems.adversarial.bleu_4", 0.99),
        f"{EVALUATION} -> dvc.lock (stage evaluate)",
    ),
    "a metric deleted": (write("metrics/judges.json", None), "metrics/judges.json -> dvc.lock (stage judges)"),
    "a metric that is no JSON": (write("metrics/train.json", b"{"), "metrics/train.json -> dvc.lock (stage train)"),
    "a curve edited": (replace("plots/curves.csv", "twin", "control"), "plots/curves.csv -> dvc.lock (stage evaluate)"),
    "a training curve deleted": (write("plots/train.csv", None), "plots/train.csv -> dvc.lock (stage train)"),
    "an answer edited": (
        replace("samples/generated/samples.txt", "how", "who"),
        "samples/generated/samples.txt -> dvc.lock (stage generate)",
    ),
    "the page edited": (
        replace("reports/html/index.html", "<", "<!-- -->\n<"),
        "reports/html/index.html -> dvc.lock (stage report)",
    ),
    "a record of a run edited": (
        put("models/pretrained/run.json", "parameters.seed", 2),
        "models/pretrained/run.json -> dvc.lock (stage pretrain)",
    ),
    "an object of the cache": (corrupt_object(ADVERSARIAL), f"cache * -> its own name ({ADVERSARIAL})"),
    "a listing of the cache": (
        lambda f: f.flip(str(next((f.root / ".dvc/cache/files/md5").glob("*/*.dir")).relative_to(f.root))),
        "cache *.dir -> its own name (*)",
    ),
    "gone from disk and cache": (lose, "cache * -> dvc.lock (stage control)"),
    "an entry of the run-cache": (run_cache_entry, "dvc.lock (stage control) -> run-cache"),
    "code of the trainers": (
        lambda f: f.write("src/promptgan/networks/weights.py", f.read("src/promptgan/networks/weights.py") + b"\n"),
        f"src/promptgan/networks/weights.py -> dvc.lock (stage {TRAINERS})",
    ),
    "the script of a stage": (
        lambda f: f.write("stages/train.py", f.read("stages/train.py") + b"\n"),
        "stages/train.py -> dvc.lock (stage train)",
    ),
    "a file among code": (
        write("src/promptgan/training/loop/more.py", b'"""More."""\n'),
        f"src/promptgan/training/loop -> dvc.lock (stage {TRAINERS})",
    ),
    "a package pinned otherwise": (
        replace("requirements.lock", "pydantic==", "pydantic==9."),
        "installed pydantic -> requirements.lock",
    ),
    "a package that is not installed": (
        lambda f: f.write("requirements.lock", f.read("requirements.lock") + b"no-such-package==1.0\n"),
        "installed no-such-package -> requirements.lock",
    ),
    "a parameter": (
        replace("params.yaml", "objective: non_saturating", "objective: hinge"),
        "params.yaml train.objective -> dvc.lock (stage train)",
    ),
    "a parameter of all": (replace("params.yaml", "seed: 1", "seed: 2"), "params.yaml seed -> dvc.lock (stage judges)"),
    "a command": (
        replace("dvc.yaml", "exec python stages/judges.py", "exec python stages/judges.py --help"),
        "dvc.yaml command (stage judges) -> dvc.lock (stage judges)",
    ),
    "a dependency undeclared": (
        replace("dvc.yaml", "      - src/promptgan/networks/${form}/${discriminator.network}\n", ""),
        "dvc.yaml dependencies (stage train) -> dvc.lock (stage train)",
    ),
    "an output undeclared": (
        replace("dvc.yaml", "    outs:\n      - models/judges\n", ""),
        "dvc.yaml outputs (stage judges) -> dvc.lock (stage judges)",
    ),
    "the list of excluded records": (
        lambda f: f.write("data/excluded.csv", f.read("data/excluded.csv") + b"chitchat,no-such-record,a wish\n"),
        "data/excluded.csv -> dvc.lock (stage validate)",
    ),
    "a lock entry made up": (
        entry("train", "outs", "models/adversarial", md5="0" * 32 + ".dir"),
        "models/adversarial -> dvc.lock (stage train)",
    ),
    "two lock entries swapped": (swap_locked, "models/control/generator.safetensors -> dvc.lock (stage control)"),
    "what a stage read": (
        entry("train", "deps", "data/tokens", md5="0" * 32 + ".dir"),
        "dvc.lock data/tokens (read by stage train) -> dvc.lock (stage tokenize)",
    ),
    "the size of what a stage read": (
        entry("train", "deps", "data/tokens", size=1),
        "dvc.lock data/tokens (read by stage train) -> dvc.lock (stage tokenize)",
    ),
    "the size of an output": (
        entry("evaluate", "outs", EVALUATION, size=1),
        f"{EVALUATION} -> dvc.lock (stage evaluate)",
    ),
    "the number of files": (
        entry("judges", "outs", "models/judges", nfiles=4),
        "models/judges -> dvc.lock (stage judges)",
    ),
    "a locked parameter": (
        lock("train", lambda s: s["params"]["params.yaml"]["train"].update(steps=1)),
        "params.yaml train.steps -> dvc.lock (stage train)",
    ),
    "locked parameters removed": (
        lock("train", lambda s: s["params"]["params.yaml"].pop("train")),
        "dvc.yaml parameters (stage train) -> dvc.lock (stage train)",
    ),
    "a locked command": (
        lock("train", lambda s: s.update(cmd="true")),
        "dvc.yaml command (stage train) -> dvc.lock (stage train)",
    ),
    "a locked dependency removed": (
        lock("evaluate", lambda s: s["deps"].pop(0)),
        "dvc.yaml dependencies (stage evaluate) -> dvc.lock (stage evaluate)",
    ),
    "the hash of code": (
        entry("pretrain", "deps", "src/promptgan/networks/weights.py", md5="0" * 32),
        "src/promptgan/networks/weights.py -> dvc.lock (stage pretrain)",
    ),
    "a stage removed from the lock": (without_stage, "dvc.yaml (stage judges) -> dvc.lock"),
}


def covered(*edits: Edit, cover: tuple[str, ...]) -> Edit:
    """Edits, and the nearest hashes corrected."""

    def forge(f: Forger) -> None:
        for edit in edits:
            edit(f)
        f.cover(*cover)

    return forge


def sha256(path: str, of: str) -> Edit:
    """Correct the sha256 of a file in a run.json."""

    def correct(f: Forger) -> None:
        document = json.loads(f.read(path))
        document["inputs"][of] = hashlib.sha256(f.read(of)).hexdigest()
        f.write(path, (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())

    return correct


def retold(*paths: str) -> Edit:
    """Correct the sha256 of all inputs in some run.json, in this order."""

    def correct(f: Forger) -> None:
        for path in paths:
            for name in json.loads(f.read(path))["inputs"]:
                sha256(path, name)(f)

    return correct


def provenance_of(f: Forger) -> None:
    f.flip("data/raw/pairs.csv")
    f.set("data/raw/provenance.json", "files", {"pairs.csv": hashlib.sha256(f.read("data/raw/pairs.csv")).hexdigest()})


def moved(f: Forger) -> None:
    """A test record among those to learn from."""
    taken: list[dict[str, Any]] = []
    f.table("data/validated/test.parquet", lambda table: taken.append(table.pop(3)))
    f.table(TRAIN, lambda table: table.append(taken[0]))


def excluded(f: Forger) -> None:
    name = pq.read_table(f.root / TRAIN)["id"][0].as_py()
    f.write("data/excluded.csv", f.read("data/excluded.csv") + f"local_text,{name},a wish\n".encode())


def rename_id(f: Forger) -> None:
    f.table(TRAIN, lambda table: table[5].update(id="made-up"))


def parameter_everywhere(f: Forger) -> None:
    f.replace("params.yaml", "word_dropout: 0.3", "word_dropout: 0.1")
    f.lock("judges", lambda s: s["params"]["params.yaml"]["judges"].update(word_dropout=0.1))


def command_everywhere(f: Forger) -> None:
    f.replace("dvc.yaml", "exec python stages/judges.py", "python stages/judges.py")
    f.lock("judges", lambda s: s.update(cmd="python stages/judges.py"))


def code_everywhere(f: Forger) -> None:
    f.write("stages/judges.py", f.read("stages/judges.py") + b"\n")


EVERY_RUN = tuple(
    f"{folder}/run.json" for folder in ("data/tokens", "models/pretrained", "models/adversarial", "models/control")
)
RUN = "models/pretrained/run.json"

FORGERIES: dict[str, tuple[Edit, str]] = {
    # what somebody does, its nearest hashes corrected: how, and the link that betrays it
    "the model": (
        covered(flip(ADVERSARIAL), cover=("models/adversarial",)),
        f"samples/generated/run.json inputs {ADVERSARIAL} -> {ADVERSARIAL}",
    ),
    "the model, and the next record": (
        covered(
            flip(ADVERSARIAL),
            sha256("samples/generated/run.json", ADVERSARIAL),
            cover=("models/adversarial", "samples/generated"),
        ),
        "dvc.lock (stage train) -> run-cache",
    ),
    "the model by that of the judges": (
        covered(
            lambda f: f.write(ADVERSARIAL, f.read("models/judges/matcher.safetensors")), cover=("models/adversarial",)
        ),
        f"{ADVERSARIAL} tensors.* -> models/adversarial/index.json",
    ),
    "the model by the twin": (
        covered(
            lambda f: f.write(ADVERSARIAL, f.read("models/pretrained/generator.safetensors")),
            cover=("models/adversarial",),
        ),
        f"samples/generated/run.json inputs {ADVERSARIAL} -> {ADVERSARIAL}",
    ),
    "the discriminator": (
        covered(flip("models/adversarial/discriminator.safetensors"), cover=("models/adversarial",)),
        "samples/generated/run.json inputs models/adversarial/discriminator.safetensors"
        " -> models/adversarial/discriminator.safetensors",
    ),
    "the twin": (
        covered(flip("models/pretrained/generator.safetensors"), cover=("models/pretrained",)),
        "models/adversarial/run.json inputs models/pretrained/generator.safetensors"
        " -> models/pretrained/generator.safetensors",
    ),
    "the matcher": (
        covered(flip("models/judges/matcher.safetensors"), cover=("models/judges",)),
        "dvc.lock (stage judges) -> run-cache",
    ),
    "a model's vocabulary": (
        covered(put("models/adversarial/index.json", "example.vocabulary", 301), cover=("models/adversarial",)),
        "models/adversarial/index.json example.vocabulary -> data/tokens and dvc.lock",
    ),
    "a model's architecture": (
        covered(put("models/control/index.json", "networks.generator.section.dropout", 0.0), cover=("models/control",)),
        "models/control/index.json networks.generator.section.dropout -> data/tokens and dvc.lock",
    ),
    "a model's tokenizer": (
        covered(flip("models/control/tokenizer.json"), cover=("models/control",)),
        "models/control/tokenizer.json -> data/tokens/tokenizer.json",
    ),
    "a headline number": (
        covered(put(EVALUATION, "systems.adversarial.bleu_4", 0.99), cover=(EVALUATION,)),
        f"{EVALUATION} systems.adversarial bleu_4 -> plots/curves.csv",
    ),
    "the verdict": (
        covered(put(EVALUATION, "verdict", ["adversarial training wins"]), cover=(EVALUATION,)),
        f"{EVALUATION} verdict -> models/pretrained/index.json",
    ),
    "a standard error": (
        covered(put(EVALUATION, "standard_errors", []), cover=(EVALUATION,)),
        "dvc.lock (stage evaluate) -> run-cache",
    ),
    "the score of the training": (
        covered(put("metrics/train.json", "score", 0.9), cover=("metrics/train.json",)),
        "metrics/train.json score -> models/adversarial/index.json",
    ),
    "the score, and the model's configuration": (
        covered(
            put("metrics/train.json", "score", 0.9),
            put("models/adversarial/index.json", "score", 0.9),
            cover=("metrics/train.json", "models/adversarial"),
        ),
        "plots/train.csv score -> metrics/train.json",
    ),
    "the twin's likelihood": (
        covered(
            put("metrics/pretrain.json", "val_loss", 1.0),
            put("models/pretrained/index.json", "val_loss", 1.0),
            cover=("metrics/pretrain.json", "models/pretrained"),
        ),
        "plots/pretrain.csv val_loss -> metrics/pretrain.json",
    ),
    "whether the twin converged": (
        covered(put("metrics/pretrain.json", "converged", True), cover=("metrics/pretrain.json",)),
        "metrics/pretrain.json converged -> models/pretrained/index.json",
    ),
    "the control's likelihood": (
        covered(put("metrics/control.json", "val_loss", 9.0), cover=("metrics/control.json",)),
        "metrics/control.json val_loss -> models/control/index.json",
    ),
    "the matcher's accuracy": (
        covered(put("metrics/judges.json", "matcher.accuracy", 0.9999), cover=("metrics/judges.json",)),
        "metrics/judges.json matcher.accuracy -> models/judges/index.json",
    ),
    "how many rows there are": (
        covered(put("metrics/validation.json", "rows.train", 9999), cover=("metrics/validation.json",)),
        "metrics/validation.json rows.train -> data/validated",
    ),
    "which data the metrics name": (
        covered(put("metrics/validation.json", "data.title", "better data"), cover=("metrics/validation.json",)),
        "metrics/validation.json data.title -> data/raw/provenance.json",
    ),
    "a curve": (
        covered(replace("plots/curves.csv", "adversarial,0.7,", "adversarial,0.75,"), cover=("plots/curves.csv",)),
        "plots/curves.csv adversarial at 0.75 words -> samples/generated/samples.parquet",
    ),
    "a record": (
        covered(cell(TRAIN, "text", "something else"), cover=("data/validated",)),
        f"data/tokens/run.json inputs {TRAIN} -> {TRAIN}",
    ),
    "a record, and the next record of a run": (
        covered(
            cell(TRAIN, "text", "something else"),
            retold("data/tokens/run.json"),
            cover=("data/validated", "data/tokens"),
        ),
        f"{TRAIN} * text -> data/raw",
    ),
    "a record's id": (covered(rename_id, cover=("data/validated",)), f"{TRAIN} made-up -> data/raw"),
    "a record moved to another split": (covered(moved, cover=("data/validated",)), f"{TRAIN} * -> hash of its group"),
    "a record dropped": (
        covered(rows(TRAIN, lambda table: table.pop(5)), cover=("data/validated",)),
        "data/raw * -> data/validated",
    ),
    "a record twice": (
        covered(rows(TRAIN, lambda table: table.append(table[0])), cover=("data/validated",)),
        "data/raw * -> data/validated",
    ),
    "an excluded record left in": (covered(excluded, cover=("data/excluded.csv",)), f"{TRAIN} * -> data/excluded.csv"),
    "a token": (
        covered(cell(ARROW, "text", [5, 6, 7]), cover=("data/tokens",)),
        f"models/pretrained/run.json inputs {ARROW} -> {ARROW}",
    ),
    "a token, and every later record of a run": (
        covered(
            cell(ARROW, "text", [5, 6, 7]),
            retold(*EVERY_RUN),
            cover=("data/tokens", "models/pretrained", "models/adversarial", "models/control"),
        ),
        f"{ARROW} text of * -> {TRAIN}",
    ),
    "the order of the pairs": (
        covered(rows(ARROW, lambda table: table.reverse()), cover=("data/tokens",)),
        f"{ARROW} id -> {TRAIN} id",
    ),
    "how many tokens there are": (
        covered(put("data/tokens/meta.json", "splits.train.text_tokens", 1), cover=("data/tokens",)),
        f"data/tokens/meta.json train text_tokens -> {ARROW}",
    ),
    "the licence": (
        covered(put("data/raw/provenance.json", "licence.name", "MIT"), cover=("data/raw",)),
        "data/raw/provenance.json licence.name -> src/promptgan/data/sets/local_text.py",
    ),
    "the source": (
        covered(put("data/raw/provenance.json", "source.sha256", "0" * 64), cover=("data/raw",)),
        "data/raw/provenance.json source.sha256 -> src/promptgan/data/sets/local_text.py",
    ),
    "the raw data, and its provenance": (
        covered(provenance_of, cover=("data/raw",)),
        "data/raw -> src/promptgan/data/sets/local_text.py content_sha256",
    ),
    "the raw data against the imported file": (
        covered(provenance_of, cover=("data/raw",)),
        "data/raw/pairs.csv -> local pairs.csv",
    ),
    "the seed of a run": (
        covered(put(RUN, "parameters.seed", 7), cover=("models/pretrained",)),
        f"{RUN} parameters.seed -> dvc.lock (stage pretrain)",
    ),
    "the packages of a run": (
        covered(put(RUN, "package_lock", "0" * 64), cover=("models/pretrained",)),
        f"{RUN} package_lock -> requirements.lock",
    ),
    "the packages, in the lock too": (
        covered(
            lambda f: f.write("requirements.lock", f.read("requirements.lock") + b"# more\n"),
            cover=("requirements.lock",),
        ),
        f"{RUN} package_lock -> requirements.lock",
    ),
    "the Python of a run": (
        covered(put(RUN, "python", "3.12.1"), cover=("models/pretrained",)),
        f"{RUN} python -> this interpreter",
    ),
    "the torch of a run": (
        covered(put(RUN, "torch", "1.0.0"), cover=("models/pretrained",)),
        f"{RUN} torch -> requirements.lock",
    ),
    "the device of a run": (
        covered(put(RUN, "device", "a better one"), cover=("models/pretrained",)),
        f"models/adversarial/run.json inputs {RUN} -> {RUN}",
    ),
    "the stage of a run": (
        covered(put(RUN, "stage", "train"), cover=("models/pretrained",)),
        f"{RUN} stage -> dvc.lock (stage pretrain)",
    ),
    "the inputs of a run": (
        covered(put(RUN, "inputs", {}), cover=("models/pretrained",)),
        f"{RUN} inputs -> dvc.lock (stage pretrain)",
    ),
    "an input of a run that it has not": (
        covered(put(RUN, "inputs", {"README.md": "0" * 64}), cover=("models/pretrained",)),
        f"{RUN} inputs README.md -> dvc.lock (stage pretrain)",
    ),
    "the record of a run deleted": (
        covered(write("data/tokens/run.json", None), cover=("data/tokens",)),
        "A stage's run.json agrees with the files it read, with dvc.lock, requirements.lock and this interpreter."
        " (stage tokenize)",
    ),
    "a prompt": (
        covered(cell(SAMPLES, "prompt", "who are you"), cover=("samples/generated",)),
        f"{SAMPLES} * -> data/validated/test.parquet",
    ),
    "an answer of a curve": (
        covered(cell(SAMPLES, "text", "a much better answer than it was before"), cover=("samples/generated",)),
        f"plots/curves.csv * -> {SAMPLES}",
    ),
    "the seed of a sample": (
        covered(cell(SAMPLES, "seed", 2), cover=("samples/generated",)),
        f"{SAMPLES} * -> dvc.lock (stage generate)",
    ),
    "an answer dropped": (
        covered(rows(SAMPLES, lambda table: table.pop(5)), cover=("samples/generated",)),
        f"{SAMPLES} twin at 0.5 -> dvc.lock (stage generate)",
    ),
    "an answer for people": (
        covered(
            replace("samples/generated/samples.txt", "  adversarial", "  adversarial better"),
            cover=("samples/generated",),
        ),
        f"samples/generated/samples.txt -> {SAMPLES}",
    ),
    "a parameter": (
        parameter_everywhere,
        "models/judges/run.json parameters.judges.word_dropout -> dvc.lock (stage judges)",
    ),
    "a command": (command_everywhere, "dvc.lock (stage judges) -> run-cache"),
    "code": (covered(code_everywhere, cover=("stages/judges.py",)), "dvc.lock (stage judges) -> run-cache"),
}


PAGE = "reports/html/index.html -> the outputs that it shows"
REPORTS: dict[str, tuple[Edit, str]] = {
    # what somebody forges that nothing but the report tells: how, and the link that betrays it
    "the page": (covered(replace("reports/html/index.html", "0.", "9."), cover=("reports/html",)), PAGE),
    "the card": (
        covered(replace("reports/html/README.md", "license: other", "license: mit"), cover=("reports/html",)),
        "reports/html/README.md* -> the outputs that it shows",
    ),
    "a standard error": (covered(put(EVALUATION, "standard_errors", []), cover=(EVALUATION,)), PAGE),
    "the model, and the next record": (FORGERIES["the model, and the next record"][0], PAGE),
    "the device of the judges": (
        covered(put("models/judges/run.json", "device", "a better one"), cover=("models/judges",)),
        PAGE,
    ),
}


def found(evidence: Evidence, checks: Any = QUICK) -> list[str]:
    """The broken links."""
    broken = examine(evidence, checks=checks)
    assert all(link.expected != link.found and link.remedy for link in broken)
    return [link.link for link in broken]


def names(links: list[str], pattern: str) -> bool:
    return any(fnmatchcase(link, pattern) for link in links)


def test_there_are_a_hundred_cases() -> None:
    assert len(EDITS) + len(FORGERIES) + len(REPORTS) >= 100


def test_an_untouched_clone_is_whole(forger: Forger) -> None:
    verification = verify()
    assert list(verification.lines())[-1] == "10 stages, 48 files: every link holds"
    assert not verification.broken
    assert not any("committed" in note or "cache" in note for note in verification.notes)
    assert any("verified down to data/own/" in note for note in verification.notes)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_found(name: str, forger: Forger) -> None:
    edit, link = EDITS[name]
    edit(forger)
    links = found(Evidence())
    assert names(links, link), links


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_found_though_its_nearest_hashes_are_corrected(name: str, forger: Forger) -> None:
    edit, link = FORGERIES[name]
    edit(forger)
    evidence = Evidence()
    assert not near(evidence)
    links = found(evidence)
    assert names(links, link), links


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_made_again_tells_a_forgery(name: str, forger: Forger) -> None:
    edit, link = REPORTS[name]
    edit(forger)
    forger.forget_runs()
    evidence = Evidence()
    assert not near(evidence)
    assert names(found(evidence, [(facts.report, frozenset())]), link)


def test_dvc_commit_does_not_launder_an_edit(clone: Clone, forger: Forger, tmp_path: Path) -> None:
    copy = clone.copy(tmp_path / "copy")
    (copy.path / "metrics/evaluation.json").write_text("{}\n")
    copy.dvc("commit", "--force", "evaluate")
    os.chdir(copy.path)
    (broken,) = (link for link in examine(Evidence(), checks=[]) if link.link.endswith("-> run-cache"))
    assert broken.link == "dvc.lock (stage evaluate) -> run-cache"
    other, now = (Path(broken.remedy.partition(before)[2].partition(",")[0]) for before in ("delete ", "and delete "))
    assert {other, now} == set(other.parent.iterdir()), "both files are named whole, the one to delete by what is right"
    assert "metrics/evaluation.json" in now.read_text() and broken.expected.removeprefix("entry ") in now.name


def test_a_half_finished_run_is_told_in_a_few_links(clone: Clone, forger: Forger, tmp_path: Path) -> None:
    copy = clone.copy(tmp_path / "copy")
    copy.set("seed", 2)
    copy.dvc("repro", "pretrain")
    os.chdir(copy.path)
    verification = verify()
    lines = list(verification.lines())
    assert lines[0].startswith("first: dvc.lock is not the committed one")
    assert lines[2] == "BROKEN  dvc.lock models/pretrained (read by stage train) -> dvc.lock (stage pretrain)"
    assert "judges (params.yaml seed)" in lines[1] and "pretrain (" not in lines[1]
    assert len(verification.broken) > 20
    assert sum(line.startswith("BROKEN") for line in lines) < 6


def test_a_missing_file_is_said_as_people_say_it(forger: Forger) -> None:
    forger.write("samples/generated/samples.txt", None)
    said = "\n".join(verify().lines())
    assert "found     samples/generated/samples.txt: no such file" in said
    assert "Errno" not in said and "Error" not in said


def test_a_wrong_hash_in_the_lock_is_cured_first_of_all(forger: Forger) -> None:
    md5 = next(out.md5 for _, out in Evidence().lock.outputs() if out.path == "models/judges")
    text = forger.read("dvc.lock")
    forger.write("dvc.lock", text.replace(md5.encode(), b"0" * 32 + b".dir", 1))
    assert "`git checkout dvc.lock`" in next(verify().lines())


def test_what_is_forged_to_the_end_differs_from_git_alone(forger: Forger) -> None:
    covered(flip("models/judges/matcher.safetensors"), cover=("models/judges",))(forger)
    forger.forget_runs()
    verification = verify()
    assert not verification.broken
    assert "dvc.lock is not the committed one; outputs that differ: models/judges" in verification.notes
    assert any(note.startswith("the run-cache knows no run of: download, validate") for note in verification.notes)


def test_a_stage_that_dvc_yaml_no_longer_has_is_ignored_and_named(forger: Forger) -> None:
    document = load(forger.read("dvc.lock"))
    document["stages"]["former"] = {"cmd": "true", "outs": [{"path": "gone", "md5": "0" * 32, "size": 1}]}
    forger.write("dvc.lock", dump(document))
    verification = verify()
    assert not verification.broken
    assert "dvc.lock still has stage former, which dvc.yaml no longer has: ignored" in verification.notes
    assert "not committed: dvc.lock" in verification.notes


def near(evidence: Evidence) -> list[Found]:
    """What is broken between the files, DVC's cache and dvc.lock."""
    checks = (outputs.on_disk, outputs.in_cache, causes.inputs)
    return [link for check in checks for stage in evidence.lock.stages.values() for link in check(evidence, stage)]
