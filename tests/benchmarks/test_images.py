"""The benchmark of images: its ways do the same arithmetic, and its cheaper network is the same function."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "images.py"


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Any:
    """The benchmark as a module, with tiny batches."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("images", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "images", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BATCH", 4)
    monkeypatch.setattr(module, "IMAGES", 16)
    return module


@pytest.mark.parametrize("name", ["fully connected", "convolutional"])
def test_every_way_is_measured_and_promptgan_counts_no_operation_more_than_the_bare_loop(
    name: str, images: Any, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    found = images.measured(images.CASES[name], tmp_path / "tokens", rounds=1, steps=2, compiled=False)
    ways = found["ways"]
    assert found["left_out"]["bare, compiled"] == "not asked for"
    assert all(0 < row["data_share"] + row["optimizer_share"] < 1 for row in ways.values())
    assert ways["promptgan"]["gflop"] == ways["bare"]["gflop"] <= ways["plain"]["gflop"]
    assert ways["plain"]["times_as_fast_as_plain"] == ways["bare"]["times_bare"] == 1


def test_an_upsampling_folded_into_its_convolution_is_the_same_function(images: Any) -> None:
    torch.manual_seed(1)
    folded, plain = images.folded(5, 3), images.upsampled(5, 3)
    plain[1].load_state_dict(folded.state_dict())
    x = torch.randn(2, 5, 4, 6)
    torch.testing.assert_close(folded(x), plain(x))
    gradient = torch.randn(2, 3, 8, 12)
    for network in (folded, plain):
        network(x).backward(gradient)
    torch.testing.assert_close(folded.weight.grad, plain[1].weight.grad)


def test_the_networks_have_the_sizes_of_the_tutorials(images: Any) -> None:
    def weights(network: nn.Module) -> int:
        return sum(parameter.numel() for parameter in network.parameters())

    assert [weights(network) for network in images.fully_connected()] == [1_506_448 + 2 * 1792, 533_505]
    generator, discriminator = images.convolutional()
    assert weights(generator) == weights(images.convolutional(images.folded)[0])
    assert generator(torch.randn(2, 100)).shape == (2, 1, 32, 32)
    assert discriminator(torch.randn(2, 1, 32, 32)).shape == (2, 1)
