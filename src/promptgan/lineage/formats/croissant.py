"""Croissant: the validated records as a data set that machine learning tools load, in JSON-LD."""

import json
import re
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.lineage.evidence import VALIDATED, Evidence

SPLITS = {
    "train": "what generators and tokenizer are fitted on",
    "val": "what choices are made on",
    "test": "what is reported on",
    "judge": "what the judges are fitted on; no generator sees it",
}
TERMS = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset"
    " jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source"
    " subField transform"
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in TERMS.split()},
}
"""As the specification gives it."""
TYPES = {"binary": "sc:ImageObject", "large_binary": "sc:ImageObject"}
"""What the columns that are no text are."""
SEMANTIC_VERSION = re.compile(r"\d+(\.\d+){0,2}")


class NoRecords(PromptganError):
    """The stage validate has not run, so there are no records to describe."""


def export(evidence: Evidence) -> str:
    """The validated records as Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html).

    One record set for each split, with its columns and the split's name; addresses of the files are relative to the top
    of the repository, where `mlcroissant.Dataset` opens them, checked by their sha256, if the export lies there too.

    Raises:
        NoRecords: there are none yet.
    """
    if VALIDATED not in evidence.outputs:
        raise NoRecords(f"{VALIDATED} is not in dvc.lock", "run `make validate` first")
    provenance = evidence.provenance()
    source, licence = provenance["source"], provenance["licence"]
    known = ", ".join(f"{key} {source[key]}" for key in ("name", "version", "url", "file", "sha256") if key in source)
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": provenance["title"],
        "description": f"Validated records of {provenance['title']}, split by group. Licence: {licence['name']}"
        f" ({licence['certainty']}; {licence['note']}).",
        "license": licence["name"],
        "citeAs": f"{provenance['title']}. {source['kind']}: {known}. Content sha256 {provenance['content_sha256']}.",
        "distribution": [_file(evidence, split) for split in SPLITS],
        "recordSet": [_splits(), *(_records(evidence, split) for split in SPLITS)],
    }
    if SEMANTIC_VERSION.fullmatch(source.get("version", "")):
        document["version"] = source["version"]
    if evidence.committed:
        document["datePublished"] = evidence.committed.date().isoformat()
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _file(evidence: Evidence, split: str) -> dict[str, Any]:
    name = f"{split}.parquet"
    digest = evidence.outputs[VALIDATED].files[name]
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": SPLITS[split],
        "contentUrl": f"{VALIDATED}/{name}",
        "contentSize": f"{digest.size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest.sha256,
    }


def _splits() -> dict[str, Any]:
    columns = ("name", "description")
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [_field("splits", name) for name in columns],
        "data": [{f"splits/{key}": value for key, value in zip(columns, row, strict=True)} for row in SPLITS.items()],
    }


def _records(evidence: Evidence, split: str) -> dict[str, Any]:
    file = {"fileObject": {"@id": f"{split}.parquet"}}
    named = {**file, "extract": {"fileProperty": "filename"}, "transform": {"regex": r"^(.*)\.parquet$"}}
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": SPLITS[split],
        "key": {"@id": f"{split}/id"},
        "field": [
            *(
                _field(split, name, source={**file, "extract": {"column": name}}, dataType=TYPES.get(kind, "sc:Text"))
                for name, kind in evidence.columns.items()
            ),
            _field(split, "split", source=named),
        ],
    }


def _field(record_set: str, name: str, **more: Any) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": f"{record_set}/{name}", "name": name, "dataType": "sc:Text", **more}
