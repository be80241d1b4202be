"""What every discriminator of pairs must have; each family is a line of `FAMILIES`."""

from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.networks.tokens.convolutional import network as convolutional
from promptgan.networks.tokens.convolutional.parameters import Parameters as Convolutional
from promptgan.networks.tokens.multi_representation import network as multi_representation
from promptgan.networks.tokens.multi_representation.parameters import Parameters as MultiRepresentation
from promptgan.networks.tokens.recurrent import network as recurrent
from promptgan.networks.tokens.transformer import network as transformer

PROMPT = torch.tensor([[5, 6, 7], [8, 0, 0]])
PROMPT_LENGTHS = torch.tensor([3, 1])
TEXT_LENGTHS = torch.tensor([2, 4])
SIZE = 6
"""Of an embedding."""
SEVERAL = {"network": "multi_representation", "embedding": SIZE, "representations": 2, "width": 8, "kernels": [1, 2, 3]}

FAMILIES: dict[str, tuple[ModuleType, dict[str, Any]]] = {
    "convolutional": (convolutional, {"network": "convolutional", "embedding": SIZE, "width": 8, "kernel": 3}),
    "gru": (recurrent, {"network": "recurrent", "cell": "gru", "embedding": SIZE, "width": 8, "layers": 2}),
    "lstm": (recurrent, {"network": "recurrent", "cell": "lstm", "embedding": SIZE, "width": 8, "layers": 2}),
    "transformer": (transformer, {"network": "transformer", "width": SIZE, "heads": 2, "layers": 2, "context": 18}),
    "multi_representation": (multi_representation, SEVERAL),
}


def built(family: str, dropout: float = 0.0) -> Any:
    module, values = FAMILIES[family]
    return module.Discriminator(module.Parameters(**values, dropout=dropout), Example(20, 8)).double()


@pytest.fixture(params=FAMILIES)
def discriminator(request: pytest.FixtureRequest, one_thread: None) -> TextDiscriminator:
    network: TextDiscriminator = built(request.param)
    return network


@pytest.fixture
def embedded(discriminator: TextDiscriminator) -> Tensor:
    found: Tensor = discriminator.embedding(torch.tensor([[9, 3, 0, 0], [10, 11, 12, 3]])).detach()
    return found


def test_padding_changes_nothing_whatever_stands_in_it(discriminator: TextDiscriminator, embedded: Tensor) -> None:
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    longer = torch.cat([embedded, torch.full((2, 12, SIZE), 7.0, dtype=torch.float64)], 1)
    longer[0, 2:] = 7.0
    prompt = torch.cat([PROMPT, torch.full((2, 2), 4)], 1)
    prompt[1, 1:] = 4
    torch.testing.assert_close(discriminator(prompt, PROMPT_LENGTHS, longer, TEXT_LENGTHS), scores)


def test_a_text_without_a_prompt_is_judged_as_it_stands(discriminator: TextDiscriminator, embedded: Tensor) -> None:
    nothing = torch.zeros(2, 1, dtype=torch.long), torch.zeros(2, dtype=torch.long)
    scores = discriminator(*nothing, embedded, TEXT_LENGTHS)
    assert scores.abs().max() < 10
    assert scores[0] != scores[1]
    alone = discriminator(nothing[0][:1], nothing[1][:1], embedded[:1, :2], TEXT_LENGTHS[:1])
    torch.testing.assert_close(alone, scores[:1])


def test_a_pair_is_judged_by_itself(discriminator: TextDiscriminator, embedded: Tensor) -> None:
    together = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    alone = discriminator(PROMPT[:1, :], PROMPT_LENGTHS[:1], embedded[:1, :2], TEXT_LENGTHS[:1])
    torch.testing.assert_close(alone, together[:1])


def test_the_longest_pair_that_there_may_be_is_read(discriminator: TextDiscriminator) -> None:
    prompt, text = torch.full((1, 8), 5), torch.full((1, 9), 6)  # of eight tokens, and the end of the text
    scores = discriminator(prompt, torch.tensor([8]), discriminator.embedding(text), torch.tensor([9]))
    assert scores.shape == (1,)


