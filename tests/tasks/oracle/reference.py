"""The oracle written down once more, token by token in plain numpy, to hold the others to."""

import math
from typing import Any

import numpy as np

SIGMOID = np.vectorize(lambda x: 1 / (1 + math.exp(-x)))


def nll(arrays: list[Any], sequence: list[int]) -> list[float]:
    """Nats of every token of one sequence under an LSTM (Hochreiter and Schmidhuber, 1997) that begins with token 0."""
    embeddings, wi, ui, bi, wf, uf, bf, wo, uo, bo, wc, uc, bc, to_logits, bias = map(np.float64, arrays)
    hidden = cell = np.zeros(len(to_logits))
    before, costs = 0, []
    for token in sequence:
        x = embeddings[before]
        enter, forget, leave = (
            SIGMOID(x @ w + hidden @ u + b) for w, u, b in ((wi, ui, bi), (wf, uf, bf), (wo, uo, bo))
        )
        cell = forget * cell + enter * np.tanh(x @ wc + hidden @ uc + bc)
        hidden = leave * np.tanh(cell)
        logits = hidden @ to_logits + bias
        costs.append(float(np.log(np.exp(logits).sum()) - logits[token]))
        before = token
    return costs
