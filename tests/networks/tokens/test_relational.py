"""The relational memory against torch's own attention."""

import pytest
import torch
from torch import nn

from promptgan.networks.tokens.relational.network import Core
from promptgan.networks.tokens.relational.parameters import Parameters


@torch.no_grad()
def test_a_step_is_attention_of_the_memory_to_itself_and_the_input_behind_gates(one_thread: None) -> None:
    core = Core(Parameters(network="relational", embedding=5, slots=3, width=8, heads=2, dropout=0.0))
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    attention.in_proj_weight.copy_(torch.cat([core.query.weight, core.found.weight]))
    assert attention.in_proj_bias is not None
    attention.in_proj_bias.copy_(torch.cat([core.query.bias, core.found.bias]))
    attention.out_proj.weight.copy_(torch.eye(8))
    attention.out_proj.bias.zero_()

    memory, embedded = torch.randn(4, 3, 8), torch.randn(4, 2, 5)
    found = core(embedded, memory)
    for t in range(2):
        read = core.read(embedded[:, t])[:, None]
        seen = torch.cat([memory, read], 1)
        once = core.norm1(memory + attention(memory, seen, seen)[0])
        twice = core.norm2(once + core.narrow(core.widen(once).relu()))
        gates = core.input_gates(read) + core.memory_gates(memory.tanh())
        memory = gates[..., :8].sigmoid() * twice.tanh() + (gates[..., 8:] + 1).sigmoid() * memory
        torch.testing.assert_close(found[t], memory)


def test_fresh_slots_differ_so_that_they_need_not_stay_alike(one_thread: None) -> None:
    core = Core(Parameters(network="relational", embedding=5, slots=3, width=8, heads=2, dropout=0.0))
    (after,) = core(torch.randn(1, 1, 5), core.start(torch.randn(1, 1, 5)))
    assert not torch.allclose(after[0, 0], after[0, 1])


def test_more_slots_than_can_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="9 slots of width 8"):
        Parameters(network="relational", embedding=5, slots=9, width=8, heads=2, dropout=0.0)
