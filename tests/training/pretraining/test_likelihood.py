"""Teacher forcing: it learns, keeps its best weights, says whether it converged, and resumes to the same bytes."""

import json
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import NonFiniteTraining, NothingLearnt, Outcome
from promptgan.forms.tokens.pairs import Pairs
from promptgan.training.methods.likelihood.method import (
    Parameters,
    fit,
    steps_for,
    validation_nll,
)
from promptgan.forms.tokens.vocabulary import BOS, EOS
from tests.training.conftest import COMPUTE, Killed, KilledAfter

PARAMETERS = Parameters(
    method="likelihood",
    epochs=8,
    batch=16,
    learning_rate=0.02,
    warmup=4,
    validate_every=10,
    min_gain=0.0,
    cut=0.5,
    patience=3,
    checkpoint_every=7,
)


def run(
    generator: Generator, train: Pairs, val: Pairs, checkpoint: Checkpoint | None = None, **changes: Any
) -> Outcome:
    torch.manual_seed(1)
    with checkpoint or Checkpoint("stage", {}) as state:
        return fit(generator, train, val, PARAMETERS.model_copy(update=changes), COMPUTE, 1, state)


def test_it_learns_and_holds_the_weights_of_its_best_validation(generator: Generator, train: Pairs, val: Pairs) -> None:
    outcome = run(generator, train, val)
    assert outcome.history[0]["val_nll"] > math.log(30)
    assert outcome.best < 1.5
    assert outcome.best == min(row["val_nll"] for row in outcome.history)
    assert validation_nll(generator, val, COMPUTE) == outcome.best
    assert outcome.steps == 8 * 6
    assert outcome.stopped == "limit"


def test_a_killed_run_ends_with_the_same_live_curve(
    generator: Generator, train: Pairs, val: Pairs, repository: Path
) -> None:
    with pytest.raises(Killed):
        run(generator, train, val, KilledAfter(2))
    outcome = run(generator, train, val)
    lines = map(json.loads, (repository / ".dvc/tmp/live/stage.jsonl").read_text().splitlines())
    last = {row["step"]: {key: row[key] for key in row if key != "time"} for row in lines}
    assert list(last.values()) == outcome.history


def test_a_resumed_run_does_not_start_again(generator: Generator, train: Pairs, val: Pairs) -> None:
    with pytest.raises(Killed):
        run(generator, train, val, KilledAfter(5))
    saves = []

    class Counting(Checkpoint):
        def save(self, state: dict[str, Any]) -> None:
            saves.append(state["now"]["step"])
            super().save(state)

    run(generator, train, val, Counting("stage", {}))
    assert saves == [42]


def test_it_has_converged_once_validations_stop_gaining(generator: Generator, train: Pairs, val: Pairs) -> None:
    outcome = run(generator, train, val, min_gain=100.0)
    assert outcome.stopped == "converged"
    assert outcome.steps == PARAMETERS.patience * PARAMETERS.validate_every
    rates = [row["rate"] for row in outcome.history[1:]]
    assert rates == [0.02, 0.01, 0.005]


def test_more_training_that_only_worsens_returns_the_weights_it_started_from(
    generator: Generator, train: Pairs, val: Pairs
) -> None:
    run(generator, train, val)
    good = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    with Checkpoint("stage", {}) as checkpoint:
        worse = PARAMETERS.model_copy(update={"learning_rate": 5.0})
        outcome = fit(generator, train, val, worse, COMPUTE, 1, checkpoint, steps=48)
    assert outcome.best == outcome.history[0]["val_nll"]
    assert all(torch.equal(good[name], tensor) for name, tensor in generator.state_dict().items())


@pytest.mark.parametrize("rate", [1e6, 1e30])
def test_a_learning_rate_that_diverges_is_an_error_and_no_convergence(
    rate: float, generator: Generator, train: Pairs, val: Pairs
) -> None:
    with pytest.raises((NothingLearnt, NonFiniteTraining), match=r"lower pretrain\.learning_rate"):
        run(generator, train, val, learning_rate=rate)


def test_the_validation_nll_is_per_token_with_the_end_and_without_padding(generator: Generator, val: Pairs) -> None:
    found = validation_nll(generator, val, COMPUTE)
    total, tokens = 0.0, 0
    with torch.no_grad():
        for i in range(len(val)):
            (prompt,), (text,) = (val.rows(column, np.array([i])) for column in ("prompt", "text"))
            features = generator(torch.tensor([prompt]), torch.tensor([len(prompt)]), torch.tensor([[BOS, *text]]))
            chosen = generator.logits(features)[0].log_softmax(-1)[range(len(text) + 1), [*text, EOS]]
            total, tokens = total - chosen.sum().item(), tokens + len(text) + 1
    assert found == pytest.approx(total / tokens, rel=1e-5)


def test_the_control_gets_the_steps_that_the_arithmetic_pays_for(generator: Generator, train: Pairs) -> None:
    weights = sum(w.numel() for w in generator.parameters())
    tokens = train.prompt_lengths.mean() + train.text_lengths.mean() + 1
    assert steps_for(123 * 6 * weights * 16 * tokens, generator, train, 16) == 123
    assert steps_for(0.0, generator, train, 16) == 1


def test_with_a_moving_average_it_is_the_average_that_is_kept(generator: Generator, train: Pairs, val: Pairs) -> None:
    with Checkpoint("pretrain", {}) as checkpoint:
        outcome = fit(generator, train, val, PARAMETERS, COMPUTE, 1, checkpoint, steps=6, ema=0.9)
    averaged = validation_nll(cast("Generator", outcome.networks["generator"]), val, COMPUTE)
    assert averaged == outcome.best
    assert averaged != validation_nll(generator, val, COMPUTE)
    assert averaged < outcome.history[0]["val_nll"]
