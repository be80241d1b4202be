"""The software bill of materials of a release: the model, its files, its data, and the packages that made it."""

from importlib import metadata
from typing import Any

from packaging.utils import canonicalize_name

from promptgan.lineage.evidence import BASE, CORPUS, RAW, Evidence
from promptgan.lineage.packages import Package
from promptgan.lineage.tools import tool

ORIGINS = {RAW: ("data", "data"), CORPUS: ("corpus", "data"), BASE: ("base-model", "machine-learning-model")}
"""The reference and the kind of component of what the stage download got, by its folder."""
PACKAGE_URL_TYPES = {"pypi", "npm"}
"""Kinds of source that a package URL can name."""


def sbom(evidence: Evidence, model: str) -> str:
    """CycloneDX 1.6 as JSON, without time and serial number, so that the same run gives the same bytes.

    Packages are those of requirements.lock, with the sha256 that it names and the licence that the installed package of
    that version declares.

    Args:
        evidence: the run.
        model: the model's output, such as `models/adversarial`; described as the machine learning model it is.

    Raises:
        ToolMissing: cyclonedx-python-lib is not installed.
    """
    bom = tool("cyclonedx.model.bom", "release").Bom()
    bom.serial_number = bom.metadata.timestamp = None  # what cyclonedx-py does for --output-reproducible
    bom.metadata.component = subject = _model(evidence, model)
    origins = ((*described, evidence.provenance(folder)) for folder, described in ORIGINS.items())
    parts = [*(_origin(*each) for each in origins if each[-1]), *map(_package, evidence.packages)]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(subject, parts)
    return str(tool("cyclonedx.output.json", "release").JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _model(evidence: Evidence, model: str) -> Any:
    c, files = tool("cyclonedx.model.component", "release"), evidence.outputs[model].files
    return c.Component(
        type=c.ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
        name=f"promptgan {model}",
        version=evidence.outputs[model].md5,
        components=[
            c.Component(
                type=c.ComponentType.FILE, bom_ref=f"model/{name}", name=f"model/{name}", hashes=_hashes(digest.sha256)
            )
            for name, digest in files.items()
        ],
    )


def _origin(ref: str, kind: str, provenance: dict[str, Any]) -> Any:
    """The data set, the corpus or the pretrained model, as its provenance.json has it."""
    c, source = tool("cyclonedx.model.component", "release"), provenance["source"]
    url = tool("packageurl", "release").PackageURL
    named = source["kind"] in PACKAGE_URL_TYPES
    return c.Component(
        type=c.ComponentType(kind),
        bom_ref=ref,
        name=provenance["title"],
        version=source.get("version"),
        purl=url(source["kind"], name=source["name"], version=source["version"]) if named else None,
        hashes=_hashes(source["sha256"]),
        licenses=[_licence(provenance["licence"]["name"])],
    )


def _package(package: Package) -> Any:
    c, name = tool("cyclonedx.model.component", "release"), canonicalize_name(package.name)
    return c.Component(
        type=c.ComponentType.LIBRARY,
        bom_ref=f"{name}=={package.version}",
        name=package.name,
        version=package.version,
        purl=tool("packageurl", "release").PackageURL("pypi", name=name, version=package.version),
        hashes=_hashes(*package.sha256),
        licenses=_licences(package),
    )


def _licences(package: Package) -> list[Any]:
    """What the installed package of this version declares: an expression, else a known name, else its classifiers."""
    try:
        declared = metadata.metadata(package.name)
    except metadata.PackageNotFoundError:
        return []
    if declared["Version"] != package.version:
        return []
    if expressions := declared.get_all("License-Expression"):
        return [_licence(expressions[0])]
    # Some put the whole text of the licence into the old field.
    old = [_licence(text) for text in declared.get_all("License") or [] if text.strip() and "\n" not in text]
    if old and getattr(old[0], "name", None) is None:  # an SPDX identifier or expression
        return old
    names = [c.rpartition(" :: ")[2] for c in declared.get_all("Classifier") or [] if c.startswith("License ::")]
    return [_licence(name) for name in names] or old


def _licence(text: str) -> Any:
    return tool("cyclonedx.contrib.license.factories", "release").LicenseFactory().make_from_string(text)


def _hashes(*sha256: str) -> list[Any]:
    m = tool("cyclonedx.model", "release")
    return [m.HashType(alg=m.HashAlgorithm.SHA_256, content=each) for each in sha256]
