"""Texts that answer no prompt, through the whole pipeline and the commands that look at a run."""

import json

import pytest

from tests.pipeline.clone import Clone


@pytest.fixture(scope="module")
def run(source: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the pipeline has run without prompts; to be read only."""
    clone = source.fresh(tmp_path_factory.mktemp("unprompted") / "clone")
    clone.set("validate.prompt", {"kind": "none"})
    clone.set("generate.prompts", [])
    clone.dvc("repro")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "results")
    return clone


def test_what_is_about_prompts_is_not_applicable(run: Clone) -> None:
    systems = json.loads((run.path / "metrics/evaluation.json").read_text())["systems"]
    assert {"relevance", "relevance_embedding", "rouge_l"}.isdisjoint(systems["adversarial"])
    assert json.loads((run.path / "metrics/judges.json").read_text())["kind"] == "none"
    page = (run.path / "reports/html/index.html").read_text()
    assert "(no prompt)" in page
    assert "The matcher" not in page
    assert "relevance" not in run.promptgan("show").partition("Who is ahead")[0]


def test_a_model_folder_makes_texts_without_being_asked(run: Clone) -> None:
    said = run.promptgan("generate", "--model", "models/adversarial", "--n", "3").splitlines()
    assert (said[0], len(said)) == ("> (no prompt)", 4)


def test_an_audit_and_the_way_of_a_sample_and_of_a_record_are_whole(run: Clone) -> None:
    assert "every link holds" in run.promptgan("lineage", "verify")
    why = json.loads(run.promptgan("lineage", "why", "samples/generated/samples.parquet#0", "--json"))
    assert "to this prompt" not in why["verdict"]
    record = why["sample"]["prompt_id"]
    impact = json.loads(run.promptgan("lineage", "impact", "--record", record, "--json"))
    assert (impact["place"], impact["asked"]) == ("test", [])
