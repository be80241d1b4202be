import pytest
import torch
from torch.nn.functional import cross_entropy

from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.unconditional.network import Generator
from promptgan.networks.tokens.unconditional.parameters import Parameters

EXAMPLE = Example(vocabulary=30, max_tokens=6)


@pytest.fixture
def generator(one_thread: None) -> Generator:
    """Weights as large as a training may leave them, those of the end as they were."""
    network = Generator(Parameters(network="unconditional", width=8), EXAMPLE)
    with torch.no_grad():
        end = network.output[EXAMPLE.eos].clone(), network.bias[EXAMPLE.eos].clone()
        for parameter in network.parameters():
            parameter.normal_(std=2.0)
        network.output[EXAMPLE.eos], network.bias[EXAMPLE.eos] = end
    return network


def batch(count: int = 5) -> Batch:
    """Sequences without a prompt, each full."""
    rows = torch.randint(4, EXAMPLE.vocabulary, (count, EXAMPLE.max_tokens)).tolist()
    return Batch(*pad([[]] * count), *pad(rows, (EXAMPLE.eos,)))


def test_every_sequence_is_full_and_not_longer(generator: Generator) -> None:
    uniforms = random_numbers(1, 400, EXAMPLE.max_tokens + 3)
    assert {len(row) for row in sample(generator.eval(), *pad([[]] * 400), uniforms)} == {EXAMPLE.max_tokens}


def test_the_end_costs_nothing(generator: Generator) -> None:
    texts = batch()
    with_ends, _ = likelihood.nll(generator, texts)
    without = Batch(texts.prompt, texts.prompt_lengths, texts.text, texts.text_lengths - 1)
    assert with_ends.item() == pytest.approx(likelihood.nll(generator, without)[0].item(), rel=1e-6)


def test_the_end_teaches_nothing(generator: Generator) -> None:
    likelihood.backward(generator, batch())
    assert generator.output.grad is not None and generator.bias is not None and generator.bias.grad is not None
    assert not generator.output.grad[EXAMPLE.eos].any() and not generator.bias.grad[EXAMPLE.eos].any()


def test_the_likelihood_is_that_of_torchs_own_lstm(generator: Generator) -> None:
    texts = batch()
    tokens = texts.text[:, :-1]
    inputs = torch.cat([torch.full_like(tokens[:, :1], EXAMPLE.bos), tokens[:, :-1]], 1)
    states, _ = generator.cell(generator.embedding(inputs))
    logits = states @ generator.output.T + generator.bias
    expected = cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="sum")
    torch.testing.assert_close(likelihood.nll(generator, texts)[0].float()[0], expected.detach())


def test_reading_at_once_equals_decoding_step_by_step(generator: Generator) -> None:
    texts = batch()
    inputs = torch.cat([torch.full_like(texts.text[:, :1], EXAMPLE.bos), texts.text[:, :-1]], 1)
    state, steps = generator.start(texts.prompt, texts.prompt_lengths), []
    for token in inputs.T:
        features, state = generator.step(generator.embedding(token[:, None]), state)
        steps.append(features)
    whole = generator(texts.prompt, texts.prompt_lengths, inputs)
    torch.testing.assert_close(torch.cat(steps, 1), whole)
    chosen = torch.tensor([3, 3, 0])
    assert torch.equal(state.select(chosen).hidden, state.hidden[:, chosen])
