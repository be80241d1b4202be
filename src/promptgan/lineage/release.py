"""Building a release: one folder with all that others need to use a model and to check where it comes from."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.core.record import PACKAGE_LOCK, sha256
from promptgan.folders import whole
from promptgan.lineage import lock, released, signature
from promptgan.lineage.evidence import PROVENANCE, RAW, Evidence
from promptgan.lineage.formats import croissant, openlineage, prov
from promptgan.lineage.released import LINEAGE, SUMS
from promptgan.lineage.sbom import sbom
from promptgan.lineage.verify import waiting

RECORDS = (lock.LOCK, lock.PIPELINE, PARAMS_FILE, PACKAGE_LOCK, Path(RAW, PROVENANCE))
"""What `lineage/` holds a copy of."""


class NotFinished(PromptganError):
    """The pipeline has not run to its end with the code, parameters and data that are here."""


class NothingToRelease(PromptganError):
    """The folder is no model that this run made, or the model card describes another one."""


class ReleaseExists(PromptganError):
    """There is something at the place where the release should go."""


def build(model: Path, out: Path, key: Path | None = None, force: bool = False) -> tuple[int, int]:
    """Write the release folder ``out``, whole or not at all.

    The same run gives the same bytes, but for the signature, which is drawn anew each time.

    Args:
        model: a model that the pipeline made, such as `models/adversarial`.
        out: the folder to write.
        key: private key to sign with; unsigned without one.
        force: replace an older release.

    Returns:
        How many files it has, and their bytes.

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
    copied = dict(_copied(evidence, model.as_posix()))
    with whole(out) as folder:
        for path, source in copied.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / path)
        written = {
            f"{LINEAGE}/{released.PROV}": prov.export(evidence),
            f"{LINEAGE}/{released.OPENLINEAGE}": openlineage.export(evidence),
            f"{LINEAGE}/{released.CROISSANT}": croissant.export(evidence),
            released.SBOM: sbom(evidence, model.as_posix()),
        }
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
        (folder / SUMS).write_text(sums, encoding="utf-8")
        if key:
            signature.sign(folder, key)
    return len(files), sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def _copied(evidence: Evidence, model: str) -> Iterator[tuple[str, str | Path]]:
    """Path in the release, which is that in the repository wherever it can be, and file to copy."""
    made = {path for path, tree in evidence.outputs.items() if "index.json" in tree.files}
    if model not in made:
        names = ", ".join(sorted(made - {"models/judges"}))
        raise NothingToRelease(f"{model} is no model that the pipeline made", f"name one of its outputs: {names}")
    index = json.loads(Path(model, "index.json").read_bytes())
    if index["kind"] == "none":
        raise NothingToRelease(f"{model} holds no model: {index['reason']}", "name another one, or another recipe")
    if f"--model {model} " not in Path(released.CARD_OF_RUN).read_text(encoding="utf-8"):
        raise NothingToRelease(
            f"the model card {released.CARD_OF_RUN} describes another model than {model}",
            "release the one that it tells how to load; its numbers are of no other",
        )
    yield released.CARD, released.CARD_OF_RUN
    for folder in (model, released.SAMPLES):
        yield from ((f"{folder}/{name}", Path(folder, name)) for name in evidence.outputs[folder].files)
    yield from ((path, path) for path in evidence.outputs if lock.lies_in(path, released.METRICS))
    yield from ((f"{LINEAGE}/{source.name}", source) for source in RECORDS)
