"""What a unit of work costs: the operations of its products and convolutions, counted while torch runs them."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

T = TypeVar("T")

aten = torch.ops.aten


def counted(work: Callable[[], T]) -> tuple[T, int]:
    """Do ``work``; return its result and its floating-point operations, additions and multiplications apart."""
    with FlopCounterMode(display=False, custom_mapping=FUSED) as counter:
        result = work()
    return result, counter.get_total_flops()


def _products(inputs: Any, weights: Sequence[Any]) -> int:
    """Operations of recurrent layers over whole sequences: each matrix meets every position of the input (N, T, I)."""
    return sum(2 * inputs[0] * inputs[1] * math.prod(weight) for weight in weights if len(weight) == 2)


def _mkldnn(inputs: Any, *weights: Any, out_shape: Any = None, **_: Any) -> int:
    return _products(inputs, weights[:2])


def _cudnn(inputs: Any, weights: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return _products(inputs, weights)


FUSED = {
    aten.mkldnn_rnn_layer: _mkldnn,
    aten.mkldnn_rnn_layer_backward: lambda *shapes, **named: 2 * _mkldnn(*shapes, **named),
    aten._cudnn_rnn: _cudnn,
    aten._cudnn_rnn_backward: lambda *shapes, **named: 2 * _cudnn(*shapes, **named),
}
"""Fused recurrent kernels, which torch's own counter does not know; backwards costs twice as much as forwards."""
