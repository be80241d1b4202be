from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from promptgan.core.compute import bfloat16_instructions
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.networks.tokens.latent import network as latent
from promptgan.networks.tokens.recurrent import network as recurrent
from promptgan.networks.tokens.relational import network as relational
from promptgan.networks.tokens.relative import network as relative
from promptgan.networks.tokens.transformer import network as transformer

VOCABULARY = 30
PROMPT = torch.tensor([[5, 6, 7, 8], [9, 10, 0, 0], [11, 0, 0, 0]])
PROMPT_LENGTHS = torch.tensor([4, 2, 1])
TEXT = torch.tensor([[12, 13, 3, 0], [14, 3, 0, 0], [15, 16, 17, 3]])
TEXT_LENGTHS = torch.tensor([3, 2, 4])


class GivenLatent(latent.Generator):
    """The latent generator with a vector that follows from the prompt, where none is given, in place of a drawn one."""

    def start(self, prompt: Tensor, prompt_lengths: Tensor, z: Tensor | None = None) -> latent.State:
        own = torch.sin(prompt[:, :1] * torch.arange(1, self.latent + 1, dtype=torch.float64))
        return super().start(prompt, prompt_lengths, own if z is None else z)


FAMILIES: dict[str, tuple[ModuleType | SimpleNamespace, dict[str, Any]]] = {
    "gru": (recurrent, {"network": "recurrent", "cell": "gru", "embedding": 6, "width": 8, "layers": 2}),
    "lstm": (recurrent, {"network": "recurrent", "cell": "lstm", "embedding": 6, "width": 8, "layers": 2}),
    "transformer": (transformer, {"network": "transformer", "width": 8, "heads": 2, "layers": 2, "context": 24}),
    "relative": (relative, {"network": "relative", "width": 8, "heads": 2, "layers": 2, "reach": 3}),
    "relational": (relational, {"network": "relational", "embedding": 6, "slots": 3, "width": 8, "heads": 2}),
    "latent": (
        SimpleNamespace(Generator=GivenLatent, Parameters=latent.Parameters),
        {"network": "latent", "latent": 3, "embedding": 6, "width": 8, "word_dropout": 0.0},
    ),
}


@pytest.fixture(params=FAMILIES)
def generator(request: pytest.FixtureRequest, one_thread: None) -> Any:
    module, values = FAMILIES[request.param]
    network = module.Generator(module.Parameters(**values, dropout=0.0), Example(VOCABULARY, 12)).double()
    with torch.no_grad():
        network.bias.normal_()
    return network


def pairs(more_prompt: int = 0, more_text: int = 0) -> Batch:
    """The three pairs, with this many more columns of padding."""
    prompt, text = (torch.nn.functional.pad(x, (0, n)) for x, n in ((PROMPT, more_prompt), (TEXT, more_text)))
    return Batch(prompt, PROMPT_LENGTHS, text, TEXT_LENGTHS)


def inputs() -> Tensor:
    return torch.cat([torch.full((3, 1), 2), TEXT[:, :-1]], 1)


def real(x: Tensor) -> Tensor:
    return x[torch.arange(TEXT.shape[1]) < TEXT_LENGTHS[:, None]]


def all_logits(generator: Any) -> Tensor:
    return real(generator.logits(generator(PROMPT, PROMPT_LENGTHS, inputs())))


def test_reading_a_text_at_once_equals_decoding_it_step_by_step(generator: Any) -> None:
    state, steps = generator.start(PROMPT, PROMPT_LENGTHS), []
    for token in inputs().T:
        features, state = generator.step(generator.embedding(token[:, None]), state)
        steps.append(features)
    torch.testing.assert_close(torch.cat(steps, 1), generator(PROMPT, PROMPT_LENGTHS, inputs()))


def test_selected_sequences_go_on_as_if_the_others_had_never_been_there(generator: Any) -> None:
    first, second = (generator.embedding(column[:, None]) for column in inputs().T[:2])
    rows = torch.tensor([2, 0])
    _, state = generator.step(first, generator.start(PROMPT, PROMPT_LENGTHS))
    _, alone = generator.step(first[rows], generator.start(PROMPT[rows], PROMPT_LENGTHS[rows]))
    torch.testing.assert_close(
        generator.step(second[rows], state.select(rows))[0], generator.step(second[rows], alone)[0]
    )


def test_padding_of_prompt_and_text_changes_nothing(generator: Any) -> None:
    features, targets = likelihood.real_positions(generator, pairs())
    padded_features, padded_targets = likelihood.real_positions(generator, pairs(3, 2))
    torch.testing.assert_close(padded_features, features)
    assert padded_targets.tolist() == targets.tolist() == [12, 13, 3, 14, 3, 15, 16, 17, 3]


def test_the_features_of_a_token_do_not_depend_on_later_ones(generator: Any) -> None:
    changed = inputs()
    changed[:, 2:] = 20
    early, late = (generator(PROMPT, PROMPT_LENGTHS, x) for x in (inputs(), changed))
    torch.testing.assert_close(early[:, :2], late[:, :2])
    assert not torch.allclose(early[:, 2:], late[:, 2:])


def test_the_prompt_matters(generator: Any) -> None:
    other = PROMPT.clone()
    other[:, 0] = 20
    assert not torch.allclose(generator(PROMPT, PROMPT_LENGTHS, inputs()), generator(other, PROMPT_LENGTHS, inputs()))


