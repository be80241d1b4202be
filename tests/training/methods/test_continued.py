"""Learning on: it begins where the served model is, mixes what is new with what is known, and learns the one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from promptgan.core.parameters import validate_section
from promptgan.forms.tokens.likelihood import nll
from promptgan.networks import folder
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import run
from promptgan.training.methods.continued import start
from promptgan.training.methods.continued.method import Continued, build, onward
from promptgan.training.methods.continued.parameters import Parameters
from promptgan.training.methods.likelihood.method import validation_nll
from promptgan.training.setting import Setting
from tests.conftest import EXAMPLE, GENERATOR
from tests.training.conftest import COMPUTE, setting

VALUES: dict[str, Any] = {
    "method": "continued",
    "epochs": 6,
    "batch": 16,
    "new_share": 0.25,
    "learning_rate": 0.02,
    "warmup": 2,
    "validate_every": 4,
    "validation_count": 60,
    "min_gain": 0.0,
    "cut": 0.5,
    "patience": 3,
    "checkpoint_every": 5,
}


def parameters(**changes: Any) -> Parameters:
    return validate_section(Parameters, VALUES | changes, "pretrain")


def begun(tokens: Path, base: Path, known: float = 0.75, width: int = 8) -> Setting:
    """A setting with the start of a model that knows a share of the records of each split."""
    here = setting(tokens, {})
    torch.manual_seed(3)
    generator = folder.build("tokens", "generator", {**GENERATOR, "width": width}, EXAMPLE)
    ids = [identifier for split in (here.train, here.val) for identifier in split.ids[: int(known * len(split))]]
    base.mkdir(exist_ok=True)
    save_file(start.tensors(generator, ids), base / start.FILE)
    return replace(here, example=replace(EXAMPLE, base=base))


def test_it_begins_with_the_weights_of_the_served_model(tokens: Path) -> None:
    here = begun(tokens, Path("base"))
    method, _ = build(here, parameters())
    weights = start.read(Path("base")).weights
    assert all(torch.equal(weights[name], tensor) for name, tensor in method.generator.state_dict().items())
    row = method.validate({"generator": method.generator})
    new = here.val.batch(np.arange(78, 104))
    nats, count = nll(method.generator, new)
    assert row["val_loss_new"] == pytest.approx(nats.item() / count)
    known = validation_nll(method.generator, here.val, 60, COMPUTE)
    assert row["val_loss_known"] == pytest.approx(known)
    assert row["val_loss"] == pytest.approx(0.75 * row["val_loss_known"] + 0.25 * row["val_loss_new"])


def test_a_batch_is_new_by_its_share_and_the_rest_is_replayed(tokens: Path) -> None:
    method, plan = build(begun(tokens, Path("base")), parameters())
    assert {name: len(batches[0]) for name, batches in method.batches.items()} == {"known": 12, "new": 4}
    assert {name: len(rows) for name, rows in method.train.items()} == {"known": 72, "new": 24}
    assert plan.steps == 6 * 24 // 4


def test_the_gradient_is_that_of_both_means_by_their_shares(tokens: Path) -> None:
    method = Continued(begun(tokens, Path("base")), parameters(), start.read(Path("base")))
    method.generator.eval()  # no dropout
    network = method.generator
    expected: dict[str, torch.Tensor] = {}
    for name, share in (("known", 0.75), ("new", 0.25)):
        batch = method.batches[name][0]
        inputs = torch.cat([torch.full_like(batch.text[:, :1], EXAMPLE.bos), batch.text[:, :-1]], 1)
        features = network(batch.prompt, batch.prompt_lengths, inputs)
        real = torch.arange(batch.text.shape[1]) < batch.text_lengths[:, None]
        loss = torch.nn.functional.cross_entropy(network.logits(features[real]), batch.text[real])
        for key, weight in network.named_parameters():
            gradient = torch.autograd.grad(loss, weight, retain_graph=True, allow_unused=True)[0]
            if gradient is not None:
                expected[key] = expected.get(key, torch.zeros_like(weight)) + share * gradient
    found: dict[str, torch.Tensor] = {}

    def keep() -> None:
        found.update({key: weight.grad for key, weight in network.named_parameters() if weight.grad is not None})

    method.player.update = keep  # type: ignore[method-assign, assignment]
    method.step(0)
    assert found.keys() == expected.keys()
    for key, gradient in found.items():
        torch.testing.assert_close(gradient, expected[key], rtol=1e-4, atol=1e-6)


def test_it_learns_what_is_new_and_tells_what_it_forgets(tokens: Path) -> None:
    with Checkpoint("stage", {}) as state:
        outcome = run(*build(begun(tokens, Path("base")), parameters()), state)
    first, last = outcome.history[0], outcome.history[-1]
    assert last["val_loss_new"] < first["val_loss_new"] - 0.3
    assert {"val_loss_known", "rate"} <= last.keys()


@pytest.mark.parametrize(("known", "left"), [(0.0, {"new"}), (1.0, {"known"})])
def test_where_one_kind_is_missing_the_other_is_all(tokens: Path, known: float, left: set[str]) -> None:
    method, _ = build(begun(tokens, Path("base"), known), parameters())
    assert method.shares == dict.fromkeys(left, 1.0) and method.batches.keys() == left
    assert method.validate({"generator": method.generator})["val_loss"] > 0


def test_further_training_goes_on_from_the_network_that_it_is_given(tokens: Path) -> None:
    here = begun(tokens, Path("base"))
    torch.manual_seed(9)
    other = folder.build("tokens", "generator", GENERATOR, EXAMPLE)
    method, plan = onward(replace(here, start={"generator": other}), parameters(), 0.01, 1e6, 0.9)
    assert method.generator is other and (plan.budget, plan.ema) == (1e6, 0.9)


def test_another_network_or_none_is_refused(tokens: Path) -> None:
    with pytest.raises(start.NoStart, match="another network"):
        build(begun(tokens, Path("base"), width=12), parameters())
    with pytest.raises(start.NoStart, match="no served model"):
        build(setting(tokens, {}), parameters())


def test_digests_tell_records_apart() -> None:
    ids = [f"record-{n}" for n in range(1000)]
    assert len(set(start.digests(ids).tolist())) == 1000
    assert start.digests(ids[:2]).tolist() == start.digests(ids)[:2].tolist()
    assert start.digests(["a"])[0] == int.from_bytes(bytes.fromhex("ca978112ca1bbdca"), "little", signed=True)
