"""What a unit of work costs: the operations of its products and convolutions, counted while torch runs them."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, shape_wrapper

T = TypeVar("T")

aten = torch.ops.aten


def counted(work: Callable[[], T]) -> tuple[T, int]:
    """Do ``work``; return its result and its floating-point operations, additions and multiplications apart."""
    with _Counting() as counting:
        result = work()
    return result, counting.total


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """torch's FlopCounterMode without its sums by module, whose hooks forbid a gradient of a gradient."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        count, kwargs = COUNTS.get(func._overloadpacket), kwargs or {}
        if count is None and func is not torch.ops.prim.device.default:
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        result = func(*args, **kwargs)
        if count is not None:
            self.total += count(*args, **kwargs, out_val=result)
        return result


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
IN_PLACE = {
    getattr(aten, f"{op.__name__}_"): count for op, count in flop_registry.items() if hasattr(aten, f"{op.__name__}_")
}
"""Those of torch's own counter that also write over what they add to, `addmm_` for one, which it does not know."""
COUNTS: dict[Any, Callable[..., int]] = {
    **flop_registry,
    **IN_PLACE,
    **{op: shape_wrapper(f) for op, f in FUSED.items()},  # type: ignore[no-untyped-call]
}
