"""Sequences without a prompt, drawn in batches, are those that are drawn one by one."""

import pytest

from promptgan.forms.tokens import decoding
from promptgan.forms.tokens.decoding import random_numbers, sample, unprompted
from promptgan.forms.tokens.pairs import pad
from tests.forms.tokens.toy import LIMIT, models


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_batches_make_no_difference(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "BATCH", batch)
    chain, _ = models()
    uniforms = random_numbers(2, 20, LIMIT)
    alone = [sample(chain, *pad([[]]), row[None], temperature=0.7, top_p=0.95)[0] for row in uniforms]
    assert unprompted(chain, uniforms, 0.7, 0.95) == alone
    assert len(set(map(tuple, alone))) > 3
