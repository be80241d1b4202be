from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Sampler
from promptgan.tasks.oracle.score.score import Score, overlap
from tests.forms.tokens.toy import EXAMPLE, LIMIT, models


def test_the_overlap_is_what_single_tokens_and_pairs_share() -> None:
    # tokens: 1 1/2 and 2 1/2 against 1 3/4 and 3 1/4; pairs: (1, 2) and (2, 1) against (1, 1) and (1, 3)
    assert overlap([[1, 2], [2, 1]], [[1, 1], [1, 3]]) == pytest.approx((0.5 + 0.0) / 2)
    # pairs: (1, 2) 1/2 and (2, 1) 1/2 against (1, 2) 1
    assert overlap([[1, 2], [2, 1]], [[1, 2], [1, 2]]) == pytest.approx((1.0 + 0.5) / 2)


def test_the_same_sequences_share_everything_whatever_their_number() -> None:
    rows = [[1, 2, 3], [3, 3, 1]]
    assert overlap(rows, rows * 2) == pytest.approx(1.0)
    assert overlap(rows, [[4, 5, 6]]) == 0.0


def test_nats_are_of_the_tokens_alone_and_no_end_is_counted(tmp_path: Path) -> None:
    real = [[4, 5], [5], [4], [5, 5]]
    table = pa.table({"prompt": pa.array([[]] * 4, pa.list_(pa.int64())), "text": pa.array(real)})
    with pa.ipc.new_file(str(tmp_path / "val.arrow"), table.schema) as file:
        file.write_table(table)
    chain, _ = models()
    compute = Compute(device="cpu", threads=1, precision="float32")
    score = Score(Pairs(tmp_path / "val.arrow"), EXAMPLE, {"generator": chain}, 100, compute, 3)
    with torch.no_grad():
        chain.transitions[4] += torch.arange(6) / 4  # no longer the twin
    row = score({"generator": chain})

    def nats(rows: list[list[int]], table: torch.Tensor) -> float:
        steps = [pair for text in rows for pair in pairwise([EXAMPLE.bos, *text])]
        return -float(sum(table.detach().double().log_softmax(1)[pair] for pair in steps)) / len(steps)

    drawn = Sampler(chain).answers([[]] * 4, random_numbers(3, 4, LIMIT))
    assert {len(text) for text in drawn} > {LIMIT}  # some end by themselves
    assert row["val_loss"] == pytest.approx(nats(real, chain.transitions), rel=1e-5)
    assert row["entropy"] == pytest.approx(nats(drawn, chain.transitions), rel=1e-5)
    twin = nats(drawn, score.twin.transitions)  # type: ignore[union-attr,arg-type]
    assert row["kl"] == pytest.approx(twin - row["entropy"], abs=1e-5) and abs(row["kl"]) > 1e-3
