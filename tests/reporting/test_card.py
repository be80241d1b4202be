import json
from pathlib import Path

import yaml

from promptgan.reporting.card import card
from promptgan.reporting.contents import read


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


def test_without_an_adversarial_model_the_card_is_of_the_twin(outputs: Path) -> None:
    (outputs / "models/adversarial/config.json").write_text('{"kind": "none", "reason": "likelihood only"}')
    text = card(read(outputs))
    assert "--model models/pretrained" in text
    assert "adversarial model is not applicable: likelihood only" in text


def test_the_card_is_the_same_for_the_same_outputs(outputs: Path) -> None:
    assert card(read(outputs)) == card(read(outputs))
