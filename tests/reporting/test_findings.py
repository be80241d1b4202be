"""What is said before the numbers."""

from typing import Any

import pytest

from promptgan.reporting.findings import warnings

TRAIN = {"steps": 50, "best_step": 25, "stopped": "limit", "score": 0.1, "start_score": 0.09}


@pytest.mark.parametrize("train", [TRAIN, {**TRAIN, "stopped": "patience"}, {}, {"reason": "no such phase"}])
def test_a_training_that_went_well_needs_no_words(train: dict[str, Any]) -> None:
    assert warnings(train) == []


def test_a_guard_is_named_with_its_step_and_that_of_the_numbers() -> None:
    (sentence,) = warnings({**TRAIN, "stopped": "kl"})
    assert "stopped by the kl guard at step 50" in sentence
    assert "those of step 25; see train.guards in params.yaml" in sentence


def test_numbers_of_the_very_step_that_crossed_a_guard_are_called_that() -> None:
    (sentence,) = warnings({**TRAIN, "stopped": "kl", "best_step": 50})
    assert "its numbers are those of that very step" in sentence


def test_a_model_below_its_start_on_validation_is_called_that() -> None:
    (sentence,) = warnings({**TRAIN, "score": 0.0795})
    assert sentence == (
        "The adversarial model did not beat what it started from on validation: a score of 0.0795 against 0.0900."
    )


def test_a_model_of_step_0_is_its_start() -> None:
    (sentence,) = warnings({**TRAIN, "best_step": 0, "score": 0.09})
    assert sentence.startswith("The adversarial model is what it started from")
