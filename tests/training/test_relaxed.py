"""Straight-through Gumbel-softmax: discrete forwards, the relaxed gradient backwards."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from promptgan.forms.tokens.pairs import Batch, Pairs, in_order
from promptgan.forms.tokens.relaxed import RelaxedTexts, relaxed_sample
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, UNK
from promptgan.networks.tokens.recurrent.network import Generator

LIMIT = 10


@pytest.fixture
def batch(tokens: Path) -> Batch:
    return next(in_order(Pairs(tokens / "val.arrow"), 32))


@pytest.fixture
def reader() -> nn.Embedding:
    return nn.Embedding(64, 5)


@pytest.fixture
def texts(generator: Generator, batch: Batch, reader: nn.Embedding) -> RelaxedTexts:
    with torch.no_grad():
        generator.bias[EOS] = 3.0  # so that texts of many lengths are drawn
    return relaxed_sample(generator, batch.prompt, batch.prompt_lengths, reader, 0.7, LIMIT)


def test_a_text_ends_with_its_first_end_of_text_or_at_the_limit(texts: RelaxedTexts) -> None:
    lengths = texts.lengths.tolist()
    assert 1 < len(set(lengths)) <= LIMIT
    for row, length in zip(texts.tokens.tolist(), lengths, strict=True):
        said, rest = row[:length], row[length:]
        assert not {PAD, UNK, BOS} & set(said)
        assert EOS not in said[:-1]
        assert said[-1] == EOS or length == LIMIT
        assert set(rest) <= {PAD}


def test_the_embeddings_are_the_readers_rows_and_zero_after_the_end(texts: RelaxedTexts, reader: nn.Embedding) -> None:
    inside = torch.arange(texts.tokens.shape[1]) < texts.lengths[:, None]
    assert torch.equal(texts.embedded[inside], reader(texts.tokens[inside]))
    assert not texts.embedded[~inside].any()


def test_draws_and_gradients_are_those_of_the_usual_formulation(
    generator: Generator, batch: Batch, reader: nn.Embedding
) -> None:
    """One-hot rows, with the softmax over words behind them, are multiplied with the tables; the rest is autograd's."""
    generator.eval()
    with torch.no_grad():
        generator.bias[EOS] = 3.0
    weights, temperature = [*generator.parameters(), reader.weight], 0.7

    def gradients(embedded: Tensor) -> tuple[Tensor, ...]:
        width = torch.linspace(-1, 2, embedded.shape[1])[:, None]
        return torch.autograd.grad((embedded * width).tanh().sum(), weights)

    torch.manual_seed(3)
    texts = relaxed_sample(generator, batch.prompt, batch.prompt_lengths, reader, temperature, LIMIT)
    torch.manual_seed(3)
    state, alive = generator.start(batch.prompt, batch.prompt_lengths), torch.arange(len(batch))
    embedded = generator.embedding(torch.full((len(batch),), BOS))
    expected = torch.zeros(len(batch), LIMIT, 5)
    for t in range(LIMIT - 1):
        features, state = generator.step(embedded[:, None], state)
        logits = generator.logits(features[:, 0])
        logits[:, [PAD, UNK, BOS]] = -torch.inf
        perturbed = (logits - (-torch.rand(logits.shape).log()).log()) / temperature
        drawn = perturbed.argmax(-1)
        going = drawn != EOS
        words = torch.arange(64) != EOS
        soft = perturbed.masked_fill(~words, -torch.inf).softmax(-1) * going[:, None]
        one_hot = nn.functional.one_hot(drawn, 64) + soft - soft.detach()
        expected[alive, t] = one_hot @ reader.weight
        alive, state, embedded = alive[going], state.select(going), (one_hot @ generator.embedding.weight)[going]
    expected[alive, LIMIT - 1] = reader.weight[EOS]
    assert len(alive) and len(alive) < len(batch) // 2
    torch.testing.assert_close(texts.embedded, expected)
    for found, usual in zip(gradients(texts.embedded), gradients(expected), strict=True):
        torch.testing.assert_close(found, usual, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("temperature", [0.3, 2.0])
def test_forwards_it_samples_from_the_generator_whatever_the_temperature(
    temperature: float, generator: Generator, reader: nn.Embedding
) -> None:
    generator.eval()
    count = 20_000
    prompt, lengths = torch.tensor([[7, 9]]).expand(count, 2), torch.full((count,), 2)
    with torch.no_grad():
        generator.bias[10:] = -9.0
        drawn = relaxed_sample(generator, prompt, lengths, reader, temperature, 2).tokens[:, 0]
        logits = generator.logits(generator(prompt[:1], lengths[:1], torch.tensor([[BOS]])))[0, 0]
    logits[[PAD, UNK, BOS]] = -torch.inf
    found = torch.bincount(drawn, minlength=64) / count
    torch.testing.assert_close(found, logits.softmax(-1), atol=0.015, rtol=0)


def test_the_verdict_reaches_every_weight_of_the_generator(
    generator: Generator, batch: Batch, reader: nn.Embedding
) -> None:
    texts = relaxed_sample(generator, batch.prompt, batch.prompt_lengths, reader, 1.0, LIMIT)
    texts.embedded.tanh().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in generator.parameters())


def test_where_a_text_ends_teaches_the_generator_nothing(
    texts: RelaxedTexts, generator: Generator, reader: nn.Embedding
) -> None:
    ended = texts.tokens == EOS
    assert ended[:, :-1].sum() > 0 and ended[:, -1].any(), "ends that were drawn, and ends at the limit"
    for chosen, learns in ((ended, False), (~ended, True)):
        seen = texts.embedded[chosen].tanh().sum()
        gradients = torch.autograd.grad(seen, list(generator.parameters()), retain_graph=True, allow_unused=True)
        assert any(each is not None and bool(each.any()) for each in gradients) == learns
        bias = dict(zip((name for name, _ in generator.named_parameters()), gradients, strict=True))["bias"]
        assert bias is None or not bias[EOS], "nor does a word that is drawn make an end less likely"
    assert torch.autograd.grad(texts.embedded[ended].sum(), reader.weight)[0][EOS].any()


def test_a_text_that_reaches_the_limit_ends_as_a_real_one_does(
    generator: Generator, batch: Batch, reader: nn.Embedding
) -> None:
    with torch.no_grad():
        generator.bias[EOS] = -1e4
        drawn = relaxed_sample(generator, batch.prompt, batch.prompt_lengths, reader, 1.0, 5)
    assert drawn.lengths.tolist() == [5] * len(batch)
    assert (drawn.tokens[:, -1] == EOS).all()
    assert (drawn.tokens[:, :-1] != EOS).all()
