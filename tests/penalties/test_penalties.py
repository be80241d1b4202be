import pytest
import torch
from torch import Tensor, nn

from promptgan.penalties.gradient import penalty as gradient_penalty
from promptgan.penalties.zero_centred import penalty as zero_centred_penalty

SLOPE = torch.tensor([[1.0, 2.0], [2.0, 4.0]])  # of norm 5


def linear(x: Tensor) -> Tensor:
    return (x * SLOPE).sum((1, 2)) + 3


@pytest.fixture
def pairs(one_thread: None) -> tuple[Tensor, Tensor, Tensor]:
    return torch.randn(4, 2, 2), torch.randn(4, 2, 2), torch.rand(4)


def test_a_linear_score_has_the_penalty_of_its_slope(pairs: tuple[Tensor, Tensor, Tensor]) -> None:
    assert gradient_penalty(linear, *pairs).item() == pytest.approx((5 - 1) ** 2)
    assert zero_centred_penalty(linear, pairs[0]).item() == pytest.approx(25 / 2)


def test_the_points_lie_between_real_and_fake_at_the_share_of_the_real_one() -> None:
    real, fake, mixing = torch.full((3, 2), 10.0), torch.zeros(3, 2), torch.tensor([0.0, 0.25, 1.0])
    seen = []

    def score(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return x.sum(1)

    gradient_penalty(score, real, fake, mixing)
    assert seen[0].tolist() == [[0, 0], [2.5, 2.5], [10, 10]]


def test_a_quadratic_score_is_penalised_at_the_real_inputs() -> None:
    real = torch.tensor([[3.0, 4.0], [0.0, 0.0]])  # slopes 2x: of norms 10 and 0
    assert zero_centred_penalty(lambda x: x.square().sum(1), real).item() == pytest.approx((100 + 0) / 2 / 2)


def test_the_gradient_is_finite_where_the_slope_is_zero(one_thread: None) -> None:
    weight = torch.zeros(2, requires_grad=True)
    x = torch.ones(3, 2)
    penalty = gradient_penalty(lambda points: points @ weight, x, x, torch.rand(3))
    penalty.backward()  # type: ignore[no-untyped-call]
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert weight.grad is not None
    assert weight.grad.isfinite().all()


@pytest.mark.parametrize("kind", ["gradient", "zero_centred"])
def test_the_penalty_reaches_the_weights(kind: str, pairs: tuple[Tensor, Tensor, Tensor]) -> None:
    layer = nn.Linear(4, 1)

    def score(x: Tensor) -> Tensor:
        return layer(x.flatten(1))[:, 0]

    penalty = gradient_penalty(score, *pairs) if kind == "gradient" else zero_centred_penalty(score, pairs[0])
    (gradient,) = torch.autograd.grad(penalty, layer.weight)
    w = layer.weight.detach()
    expected = 2 * (w.norm() - 1) * w / w.norm() if kind == "gradient" else w
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("kind", ["gradient", "zero_centred"])
def test_it_is_float32_under_autocast(kind: str, pairs: tuple[Tensor, Tensor, Tensor]) -> None:
    layer, dtypes = nn.Linear(4, 1), []

    def score(x: Tensor) -> Tensor:
        result = layer(x.flatten(1))[:, 0]
        dtypes.append(result.dtype)
        return result

    def penalty() -> Tensor:
        return gradient_penalty(score, *pairs) if kind == "gradient" else zero_centred_penalty(score, pairs[0])

    with torch.autocast("cpu", torch.bfloat16):
        under = penalty()
    assert dtypes == [torch.float32]
    assert torch.equal(under, penalty())
