import pytest
import torch
from torch import Tensor

from promptgan.forms.tokens.example import Example
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters

PROMPT = torch.tensor([[5, 6, 7], [8, 0, 0]])
PROMPT_LENGTHS = torch.tensor([3, 1])
TEXT_LENGTHS = torch.tensor([2, 4])


@pytest.fixture
def discriminator(one_thread: None) -> Discriminator:
    shape = Parameters(network="convolutional", embedding=6, width=8, kernel=3, dropout=0.0)
    return Discriminator(shape, Example(vocabulary=20, max_tokens=8)).double()


@pytest.fixture
def embedded(discriminator: Discriminator) -> Tensor:
    return discriminator.embedding(torch.tensor([[9, 3, 0, 0], [10, 11, 12, 3]])).detach()


def test_padding_changes_nothing_whatever_stands_in_it(discriminator: Discriminator, embedded: Tensor) -> None:
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    longer = torch.cat([embedded, torch.full((2, 3, 6), 7.0, dtype=torch.float64)], 1)
    longer[0, 2:] = 7.0
    prompt = torch.cat([PROMPT, torch.zeros(2, 2, dtype=torch.int64)], 1)
    torch.testing.assert_close(discriminator(prompt, PROMPT_LENGTHS, longer, TEXT_LENGTHS), scores)


def test_a_pair_is_judged_by_itself(discriminator: Discriminator, embedded: Tensor) -> None:
    together = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    alone = discriminator(PROMPT[:1, :], PROMPT_LENGTHS[:1], embedded[:1, :2], TEXT_LENGTHS[:1])
    torch.testing.assert_close(alone, together[:1])


def test_the_prompt_and_the_order_of_the_text_matter(discriminator: Discriminator, embedded: Tensor) -> None:
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    assert not torch.allclose(discriminator(PROMPT + 1, PROMPT_LENGTHS, embedded, TEXT_LENGTHS), scores)
    turned = embedded.clone()
    turned[1] = embedded[1].flip(0)
    assert not torch.allclose(discriminator(PROMPT, PROMPT_LENGTHS, turned, TEXT_LENGTHS)[1], scores[1])


def test_the_gradient_reaches_the_tokens_of_the_text_and_no_padding(
    discriminator: Discriminator, embedded: Tensor
) -> None:
    embedded.requires_grad_()
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    (gradient,) = torch.autograd.grad(scores.sum(), embedded)
    assert (gradient[1].norm(dim=-1) > 0).all()
    assert (gradient[0].norm(dim=-1) > 0).tolist() == [True, True, False, False]


def test_its_slope_can_be_penalised(discriminator: Discriminator, embedded: Tensor) -> None:
    embedded.requires_grad_()
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    (slope,) = torch.autograd.grad(scores.sum(), embedded, create_graph=True)
    slope.square().sum().backward()  # type: ignore[no-untyped-call]
    assert discriminator.read.weight.grad is not None
    assert discriminator.read.weight.grad.isfinite().all()


def test_a_padding_column_does_not_lift_the_highest_channel(discriminator: Discriminator) -> None:
    below = torch.full((1, 1, 6), -3.0, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.int64)
    padded = torch.cat([below, torch.zeros(1, 2, 6, dtype=torch.float64)], 1)
    prompt = torch.tensor([[5]])
    torch.testing.assert_close(discriminator(prompt, one, padded, one), discriminator(prompt, one, below, one))


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        Parameters(network="convolutional", embedding=6, width=8, kernel=4, dropout=0.0)
