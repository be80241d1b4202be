"""Teacher forcing: it learns, keeps its best weights, says whether it converged, and resumes to the same bytes."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Batches, Pairs
from promptgan.forms.tokens.vocabulary import BOS, EOS
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.training.adversarial.discrimination import known
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.cooling import STALE
from promptgan.training.loop.run import NonFiniteTraining, NothingLearnt, Outcome
from promptgan.training.loop.run import run as train
from promptgan.training.methods.likelihood.method import build, onward, validation_nll
from promptgan.training.methods.likelihood.parameters import Parameters
from tests.training.conftest import COMPUTE, Killed, KilledAfter, setting

PARAMETERS = Parameters(
    method="likelihood",
    validation_count=1000,
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


def run(tokens: Path, generator: Generator, checkpoint: Checkpoint | None = None, **changes: Any) -> Outcome:
    torch.manual_seed(1)
    with checkpoint or Checkpoint("stage", {}) as state:
        return train(*build(setting(tokens, {"generator": generator}), PARAMETERS.model_copy(update=changes)), state)


def further(tokens: Path, generator: Generator, rate: float, budget: float, ema: float) -> Outcome:
    with Checkpoint("stage", {}) as state:
        return train(*onward(setting(tokens, {"generator": generator}), PARAMETERS, rate, budget, ema), state)


def test_it_learns_and_holds_the_weights_of_its_best_validation(generator: Generator, tokens: Path, val: Pairs) -> None:
    outcome = run(tokens, generator)
    assert outcome.history[0]["val_loss"] > math.log(30)
    assert outcome.best < 1.5
    assert outcome.best == min(row["val_loss"] for row in outcome.history)
    assert validation_nll(generator, val, 1000, COMPUTE) == outcome.best
    assert outcome.steps == 8 * 6
    assert outcome.stopped == "limit"


def test_what_goes_on_reads_the_pairs_in_another_order(generator: Generator, tokens: Path) -> None:
    """The twin may have read a part of them: its control, and an adversary, must not begin with the same part."""
    here = setting(tokens, {"generator": generator})
    before, _ = build(setting(tokens, {}), PARAMETERS)
    control, _ = onward(here, PARAMETERS, 0.1, 1.0, 0.9)
    adversary = known(here.train, PARAMETERS.batch, None, here.seed)
    assert torch.equal(control.batches[0].text, adversary[0].text)
    assert [len(control.batches[k].text) for k in range(3)] == [len(before.batches[k].text) for k in range(3)]
    assert not torch.equal(control.batches[0].text, before.batches[0].text)


def test_a_killed_run_ends_with_the_same_live_curve(
    generator: Generator, tokens: Path, val: Pairs, repository: Path
) -> None:
    with pytest.raises(Killed):
        run(tokens, generator, KilledAfter(2))
    outcome = run(tokens, generator)
    lines = map(json.loads, (repository / ".dvc/tmp/live/stage.jsonl").read_text().splitlines())
    last = {row["step"]: {key: row[key] for key in row if key != "time"} for row in lines}
    assert list(last.values()) == outcome.history


def test_a_resumed_run_does_not_start_again(generator: Generator, tokens: Path, val: Pairs) -> None:
    with pytest.raises(Killed):
        run(tokens, generator, KilledAfter(5))
    saves = []

    class Counting(Checkpoint):
        def save(self, state: dict[str, Any]) -> None:
            saves.append(state["now"]["step"])
            super().save(state)

    run(tokens, generator, Counting("stage", {}))
    assert saves == [42]


def test_it_has_converged_once_validations_stop_gaining(generator: Generator, tokens: Path, val: Pairs) -> None:
    outcome = run(tokens, generator, min_gain=100.0)
    assert outcome.stopped == "converged"
    assert outcome.steps == PARAMETERS.patience * PARAMETERS.validate_every
    rates = [row["rate"] for row in outcome.history[1:]]
    assert rates == [0.02, 0.01, 0.005]


def test_more_training_that_only_worsens_returns_the_weights_it_started_from(
    generator: Generator, tokens: Path, val: Pairs
) -> None:
    outcome = run(tokens, generator)
    good = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    outcome = further(tokens, generator, 5.0, outcome.flops, 0.0)
    assert outcome.best == outcome.history[0]["val_loss"]
    assert all(torch.equal(good[name], tensor) for name, tensor in generator.state_dict().items())


@pytest.mark.parametrize("rate", [1e6, 1e30])
def test_a_learning_rate_that_diverges_is_an_error_and_no_convergence(
    rate: float, generator: Generator, tokens: Path, val: Pairs
) -> None:
    with pytest.raises((NothingLearnt, NonFiniteTraining), match=r"lower pretrain\.learning_rate"):
        run(tokens, generator, learning_rate=rate)


def test_the_validation_nll_is_per_token_with_the_end_and_without_padding(generator: Generator, val: Pairs) -> None:
    found = validation_nll(generator, val, 1000, COMPUTE)
    total, tokens = 0.0, 0
    with torch.no_grad():
        for i in range(len(val)):
            (prompt,), (text,) = (val.rows(column, np.array([i])) for column in ("prompt", "text"))
            features = generator(torch.tensor([prompt]), torch.tensor([len(prompt)]), torch.tensor([[BOS, *text]]))
            chosen = generator.logits(features)[0].log_softmax(-1)[range(len(text) + 1), [*text, EOS]]
            total, tokens = total - chosen.sum().item(), tokens + len(text) + 1
    assert found == pytest.approx(total / tokens, rel=1e-5)


def test_further_training_takes_what_it_may_cost(generator: Generator, tokens: Path) -> None:
    before = run(tokens, generator)
    outcome = further(tokens, generator, 0.001, before.flops / 2, 0.5)
    assert outcome.stopped == "budget"
    assert 0.5 <= outcome.flops / before.flops < 0.6
    assert abs(outcome.steps - before.steps / 2) <= 2


def test_it_goes_on_at_one_rate_until_the_budget_is_spent_or_nothing_is_better(
    generator: Generator, tokens: Path, val: Pairs
) -> None:
    before = run(tokens, generator)
    outcome = further(tokens, generator, 0.002, before.flops, 0.5)
    assert {row["rate"] for row in outcome.history[1:]} == {0.002}, "every gain is below what would cut it"
    assert outcome.stopped == "budget"
    outcome = further(tokens, generator, 1e-30, 100 * before.flops, 0.5)
    assert (outcome.stopped, outcome.steps) == ("patience", STALE * PARAMETERS.validate_every)


def test_with_a_moving_average_it_is_the_average_that_is_kept(generator: Generator, tokens: Path, val: Pairs) -> None:
    flops = run(tokens, generator, epochs=1).flops
    outcome = further(tokens, generator, 0.02, flops, 0.9)
    averaged = validation_nll(cast("Generator", outcome.networks["generator"]), val, 1000, COMPUTE)
    assert averaged == outcome.best
    assert averaged != validation_nll(generator, val, 1000, COMPUTE)
    assert averaged < outcome.history[0]["val_loss"]


def on_a_corpus(tokens: Path, generator: Generator, corpus: Pairs, epochs: float, **changes: Any) -> Outcome:
    here = replace(setting(tokens, {"generator": generator}), corpus=(corpus, epochs))
    with Checkpoint("stage", {}) as state:
        return train(*build(here, PARAMETERS.model_copy(update=changes)), state)


def test_a_corpus_is_read_first_and_cuts_no_learning_rate(tokens: Path, generator: Generator) -> None:
    corpus = Pairs(tokens / "judge.arrow")
    outcome = on_a_corpus(tokens, generator, corpus, 12, min_gain=100.0)
    first, rows = 12 * 3, {int(row["step"]): row for row in outcome.history}
    read = int(12 * (corpus.text_lengths + 1).sum())
    assert rows[0]["corpus_tokens"] == 0
    assert rows[30]["corpus_tokens"] < read == rows[40]["corpus_tokens"] == outcome.history[-1]["corpus_tokens"]
    assert [rows[step]["epoch"] for step in (0, 30, 40)] == [0, 0, round((40 - first) / 6, 4)]
    # The validation at 40 is the first that is heard, and the measure of those after it, which all gain too little.
    assert {step: row["rate"] for step, row in rows.items() if step} == {
        **dict.fromkeys((10, 20, 30, 40, 50), 0.02), 60: 0.01, 70: 0.005
    }  # fmt: skip
    assert (outcome.stopped, outcome.steps) == ("converged", 70)


def test_steps_go_through_the_corpus_and_then_through_the_pairs(
    tokens: Path, generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(setting(tokens, {"generator": generator}), corpus=(Pairs(tokens / "judge.arrow"), 1))
    method, plan = build(here, PARAMETERS)
    read: list[tuple[int, int]] = []
    batch = Batches.__getitem__

    def noted(batches: Batches, k: int) -> Batch:
        read.append((len(batches.pairs), k))
        return batch(batches, k)

    monkeypatch.setattr(Batches, "__getitem__", noted)
    for k in range(5):
        method.step(k)
    assert read == [(48, 0), (48, 1), (48, 2), (96, 0), (96, 1)]
    assert plan.steps == 3 + 8 * 6


def test_a_fraction_of_a_pass_reads_as_many_pairs(tokens: Path, generator: Generator) -> None:
    assert run(tokens, generator, epochs=0.5, validate_every=1).steps == 3  # of the 6 batches of a pass
