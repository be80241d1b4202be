"""An LSTM that also reads single tokens fast."""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout


def read(cell: nn.LSTM, x: Tensor, hidden: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs (N, T, width) of ``cell`` for ``x`` (N, T, E), and its state behind that, each (layers, N, width).

    For one token torch's kernel of whole sequences takes up to five times as long, since it packs the weights at each
    call.
    """
    if x.shape[1] > 1:
        outputs, states = cell(x, hidden)
        return outputs, tuple(states)
    x, found = x[:, 0], list[tuple[Tensor, Tensor]]()
    for layer, weights in enumerate(cell.all_weights):
        if layer:
            x = dropout(x, cell.dropout, cell.training)
        found.append(torch.lstm_cell(x, (hidden[0][layer], hidden[1][layer]), *weights))
        x = found[-1][0]
    h, c = (torch.stack(states) for states in zip(*found, strict=True))
    return x[:, None], (h, c)
