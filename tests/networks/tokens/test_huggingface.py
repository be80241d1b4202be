"""A pretrained language model as generator and discriminator, against transformers' own arithmetic."""

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor

from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.huggingface.network import Discriminator, Generator
from promptgan.networks.tokens.huggingface.parameters import Parameters
from tests.language_models import BOS, EOS, VOCABULARY, language_model

PROMPTS, TEXTS = [[5, 6, 7], [8], [9, 10]], [[11, 12], [13, 14, 15], []]


def parameters(blocks: int = 2) -> Parameters:
    return Parameters(network="huggingface", weights="float32", rank=4, scale=2.0, blocks=blocks, dropout=0.0)


@pytest.fixture(params=["llama", "gpt2"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Example:
    language_model(tmp_path / "base", request.param)
    return Example(VOCABULARY, 10, None, BOS, EOS, tmp_path / "base")


@pytest.fixture
def generator(example: Example, one_thread: None) -> Generator:
    torch.manual_seed(1)
    network = Generator(parameters(), example)
    for parameter in network.parameters():  # fresh adapters change nothing
        parameter.data.add_(torch.randn_like(parameter) * 0.1)
    return network.eval()


@pytest.fixture
def batch() -> Batch:
    return Batch(*pad(PROMPTS), *pad(TEXTS, (EOS,)))


def test_its_likelihood_is_that_of_transformers_row_by_row(generator: Generator, batch: Batch) -> None:
    expected = 0.0
    for prompt, text in zip(PROMPTS, TEXTS, strict=True):
        ids = torch.tensor([[*prompt, BOS, *text, EOS]])
        with torch.no_grad():
            logits = generator.adapted.model(input_ids=ids).logits[0].log_softmax(-1)
        expected -= sum(logits[i, ids[0, i + 1]].item() for i in range(len(prompt), ids.shape[1] - 1))
    total, tokens = likelihood.nll(generator, batch)
    assert (total.item(), tokens) == (pytest.approx(expected, rel=1e-5), 8)


def test_only_adapters_of_the_upper_blocks_learn_and_are_saved(generator: Generator, batch: Batch) -> None:
    before = {name: constant.clone() for name, constant in generator.named_buffers()}
    likelihood.backward(generator.train(), batch)
    assert all(parameter.grad.abs().sum() > 0 for parameter in generator.parameters())  # type: ignore[union-attr]
    assert {name.split(".lora_")[0] for name in generator.state_dict()}.isdisjoint(before)
    assert all("lora" in name and ".0." not in name.split(".lora_")[0] for name in generator.state_dict())
    assert all(torch.equal(constant, before[name]) for name, constant in generator.named_buffers())


def test_the_gradient_is_that_of_autograd(generator: Generator, batch: Batch) -> None:
    likelihood.backward(generator, batch)
    ours = [parameter.grad.clone() for parameter in generator.parameters()]  # type: ignore[union-attr]
    generator.zero_grad()
    features, targets = likelihood.real_positions(generator, batch)
    torch.nn.functional.cross_entropy(generator.logits(features), targets).backward()
    for mine, parameter in zip(ours, generator.parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-4, atol=1e-6)


@torch.no_grad()
def test_a_text_without_a_prompt_begins_with_its_own_first_token(generator: Generator, batch: Batch) -> None:
    inputs = torch.cat([torch.full((3, 1), BOS), batch.text[:, :2]], 1)
    nothing = torch.zeros(3, 1, dtype=torch.long), torch.zeros(3, dtype=torch.long)
    read = generator.adapted(inputs_embeds=generator.embedding(inputs), use_cache=False).last_hidden_state
    torch.testing.assert_close(generator(*nothing, inputs), read)
    features, _ = generator.step(generator.embedding(inputs), generator.start(*nothing))
    torch.testing.assert_close(features, read, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_token_by_token_is_as_all_at_once(generator: Generator, batch: Batch) -> None:
    start = torch.full((3, 1), BOS)
    state = generator.start(batch.prompt, batch.prompt_lengths).select(torch.tensor([2, 0, 0, 1]))
    prompts = (batch.prompt[[2, 0, 0, 1]], batch.prompt_lengths[[2, 0, 0, 1]])
    inputs = torch.cat([start, batch.text[:, :2]], 1)[[2, 0, 0, 1]]
    together = generator(*prompts, inputs)
    for i in range(inputs.shape[1]):
        features, state = generator.step(generator.embedding(inputs[:, i : i + 1]), state)
        torch.testing.assert_close(features, together[:, i : i + 1], rtol=1e-4, atol=1e-5)


def test_answers_to_a_prompt_that_is_read_once_are_those_to_a_repeated_one(generator: Generator, batch: Batch) -> None:
    uniforms = random_numbers(1, 6, 10)
    once = sample(generator, batch.prompt, batch.prompt_lengths, uniforms)
    twice = [x.repeat_interleave(2, 0) for x in (batch.prompt, batch.prompt_lengths)]
    assert once == sample(generator, twice[0], twice[1], uniforms)
    told = {token for text in once for token in text}
    assert not {BOS, EOS} & told and 0 in told  # what pads may be a word of the model


def test_texts_that_share_a_prompt_have_the_gradient_of_those_that_do_not(generator: Generator, batch: Batch) -> None:
    rows = [0, 1, 2, 2, 1, 0]
    shared = batch.answered(batch.text[rows], batch.text_lengths[rows])
    found = []
    for same in (shared, shared.paired()):
        generator.zero_grad()
        said = likelihood.backward(generator, same)
        gradients = [parameter.grad.clone() for parameter in generator.parameters()]  # type: ignore[union-attr]
        found.append([torch.tensor(said), *gradients])
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-6)


def test_a_copy_shares_what_does_not_learn(generator: Generator) -> None:
    twin = copy.deepcopy(generator)
    assert all(a.data_ptr() == b.data_ptr() for a, b in zip(generator.buffers(), twin.buffers(), strict=True))
    assert all(a.data_ptr() != b.data_ptr() for a, b in zip(generator.parameters(), twin.parameters(), strict=True))


def test_the_discriminator_judges_a_pair_alone_as_in_a_batch(example: Example, batch: Batch) -> None:
    torch.manual_seed(1)
    network = Discriminator(parameters(), example).eval()
    embedded = network.embedding(batch.text).requires_grad_()
    logits: Tensor = network(batch.prompt, batch.prompt_lengths, embedded, batch.text_lengths)
    logits.sum().backward()
    assert (embedded.grad.abs().sum((1, 2)) > 0).all()  # type: ignore[union-attr]
    for i, (prompt, text) in enumerate(zip(PROMPTS, TEXTS, strict=True)):
        alone, length = pad([[*text, EOS]])
        found = network(*pad([prompt]), network.embedding(alone), length)
        torch.testing.assert_close(found[0], logits[i], rtol=1e-4, atol=1e-5)


def test_more_blocks_than_there_are_means_all(example: Example) -> None:
    assert len(Generator(parameters(99), example).state_dict()) == len(Generator(parameters(3), example).state_dict())
