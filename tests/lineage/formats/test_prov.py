"""PROV: what the library reads back, and what it says."""

from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDerivation, ProvDocument, ProvMembership, ProvUsage

from promptgan.lineage.evidence import Evidence
from promptgan.lineage.formats import prov, provn


@pytest.fixture
def exported(repository: Path) -> ProvDocument:
    return ProvDocument.deserialize(content=prov.export(Evidence()), format="json")


def records(document: ProvDocument, kind: type) -> set[tuple[str, ...]]:
    """The formal attributes of every relation of a kind, without those that are empty."""
    return {tuple(str(value) for _, value in record.formal_attributes) for record in document.get_records(kind)}


def named(document: ProvDocument, name: str) -> Any:
    (found,) = document.get_record(name)
    return found


def test_the_library_reads_back_what_was_written(repository: Path, exported: ProvDocument) -> None:
    assert exported == prov.document(Evidence())


def test_every_output_was_generated_by_its_stage_and_derived_from_its_data(exported: ProvDocument) -> None:
    run = Evidence()
    model = next(out for _, out in run.lock.outputs() if out.path == "models/adversarial")
    data = next(out for _, out in run.lock.outputs() if out.path == "data/validated")
    derived = {(made, source) for made, source, *_ in records(exported, ProvDerivation)}
    assert (f"file:models/adversarial@{model.md5}", f"file:data/validated@{data.md5}") in derived
    assert (f"file:data/raw@{run.lock.stages['download'].outputs[0].md5}", f"source:{'7' * 64}") in derived
    assert not any("stages/" in source for _, source in derived), "code was used; nothing is derived from it"


def test_a_stage_used_its_code_data_and_package_lock_each_in_its_role(exported: ProvDocument) -> None:
    train = Evidence().lock.stages["train"].run_id
    roles = {}
    for usage in exported.get_records(ProvUsage):
        stage, used, _ = (str(value) for _, value in usage.formal_attributes)
        if stage == f"run:train@{train}":
            roles[used.rpartition("@")[0]] = next(iter(usage.get_attribute("prov:role")))
    assert roles == {
        "file:data/validated": "data",
        "file:requirements.lock": "environment",
        "file:src/promptgan": "code",
        "file:stages/train.py": "code",
    }


def test_a_stage_carries_its_parameters_and_what_it_ran_on(exported: ProvDocument) -> None:
    train = named(exported, f"run:train@{Evidence().lock.stages['train'].run_id}")
    assert train.get_attribute("parameter:train.steps") == {60}
    assert train.get_attribute("parameter:train.guards.kl_limit") == {1e-05}
    assert train.get_attribute("term:command") == {"exec python stages/train.py"}
    assert train.get_attribute("term:torch") == {Evidence().runs["train"]["torch"]}


def test_folders_have_their_files_with_both_hashes(exported: ProvDocument) -> None:
    tree = Evidence().outputs["models/adversarial"]
    digest = tree.files["generator.safetensors"]
    member = f"file:models/adversarial/generator.safetensors@{digest.md5}"
    assert (f"file:models/adversarial@{tree.md5}", member) in records(exported, ProvMembership)
    assert named(exported, member).get_attribute("term:sha256") == {digest.sha256}


def test_the_packages_act_on_behalf_of_the_environment(exported: ProvDocument) -> None:
    agents = {str(agent.identifier) for agent in exported.get_records() if str(agent.identifier).startswith("package:")}
    assert agents == {"package:numpy@2.4.6", "package:PyYAML@6.0.3", "package:not-installed-here@1.0"}


def test_provn_is_the_same_document_for_people(repository: Path) -> None:
    text = provn.export(Evidence())
    assert text.startswith("document\n")
    assert "parameter:train.steps=60" in text
    assert text == prov.document(Evidence()).get_provn() + "\n"
