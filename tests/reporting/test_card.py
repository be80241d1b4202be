import json
from pathlib import Path

import yaml

from promptgan.core.files import write_json
from promptgan.reporting.card import card
from promptgan.reporting.contents import read
from promptgan.reporting.page import page


def test_the_front_matter_is_that_of_a_model_card(outputs: Path) -> None:
    metadata = yaml.safe_load(card(read(outputs)).split("---")[1])
    assert metadata["license"] == "apache-2.0"
    (result,) = metadata["model-index"][0]["results"]
    assert {"type": "bleu_4", "value": 0.3} in result["metrics"]


def test_weights_from_data_of_unsure_licence_are_not_offered_under_ours(outputs: Path) -> None:
    path = outputs / "data/raw/provenance.json"
    provenance = json.loads(path.read_text())
    provenance["licence"]["certainty"] = "unsure"
    path.write_text(json.dumps(provenance))
    assert yaml.safe_load(card(read(outputs)).split("---")[1])["license"] == "other"


def test_the_card_and_the_page_name_the_language_model_and_its_licence(outputs: Path) -> None:
    title = "own model chatter"
    assert title not in card(read(outputs)) + page(read(outputs))
    licence = {"name": "not stated", "certainty": "unsure", "note": "a model of the user's own"}
    source = {"kind": "folder", "path": "chatter", "sha256": "cd" * 32}
    base = {"title": title, "licence": licence, "source": source, "content_sha256": "cd" * 32, "files": {}}
    write_json(outputs / "data/base/provenance.json", base)
    text = card(read(outputs))
    assert f"{title}; licence: not stated" in text
    assert yaml.safe_load(text.split("---")[1])["license"] == "other"
    assert f"language model: {title}" in page(read(outputs))


def test_the_card_and_the_page_name_the_corpus_and_its_licence(outputs: Path) -> None:
    licence = {"name": "not stated", "certainty": "unsure", "note": "stated for research"}
    source = {"kind": "npm", "name": "old-prints", "sha256": "ef" * 32}
    corpus = {"title": "old prints", "licence": licence, "source": source, "content_sha256": "ef" * 32, "files": {}}
    write_json(outputs / "data/corpus/provenance.json", corpus)
    for name, more in (("pretrain", {"corpus_tokens": 12345}), ("validation", {"corpus": {"read": 9, "kept": 7}})):
        path = outputs / f"metrics/{name}.json"
        write_json(path, json.loads(path.read_text()) | more)
    text = card(read(outputs))
    assert "read 12,345 tokens of a corpus: old prints; licence: not stated" in text
    assert yaml.safe_load(text.split("---")[1])["license"] == "other"
    assert "12,345 tokens of a corpus" in page(read(outputs))


def test_without_an_adversarial_model_the_card_is_of_the_twin(outputs: Path) -> None:
    (outputs / "models/adversarial/index.json").write_text('{"kind": "none", "reason": "likelihood only"}')
    text = card(read(outputs))
    assert "--model models/pretrained" in text
    assert "adversarial model is not applicable: likelihood only" in text


def test_the_command_asks_a_prompt_of_the_samples_safely_quoted(outputs: Path) -> None:
    assert "--prompt '<b>mine</b> & yours?' --n 5" in card(read(outputs))


def test_a_training_that_failed_is_named_before_the_numbers(outputs: Path) -> None:
    (outputs / "metrics/train.json").write_text('{"score": 0.08, "start_score": 0.09, "best_step": 5, "steps": 10}')
    before, _, _ = card(read(outputs)).partition("| number |")
    assert "did not beat what it started from on validation: a score of 0.0800 against 0.0900" in before


def test_the_card_is_the_same_for_the_same_outputs(outputs: Path) -> None:
    assert card(read(outputs)) == card(read(outputs))
