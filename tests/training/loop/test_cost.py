"""The cost of a unit of work against what the shapes say."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import flop_registry

from promptgan.training.loop.cost import COUNTS, aten, counted

N, T, INPUT, H = 3, 5, 4, 8
RECURRENT = 2 * N * T * (INPUT + H) * H
"""Of one gate, forwards."""


def test_a_product_costs_two_operations_for_each_weight_and_row() -> None:
    layer = nn.Linear(INPUT, H)
    assert counted(lambda: layer(torch.randn(N, INPUT)))[1] == 2 * N * INPUT * H


def test_products_that_write_in_place_cost_what_the_others_do() -> None:
    in_place = {getattr(aten, f"{op.__name__}_", None) for op in flop_registry} - {None}
    assert {aten.addmm_, aten.baddbmm_} <= in_place <= COUNTS.keys()
    left, right, total = torch.randn(2, N, INPUT), torch.randn(2, INPUT, H), torch.zeros(2, N, H)
    assert counted(lambda: total[0].addmm_(left[0], right[0]))[1] == 2 * N * INPUT * H
    assert counted(lambda: total.baddbmm_(left, right))[1] == 2 * 2 * N * INPUT * H


@pytest.mark.parametrize(("layer", "gates"), [(nn.GRU, 3), (nn.LSTM, 4)])
def test_recurrent_layers_are_counted_whether_or_not_their_kernel_is_fused(
    layer: Callable[..., nn.Module], gates: int
) -> None:
    network, x = layer(INPUT, H, batch_first=True), torch.randn(N, T, INPUT, requires_grad=True)

    def forwards_and_backwards() -> None:
        network(x)[0].sum().backward()

    with torch.no_grad():
        assert counted(lambda: network(x))[1] == gates * RECURRENT
    assert counted(forwards_and_backwards)[1] == pytest.approx(3 * gates * RECURRENT, rel=0.1)


def test_a_gradient_of_a_gradient_is_counted() -> None:
    layer, x = nn.Sequential(nn.Linear(INPUT, H), nn.Tanh(), nn.Linear(H, 1)), torch.randn(N, INPUT, requires_grad=True)

    def penalised() -> None:
        (slope,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
        slope.square().sum().backward()

    forwards = counted(lambda: layer(x))[1]
    assert counted(penalised)[1] > 3 * forwards