def test_the_prompt_and_the_order_of_the_text_matter(discriminator: TextDiscriminator, embedded: Tensor) -> None:
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    other = discriminator(PROMPT + 1, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    assert (other != scores).all()
    turned = embedded.clone()
    turned[1] = embedded[1].flip(0)
    assert not torch.isclose(discriminator(PROMPT, PROMPT_LENGTHS, turned, TEXT_LENGTHS)[1], scores[1], rtol=1e-9)


def test_the_gradient_reaches_the_tokens_of_the_text_and_no_padding(
    discriminator: TextDiscriminator, embedded: Tensor
) -> None:
    embedded.requires_grad_()
    scores = discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS)
    (gradient,) = torch.autograd.grad(scores.sum(), embedded)
    assert (gradient[1].norm(dim=-1) > 0).all()
    assert (gradient[0].norm(dim=-1) > 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_its_slope_can_be_penalised(discriminator: TextDiscriminator, embedded: Tensor, dtype: torch.dtype) -> None:
    discriminator.to(dtype)
    points = embedded.to(dtype).requires_grad_()
    scores = discriminator(PROMPT, PROMPT_LENGTHS, points, TEXT_LENGTHS)
    (slope,) = torch.autograd.grad(scores.sum(), points, create_graph=True)
    slope.square().sum().backward()  # type: ignore[no-untyped-call]
    learnt = [parameter.grad for parameter in discriminator.parameters() if parameter.grad is not None]
    assert all(gradient.isfinite().all() for gradient in learnt)
    assert sum(bool(gradient.any()) for gradient in learnt) >= 4


def test_every_weight_learns(discriminator: TextDiscriminator, embedded: Tensor) -> None:
    discriminator(PROMPT, PROMPT_LENGTHS, embedded, TEXT_LENGTHS).sum().backward()
    idle = [name for name, weight in discriminator.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert idle == []


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_is_for_training_only(family: str, one_thread: None) -> None:
    network = built(family, dropout=0.5)
    pairs = PROMPT, PROMPT_LENGTHS, network.embedding(torch.tensor([[9, 3, 0, 0], [10, 11, 12, 3]])), TEXT_LENGTHS
    assert not torch.equal(network(*pairs), network(*pairs))
    network.eval()
    assert torch.equal(network(*pairs), network(*pairs))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_recurrent_one_judges_each_prefix_as_if_no_more_had_been_said(cell: str, one_thread: None) -> None:
    network = built(cell)
    embedded = network.embedding(torch.tensor([[9, 10, 3], [11, 12, 3]]))
    logits = network.prefixes(PROMPT, PROMPT_LENGTHS, embedded)
    for t in range(3):
        as_far = network.prefixes(PROMPT, PROMPT_LENGTHS, embedded[:, : t + 1])
        torch.testing.assert_close(as_far[:, t], logits[:, t])
    whole = network(PROMPT, PROMPT_LENGTHS, embedded, torch.tensor([2, 3]))
    torch.testing.assert_close(whole, torch.stack([logits[0, :2].mean(), logits[1].mean()]))


def test_a_padding_column_does_not_lift_the_highest_channel(one_thread: None) -> None:
    network = built("convolutional")
    below = torch.full((1, 1, SIZE), -3.0, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.int64)
    padded = torch.cat([below, torch.zeros(1, 2, SIZE, dtype=torch.float64)], 1)
    prompt = torch.tensor([[5]])
    torch.testing.assert_close(network(prompt, one, padded, one), network(prompt, one, below, one))


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        Convolutional(network="convolutional", embedding=6, width=8, kernel=4, dropout=0.0)


def test_several_representations_are_judged_each_by_itself(one_thread: None) -> None:
    """The logit is the mean of what one discriminator says of each slice of the embeddings."""
    network = built("multi_representation")
    text = torch.tensor([[9, 3, 0, 0], [10, 11, 12, 3]])
    module, shape = multi_representation, SEVERAL | {"embedding": 3, "representations": 1, "dropout": 0.0}
    scores = []
    for part in (slice(0, 3), slice(3, 6)):
        one = module.Discriminator(MultiRepresentation(**shape), Example(20, 8)).double()
        weights = network.state_dict()
        one.load_state_dict(weights | {"embedding.weight": weights["embedding.weight"][:, part]})
        scores.append(one(PROMPT, PROMPT_LENGTHS, one.embedding(text), TEXT_LENGTHS))
    found = network(PROMPT, PROMPT_LENGTHS, network.embedding(text), TEXT_LENGTHS)
    torch.testing.assert_close(found, torch.stack(scores).mean(0))
    assert not torch.allclose(scores[0], scores[1])


def test_representations_that_do_not_divide_the_embedding_are_refused() -> None:
    with pytest.raises(ValueError, match="4 representations do not divide embedding 6"):
        MultiRepresentation(**SEVERAL | {"representations": 4}, dropout=0.0)


@pytest.mark.parametrize("taps", [1, 3, 5])
def test_one_product_for_all_taps_is_a_convolution(taps: int) -> None:
    layer = nn.Conv1d(4, 6, taps, padding=taps // 2).double()
    x = torch.randn(3, 7, 4, dtype=torch.float64, requires_grad=True)
    outputs = convolutional.convolved(layer, x), layer(x.transpose(1, 2)).transpose(1, 2)
    found, expected = (torch.autograd.grad(y.tanh().sum(), (x, *layer.parameters())) for y in outputs)
    torch.testing.assert_close(*outputs)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)