def test_a_step_passes_a_gradient_to_the_token_it_read(generator: Any) -> None:
    embedded = generator.embedding(torch.tensor([[2], [2], [2]])).detach().requires_grad_()

    def features(x: Tensor) -> Tensor:
        result: Tensor = generator.step(x, generator.start(PROMPT, PROMPT_LENGTHS))[0]
        return result

    # attention weights are float32 in any precision, hence the wide difference
    assert torch.autograd.gradcheck(features, (embedded,), eps=1e-4, atol=1e-2, rtol=1e-2)


def test_logits_are_products_with_the_embeddings_plus_the_bias(generator: Any) -> None:
    features = torch.randn(2, 3, generator.embedding.embedding_dim, dtype=torch.float64)
    expected = torch.einsum("ntf,vf->ntv", features, generator.embedding.weight) + generator.bias
    torch.testing.assert_close(generator.logits(features), expected)


@pytest.mark.parametrize("chunk", [2, 256])
def test_the_gradient_in_closed_form_is_that_of_autograd(
    generator: Any, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(likelihood.CHUNK, "cpu", chunk)
    loss = torch.nn.functional.cross_entropy(all_logits(generator), real(TEXT), reduction="sum")
    expected = torch.autograd.grad(0.5 * loss / 9, list(generator.parameters()))
    for _ in range(2):  # the second one adds to the first
        total, tokens = likelihood.backward(generator, pairs(), 0.5)
    assert (total, tokens) == (pytest.approx(loss.item()), 9)
    for (name, parameter), gradient in zip(generator.named_parameters(), expected, strict=True):
        if name == "embedding.weight":  # as an input, padding has no gradient; as an output it has
            assert gradient[0].any()
        torch.testing.assert_close(parameter.grad, 2 * gradient, msg=lambda text, name=name: f"{name}: {text}")


def test_texts_that_share_a_prompt_have_the_gradient_of_those_that_do_not(generator: Any) -> None:
    two = TEXT[[0, 1, 2, 0, 1, 2]], TEXT_LENGTHS[[0, 1, 2, 0, 1, 2]]
    shared, shares = pairs().answered(*two), torch.tensor([1.0, -2.0, 0.5, 0.0, 1.0, 3.0])
    assert shared.owners.tolist() == [0, 0, 1, 1, 2, 2]
    assert torch.equal(shared.paired().prompt, PROMPT[[0, 0, 1, 1, 2, 2]])
    found = []
    for batch in (shared, shared.paired()):
        generator.zero_grad()
        said = likelihood.backward(generator, batch, 0.5, shares.double())
        found.append([torch.tensor(said), *(parameter.grad.clone() for parameter in generator.parameters())])
    torch.testing.assert_close(found[0], found[1])


def test_the_gradient_under_bfloat16_is_near_that_of_float32(generator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    generator.float()
    likelihood.backward(generator, pairs())
    exact = torch.cat([p.grad.flatten() for p in generator.parameters()])
    generator.zero_grad()
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", bool(bfloat16_instructions()))  # as `prepare` does
    with torch.autocast("cpu", torch.bfloat16):
        likelihood.backward(generator, pairs())
    near = torch.cat([p.grad.flatten() for p in generator.parameters()])
    assert near.dtype == torch.float32
    assert (near - exact).norm() < 0.02 * exact.norm()


def test_extreme_logits_have_a_finite_likelihood_and_gradient(generator: Any) -> None:
    with torch.no_grad():
        generator.bias[20] = 1e4
    total, _ = likelihood.backward(generator, pairs())
    assert total == pytest.approx(9e4, rel=1e-2)
    assert all(p.grad.isfinite().all() for p in generator.parameters())


def test_the_likelihood_at_each_temperature_is_that_of_the_tempered_softmax(generator: Any) -> None:
    totals, tokens = likelihood.nll(generator, pairs(2, 3), (0.5, 1.0, 2.0))
    logits = all_logits(generator)
    expected = [-(logits / t).softmax(-1).log()[torch.arange(9), real(TEXT)].sum().item() for t in (0.5, 1.0, 2.0)]
    assert tokens == int(TEXT_LENGTHS.sum()) == 9
    assert totals.tolist() == pytest.approx(expected, rel=1e-6)


def test_two_runs_give_identical_bits(one_thread: None) -> None:
    def gradients() -> list[Tensor]:
        torch.manual_seed(3)
        module, values = FAMILIES["gru"]
        network = module.Generator(module.Parameters(**values, dropout=0.3), Example(VOCABULARY, 12))
        likelihood.backward(network, pairs())
        return [p.grad for p in network.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(gradients(), gradients(), strict=True))


def test_dropout_is_for_training_only(one_thread: None) -> None:
    for module, values in FAMILIES.values():
        network = module.Generator(module.Parameters(**values, dropout=0.5), Example(VOCABULARY, 12))
        assert not torch.equal(*(network(PROMPT, PROMPT_LENGTHS, inputs()) for _ in range(2)))
        network.eval()
        assert torch.equal(*(network(PROMPT, PROMPT_LENGTHS, inputs()) for _ in range(2)))


def test_a_text_without_a_prompt_is_read_and_answered(generator: Any) -> None:
    none, lengths = torch.zeros(3, 1, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)
    texts = Batch(none, lengths, TEXT, TEXT_LENGTHS)
    alone, _ = likelihood.nll(generator, texts)
    likelihood.backward(generator, texts)
    assert torch.isfinite(alone).all()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in generator.parameters())
    assert len(sample(generator, none, lengths, torch.rand(3, 5))) == 3
