"""Counting: one step, after which the validation loss is that of the counts, and nothing is left to learn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from promptgan.forms.tokens.kneser_ney import KneserNey
from promptgan.forms.tokens.pairs import Pairs
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import run
from promptgan.training.methods.count.method import build
from promptgan.training.methods.count.parameters import Parameters
from tests.conftest import EXAMPLE
from tests.training.conftest import setting


def test_one_step_counts_everything(tokens: Path, train: Pairs, val: Pairs) -> None:
    here = replace(setting(tokens, {}), sections={"generator": {"network": "ngram", "order": 3}})
    with Checkpoint("stage", {}) as checkpoint:
        outcome = run(*build(here, Parameters(method="count", validation_count=1000)), checkpoint)
    counts = KneserNey(train.rows("text", np.arange(len(train))), EXAMPLE.vocabulary, 3, EXAMPLE.eos)
    assert outcome.history[0]["val_loss"] == pytest.approx(np.log(EXAMPLE.vocabulary), rel=1e-6)
    assert outcome.best == pytest.approx(counts.cross_entropy(val.rows("text", np.arange(len(val)))), rel=1e-6)
    assert (outcome.steps, outcome.stopped) == (1, "converged")
