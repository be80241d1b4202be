"""The bill of materials: valid by its own library, complete, and the same bytes each time."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from promptgan.lineage.evidence import Evidence
from promptgan.lineage.sbom import sbom

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def document(repository: Path) -> str:
    return sbom(Evidence(), "models/adversarial")


@pytest.fixture
def components(document: str) -> dict[str, Any]:
    return {component["name"]: component for component in json.loads(document)["components"]}


def test_its_library_finds_it_valid(document: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_it_has_no_time_and_no_number_of_its_own(document: str) -> None:
    assert json.loads(document).keys() == {
        "$schema", "bomFormat", "specVersion", "version", "metadata", "components", "dependencies",
    }  # fmt: skip
    assert "timestamp" not in json.loads(document)["metadata"]


def test_the_bytes_do_not_depend_on_the_process(document: str) -> None:
    code = (
        "from promptgan.lineage import sbom, evidence; "
        "print(sbom.sbom(evidence.Evidence(), 'models/adversarial'), end='')"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == document


def test_it_describes_the_model_by_its_files(document: str) -> None:
    model = json.loads(document)["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    found = {part["name"]: part["hashes"][0]["content"] for part in model["components"]}
    files = Evidence().outputs["models/adversarial"].files
    assert found == {f"model/{name}": digest.sha256 for name, digest in files.items()}


def test_it_lists_every_pinned_package_and_the_data(document: str, components: dict[str, Any]) -> None:
    assert components.keys() == {"chitchat-dataset 0.9.0", "numpy", "PyYAML", "not-installed-here"}
    assert components["PyYAML"]["purl"] == "pkg:pypi/pyyaml@6.0.3"
    assert components["PyYAML"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert components["chitchat-dataset 0.9.0"]["hashes"][0]["content"] == "7" * 64
    (dependencies,) = (d["dependsOn"] for d in json.loads(document)["dependencies"] if d["ref"] == "model")
    assert dependencies == ["data", "not-installed-here==1.0", "numpy==2.4.6", "pyyaml==6.0.3"]


def test_licences_are_those_of_the_installed_package_of_that_version(components: dict[str, Any]) -> None:
    expression = metadata.metadata("numpy").get_all("License-Expression")
    assert expression
    assert components["numpy"]["licenses"] == [{"expression": expression[0]}]
    assert components["PyYAML"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert "licenses" not in components["not-installed-here"]
