"""The n-gram generator: the same probabilities as the counts themselves, normalised, loadable and drawn from."""

from pathlib import Path

import numpy as np
import pytest
import torch

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.kneser_ney import KneserNey
from promptgan.forms.tokens.pairs import pad
from promptgan.networks import folder
from promptgan.networks.tokens.ngram.network import Generator
from promptgan.networks.tokens.ngram.parameters import Parameters

VOCABULARY, ORDER = 20, 3
EXAMPLE = Example(VOCABULARY, 12)
SECTION = {"network": "ngram", "order": ORDER}
PROMPT, PROMPT_LENGTHS = torch.tensor([[5, 6], [7, 0], [8, 9]]), torch.tensor([2, 1, 2])


def texts(seed: int, count: int) -> list[list[int]]:
    """Texts whose tokens depend on the two before them, some of them empty."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        text: list[int] = []
        for _ in range(random.integers(0, 9)):
            text.append(4 + int(sum(text[-2:]) * 7 + random.integers(0, 4)) % 16)
        made.append(text)
    return made


@pytest.fixture
def generator(one_thread: None) -> Generator:
    network = Generator(Parameters(**SECTION), EXAMPLE)
    network.count(texts(1, 300))
    return network.eval()


def batch(rows: list[list[int]]) -> Batch:
    ids, lengths = pad(rows, (EXAMPLE.eos,))
    prompt = torch.full((len(rows), 1), 5)
    return Batch(prompt, torch.ones_like(prompt[:, 0]), ids, lengths)


def test_likelihoods_are_those_of_the_counts(generator: Generator) -> None:
    counts, told = KneserNey(texts(1, 300), VOCABULARY, ORDER, EXAMPLE.eos), [*texts(2, 40), [4, 4, 4, 4]]
    nats, tokens = likelihood.nll(generator, batch(told))
    assert tokens == sum(len(text) + 1 for text in told)
    assert nats.item() / tokens == pytest.approx(counts.cross_entropy(told), rel=1e-6)


def test_probabilities_sum_to_one_after_known_and_unknown_contexts(generator: Generator) -> None:
    contexts = torch.tensor([[2.0, -1.0], [9.0, 2.0], [4.0, 4.0], [19.0, 5.0], [7.0, 12.0]])
    torch.testing.assert_close(generator.logits(contexts).double().exp().sum(-1), torch.ones(5, dtype=torch.float64))


def test_reading_a_text_at_once_equals_decoding_it_step_by_step(generator: Generator) -> None:
    inputs = torch.tensor([[2, 9, 12], [2, 4, 5], [2, 19, 19]])
    state, steps = generator.start(PROMPT, PROMPT_LENGTHS), []
    for token in inputs.T:
        features, state = generator.step(generator.embedding(token[:, None]), state)
        steps.append(features)
    together = generator(PROMPT, PROMPT_LENGTHS, inputs)
    assert torch.equal(torch.cat(steps, 1), together)
    assert together[0].tolist() == [[2, -1], [9, 2], [12, 9]]
    assert torch.equal(state.select(torch.tensor([2, 0])).context, state.context[[2, 0]])


def test_what_is_drawn_is_as_frequent_as_it_is_likely(generator: Generator) -> None:
    prompts = torch.full((1, 1), 5)
    drawn = sample(generator, prompts, torch.ones(1, dtype=torch.int64), random_numbers(1, 4000, 12))
    first = np.bincount([text[0] if text else EXAMPLE.eos for text in drawn], minlength=VOCABULARY) / len(drawn)
    likely = generator.logits(torch.tensor([[2.0, -1.0]]))[0].exp().numpy()
    assert np.abs(first - likely).max() < 0.03
    assert sample(generator, PROMPT, PROMPT_LENGTHS, random_numbers(1, 3, 12)) == drawn[:3]  # whatever the prompt


def test_a_model_folder_holds_tables_of_any_size(generator: Generator, tmp_path: Path) -> None:
    index = folder.described("text", "tokens", EXAMPLE)
    folder.save(tmp_path, {"generator": generator}, {"generator": SECTION}, index)
    loaded = folder.load(tmp_path).networks["generator"]
    told = batch(texts(2, 20))
    assert likelihood.nll(loaded, told)[0].item() == likelihood.nll(generator, told)[0].item()


def test_numbers_of_n_grams_may_take_all_of_64_bits() -> None:
    vocabulary, end = 7000, 6999
    random = np.random.default_rng(1)
    told = random.integers(4, vocabulary, (60, 8)).tolist()
    network = Generator(Parameters(network="ngram", order=5), Example(vocabulary, 12, None, 2, end))
    network.count(told)
    ids, lengths = pad(told, (end,))
    asked = torch.full((len(told), 1), 5)
    nats, tokens = likelihood.nll(network.eval(), Batch(asked, torch.ones_like(asked[:, 0]), ids, lengths))
    expected = KneserNey(told, vocabulary, 5, end).cross_entropy(told)
    assert nats.item() / tokens == pytest.approx(expected, rel=1e-4)  # float32


def test_n_grams_that_cannot_be_numbered_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"generator\.order: n-grams of 8 tokens, of which there are 4000"):
        Generator(Parameters(network="ngram", order=8), Example(4000, 12))
