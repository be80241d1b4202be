"""Reading tokenized pairs: padding, and an order that a step number reproduces."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from promptgan.forms.tokens.pairs import Batches, Pairs, batch_order, in_order, pad
from promptgan.forms.tokens.vocabulary import EOS, PAD
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.tasks.music.score import tokens as music
from promptgan.tasks.oracle.score import score as oracle
from promptgan.tasks.text.score import score as text
from promptgan.training.adversarial.discrimination import known
from tests.conftest import EXAMPLE
from tests.training.conftest import COMPUTE


@pytest.fixture
def pairs(tokens: Path) -> Pairs:
    return Pairs(tokens / "train.arrow")


def test_a_batch_holds_the_rows_padded_on_the_right_and_the_texts_closed(pairs: Pairs) -> None:
    indices = np.array([7, 0, 4])
    batch = pairs.batch(indices)
    for i, (prompt, said) in enumerate(zip(pairs.rows("prompt", indices), pairs.rows("text", indices), strict=True)):
        assert batch.prompt[i].tolist() == prompt + [PAD] * (batch.prompt.shape[1] - len(prompt))
        assert batch.text[i].tolist() == [*said, EOS] + [PAD] * (batch.text.shape[1] - len(said) - 1)
        assert (batch.prompt_lengths[i], batch.text_lengths[i]) == (len(prompt), len(said) + 1)
    assert batch.prompt.shape[1] == batch.prompt_lengths.max()


def test_pairs_without_a_token_are_those_whose_text_does_not_hold_it(pairs: Pairs) -> None:
    texts = pairs.rows("text", np.arange(len(pairs)))
    for token in set().union(*texts):
        assert pairs.without(token).tolist() == [i for i, text in enumerate(texts) if token not in text]
    assert len(pairs.without(EOS)) == len(pairs)


def test_what_an_adversary_reads_has_no_unknown_token_and_is_as_long_as_all_texts(pairs: Pairs) -> None:
    """Long texts hold more unknown tokens: those without one are short, and so would be what learns from them."""
    texts = pairs.rows("text", np.arange(len(pairs)))
    held = {token: [text for text in texts if token in text] for token in set().union(*texts)}
    token = max((each for each in held if len(held[each]) < len(texts)), key=lambda each: sum(map(len, held[each])))
    here = known(pairs, 4, token, seed=1)
    read = [text for k in range(here.per_epoch) for text in here[k].text.tolist()]
    without = [texts[i] for i in pairs.without(token)]
    assert len(read) == len(pairs) > len(without)
    assert not any(token in text for text in read)
    lengths, there = [text.index(EOS) for text in read], {len(text) for text in without}
    assert sorted(lengths) == sorted(min((n for n in there if n >= len(text)), default=max(there)) for text in texts)
    assert np.mean(lengths) >= np.mean([len(text) for text in without])


def test_where_all_is_known_an_adversary_reads_the_pairs_that_a_control_reads(pairs: Pairs) -> None:
    absent = 1 + max(set().union(*pairs.rows("text", np.arange(len(pairs)))))
    adversary, control = known(pairs, 4, absent, seed=1), Batches(pairs, 4, 1, onward=True)
    assert all(torch.equal(adversary[k].text, control[k].text) for k in range(2 * control.per_epoch))
    assert adversary.tokens == control.tokens


def test_an_epoch_holds_every_pair_once_in_an_order_of_its_own() -> None:
    lengths = np.random.default_rng(0).integers(1, 30, 1000)
    order = batch_order(lengths, 16, seed=1, epoch=3)
    assert sorted(np.concatenate(order)) == list(range(1000))
    assert [len(batch) for batch in order].count(16) == 62
    again, *others = (batch_order(lengths, 16, *key) for key in ((1, 3), (1, 4), (2, 3), (1, 3, True)))
    assert all(np.array_equal(a, b) for a, b in zip(order, again, strict=True))
    for other in others:
        assert not all(np.array_equal(a, b) for a, b in zip(order, other, strict=True))


def test_a_batch_has_a_number_and_each_pass_reads_the_chosen_pairs_once_in_another_order(pairs: Pairs) -> None:
    chosen = np.arange(3, len(pairs), 2)
    batches = Batches(pairs, 7, seed=1, chosen=chosen)
    assert batches.per_epoch == -(-len(chosen) // 7)

    def read(numbers: Iterable[int]) -> list[tuple[int, ...]]:
        found = (batches[number] for number in numbers)
        return [tuple(row[:n].tolist()) for b in found for row, n in zip(b.text, b.text_lengths, strict=True)]

    first, second = range(batches.per_epoch), range(batches.per_epoch, 2 * batches.per_epoch)
    expected = sorted((*row, EOS) for row in pairs.rows("text", chosen))
    assert sorted(read(first)) == sorted(read(second)) == expected
    assert read(first) != read(second)
    assert read([second[3], first[1], second[3]]) == [*read([second[3]]), *read([first[1]]), *read([second[3]])]


def test_pairs_of_like_length_share_a_batch() -> None:
    lengths = np.random.default_rng(0).integers(1, 30, 4096)
    padding = sum(int((lengths[b].max() - lengths[b]).sum()) for b in batch_order(lengths, 32, seed=0, epoch=0))
    assert padding < 0.05 * lengths.sum()


def test_in_order_reads_every_pair_once_and_stops_at_the_limit(pairs: Pairs) -> None:
    n = len(pairs)
    some = [place * n // 10 for place in range(10)]
    assert some[-1] > 0.8 * n  # from all over: files are sorted by kind
    for limit, chosen in ((None, range(n)), (10, some), (10_000, range(n))):
        batches = list(in_order(pairs, 7, limit))
        texts = sorted(tuple(row[:n].tolist()) for b in batches for row, n in zip(b.text, b.text_lengths, strict=True))
        assert texts == sorted((*row, EOS) for row in pairs.rows("text", np.array(chosen)))


@pytest.mark.parametrize("score", [text.Score, music.Score, oracle.Score])
def test_training_is_validated_by_pairs_from_all_over(
    score: type[text.Score | music.Score | oracle.Score], pairs: Pairs, generator: Generator
) -> None:
    real = score(pairs, EXAMPLE, {"generator": generator}, 10, COMPUTE, 1).real
    chosen = pairs.rows("text", np.array([place * len(pairs) // 10 for place in range(10)]))
    assert [[token for token in row if token != EOS] for row in real] == chosen


def test_pad_closes_rows_and_takes_an_empty_one() -> None:
    ids, lengths = pad([[5, 6], []], (EOS,))
    assert ids.tolist() == [[5, 6, EOS], [EOS, PAD, PAD]]
    assert lengths.tolist() == [3, 1]
    ids, lengths = pad([[]])
    assert (ids.tolist(), lengths.tolist()) == ([[PAD]], [0])
