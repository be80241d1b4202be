"""Resampling: its distribution against one that is written down, and the independence of every answer."""

from collections import Counter

import pytest
import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import inverse_cdf, nucleus, random_numbers, sample
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.sampler import Resampler, Sampler, sampler
from tests.forms.tokens.toy import EXAMPLE, LIMIT, Text, Tokenwise, models, texts

PROMPT, PROMPT_LENGTH = [4, 5], 2


def asked(count: int) -> tuple[Tensor, Tensor]:
    return torch.tensor([PROMPT] * count), torch.full((count,), PROMPT_LENGTH)


def weighed(discriminator: Tokenwise, drawn: dict[Text, float]) -> dict[Text, float]:
    """exp(-E) of every text."""
    odds = {text: discriminator.logit((*text, EXAMPLE.eos), PROMPT_LENGTH) for text in drawn}
    return {text: float(torch.tensor(logit).double().exp()) for text, logit in odds.items()}


def frequencies(draw: Sampler, count: int) -> dict[Text, float]:
    answers = draw(*asked(count), draw.random_numbers(3, count, LIMIT))
    return {text: n / count for text, n in Counter(map(tuple, answers)).items()}


def distance(one: dict[Text, float], other: dict[Text, float]) -> float:
    """Total variation."""
    return sum(abs(one.get(text, 0.0) - other.get(text, 0.0)) for text in one.keys() | other.keys()) / 2


def test_of_two_candidates_each_is_taken_by_its_odds() -> None:
    chain, discriminator = models()
    p = texts(chain, EXAMPLE.undrawn)
    w = weighed(discriminator, p)
    expected = {y: sum(2 * p[y] * p[z] * w[y] / (w[y] + w[z]) for z in p) for y in p}
    assert sum(expected.values()) == pytest.approx(1)
    assert distance(frequencies(Resampler(chain, discriminator, 2), 20_000), expected) < 0.01
    assert distance(p, expected) > 0.05


def test_with_more_candidates_it_tends_to_the_energy_based_model() -> None:
    chain, discriminator = models()
    p = texts(chain, EXAMPLE.undrawn)
    w = weighed(discriminator, p)
    z = sum(p[y] * w[y] for y in p)
    joint = {y: p[y] * w[y] / z for y in p}
    gaps = [distance(frequencies(Resampler(chain, discriminator, k), 8_000), joint) for k in (1, 4, 32)]
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2]
    assert gaps[2] < 0.02


def test_an_answer_depends_on_its_own_random_numbers_alone() -> None:
    chain, discriminator = models()
    draw = Resampler(chain, discriminator, 4)
    numbers = draw.random_numbers(1, 50, LIMIT)
    answers = draw(*asked(50), numbers)
    assert len(set(map(tuple, answers))) > 3
    assert draw(*asked(20), draw.random_numbers(1, 20, LIMIT)) == answers[:20]
    reversed_answers = draw(*asked(50), numbers.flip(0))
    assert reversed_answers[::-1] == answers


def test_temperature_shapes_the_proposals() -> None:
    chain, discriminator = models()
    draw = Resampler(chain, discriminator, 4)
    numbers = draw.random_numbers(1, 20, LIMIT)
    (likeliest,) = set(map(tuple, draw(*asked(20), numbers, temperature=0.0)))
    assert set(map(tuple, draw(*asked(20), numbers, top_p=1e-6))) == {likeliest}
    greedy = Sampler(chain)(*asked(1), Sampler(chain).random_numbers(1, 1, LIMIT), temperature=0.0)
    assert list(likeliest) == greedy[0]


def test_a_model_draws_as_its_folder_says() -> None:
    chain, discriminator = models()
    networks = {"generator": chain, "discriminator": discriminator}
    chosen = sampler(networks, {"candidates": 3, "chosen_by": "discriminator"})
    assert isinstance(chosen, Resampler)
    assert (chosen.candidates, chosen.discriminator) == (3, discriminator)
    assert type(sampler(networks)) is Sampler


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_answers_in_batches_are_those_one_by_one(batch: int) -> None:
    chain, _ = models()
    uniforms = random_numbers(2, 20, LIMIT)
    prompts = [[4] * (number * 7 % 5) for number in range(20)]
    alone = [
        sample(chain, *pad([prompt]), row[None], temperature=0.7, top_p=0.95)[0]
        for prompt, row in zip(prompts, uniforms, strict=True)
    ]
    assert Sampler(chain).answers(prompts, uniforms, 0.7, 0.95, batch=batch) == alone
    assert len(set(map(tuple, alone))) > 3


@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_a_nucleus_is_that_of_a_whole_ranking_whatever_is_ranked_at_first(top_p: float, levels: int) -> None:
    weights = torch.randint(1, levels + 1, (7, 300), generator=torch.Generator().manual_seed(levels)).float()
    probabilities = weights / weights.sum(1, keepdim=True)
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    ranked = ranked.masked_fill(ranked.cumsum(-1) - ranked >= top_p, 0)
    expected = torch.zeros_like(probabilities).scatter_(1, order, ranked)
    numbers = torch.rand(7, generator=torch.Generator().manual_seed(1))
    drawn = order.gather(1, inverse_cdf(ranked, numbers)[:, None])
    for width in (2, 40, 300):
        found, places = nucleus(probabilities, top_p, width)
        assert torch.equal(torch.zeros_like(probabilities).scatter_(1, places, found), expected)
        assert torch.equal(places.gather(1, inverse_cdf(found, numbers)[:, None]), drawn)
