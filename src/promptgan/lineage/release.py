"""Building a release: one folder with all that others need to use a model and to check where it comes from."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.core.record import PACKAGE_LOCK, sha256
from promptgan.lineage import lock, signature
from promptgan.lineage.evidence import PROVENANCE, RAW, Evidence
from promptgan.lineage.formats import croissant, openlineage, prov
from promptgan.lineage.released import (
    CARD,
    CROISSANT,
    GENERATED,
    LINEAGE,
    METRICS,
    MODEL,
    OPENLINEAGE,
    PROV,
    SAMPLES,
    SBOM,
    SUMS,
)
from promptgan.lineage.sbom import sbom
from promptgan.lineage.verify import waiting

REPORT = "reports/html"
RECORDS = (lock.LOCK, lock.PIPELINE, PARAMS_FILE, PACKAGE_LOCK, Path(RAW, PROVENANCE))
"""What `lineage/` holds a copy of."""


class NotFinished(PromptganError):
    """The pipeline has not run to its end with the code, parameters and data that are here."""


class NothingToRelease(PromptganError):
    """The folder is no model that this run made, or the model card describes another one."""


class ReleaseExists(PromptganError):
    """There is something at the place where the release should go."""


@dataclass(frozen=True)
class Built:
    """What was built."""

    files: int
    size: int
    """Bytes."""


def build(model: Path, out: Path, key: Path | None = None, force: bool = False) -> Built:
    """Write the release folder ``out``, whole or not at all.

    The same run gives the same bytes, but for the signature, which is drawn anew each time.

    Args:
        model: a model that the pipeline made, such as `models/adversarial`.
        out: the folder to write.
        key: private key to sign with; unsigned without one.
        force: replace an older release.

    Raises:
        NotFinished: says what has not run, or has changed since.
        FilesDiffer: an output is not the one that dvc.lock names.
        NothingToRelease: ``model`` is none, or the card describes another one.
        ReleaseExists: ``out`` is there, and is no release or not to be replaced.
        UnusableKey: ``key`` cannot be read.
        ToolMissing: a library that `make tools` installs is not here.
    """
    if out.exists() and not (force and (out / SUMS).is_file()):
        kind = "add --force to replace it" if (out / SUMS).is_file() else "it is no release, so nothing replaces it"
        raise ReleaseExists(f"{out} exists", f"{kind}; or name another folder with --out")
    evidence = Evidence()
    if stale := {name: what for name, what in waiting(evidence).items() if what}:
        lines = (f"  {name}: {', '.join(what)} changed since it ran" for name, what in stale.items())
        raise NotFinished("\n".join(["the pipeline is not finished:", *lines]), "run `make run`")
    card = _card(evidence, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}.", suffix=".partial", dir=out.parent) as scratch:
        folder = Path(scratch, out.name)  # its own name from the start: the signature holds it
        for path, source in _copied(evidence, model):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / path)
        written = {
            CARD: card,
            f"{LINEAGE}/{PROV}": prov.export(evidence),
            f"{LINEAGE}/{OPENLINEAGE}": openlineage.export(evidence),
            f"{LINEAGE}/{CROISSANT}": croissant.export(evidence),
            SBOM: sbom(evidence, model.as_posix()),
        }
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
        (folder / SUMS).write_text(sums, encoding="utf-8")
        if key:
            signature.sign(folder, key)
        if out.exists():
            out.replace(Path(scratch, "replaced"))
        folder.replace(out)
        return Built(len(files), sum(path.stat().st_size for path in out.rglob("*") if path.is_file()))


def _card(evidence: Evidence, model: Path) -> str:
    """The model card, with the model where it lies in the release."""
    made = evidence.outputs.get(model.as_posix())
    if not made or "index.json" not in made.files:
        made_here = (path for path, tree in evidence.outputs.items() if "index.json" in tree.files)
        models = [path for path in made_here if path != "models/judges"]
        raise NothingToRelease(
            f"{model} is no model that the pipeline made", f"name one of its outputs: {', '.join(models)}"
        )
    index = json.loads((model / "index.json").read_bytes())
    if index["kind"] == "none":
        raise NothingToRelease(f"{model} holds no model: {index['reason']}", "name another one, or another recipe")
    card, named = Path(REPORT, "README.md").read_text(encoding="utf-8"), f"--model {model.as_posix()} "
    if named not in card:
        raise NothingToRelease(
            f"the model card {REPORT}/README.md describes another model than {model}",
            "release the one that it tells how to load; its numbers are of no other",
        )
    return card.replace(model.as_posix(), MODEL)


def _copied(evidence: Evidence, model: Path) -> Iterator[tuple[str, Path]]:
    """Path in the release, and file to copy."""
    for name in evidence.outputs[model.as_posix()].files:
        yield f"{MODEL}/{name}", model / name
    for name in evidence.outputs[GENERATED].files:
        yield f"{SAMPLES}/{name}", Path(GENERATED, name)
    for path in evidence.outputs:
        if lock.lies_in(path, METRICS):
            yield path, Path(path)
    for source in RECORDS:
        yield f"{LINEAGE}/{source.name}", source
