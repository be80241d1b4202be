"""`torch.nn.GRU` with a backward pass of few large matrix products on a CPU."""

from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear
from torch.nn.utils.rnn import PackedSequence

SIGMOID_BACKWARD, TANH_BACKWARD = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward


class GRU(nn.GRU):
    """One-way, batch-first `torch.nn.GRU`: the same parameters and results, about twice as fast to train on a CPU.

    There torch records every time step by itself and adds up each weight's gradient step by step. Elsewhere this is
    `torch.nn.GRU`.
    """

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Map (N, T, input) or a packed sequence of N, from states (layers, N, width); return outputs and states."""
        if self.weight_hh_l0.device.type != "cpu":
            return super().forward(input, hx)  # type: ignore[no-any-return]
        packed = isinstance(input, PackedSequence)
        n, t = (int(input.batch_sizes[0]), len(input.batch_sizes)) if packed else input.shape[:2]
        x = input.data if packed else input.transpose(0, 1).flatten(0, 1)
        sizes = input.batch_sizes.tolist() if packed else [n] * t
        if hx is None:
            hx = x.new_zeros(self.num_layers, n, self.hidden_size)
        elif packed and input.sorted_indices is not None:
            hx = hx[:, input.sorted_indices]
        last = _last_rows(sizes)
        states = []
        for layer in range(self.num_layers):
            w_ih, w_hh, b_ih, b_hh = (getattr(self, name) for name in self._all_weights_names(layer))
            x = _Recurrence.apply(linear(x, w_ih, b_ih), hx[layer], w_hh, b_hh, sizes)
            states.append(x[last])
            if layer < self.num_layers - 1:
                x = dropout(x, self.dropout, self.training)
