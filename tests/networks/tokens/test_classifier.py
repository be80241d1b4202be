"""What every classifier of texts must have; each body is a line of `BODIES`."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModel, BertConfig, BertModel

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks import folder
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import targets
from tests.language_models import BOS, EOS, VOCABULARY, language_model

GRU = {"kind": "gru", "embedding": 6, "width": 5, "layers": 2, "pooling": "max_mean", "dropout": 0.1}
CNN = {"kind": "cnn", "embedding": 6, "width": 5, "kernels": [1, 2, 3, 4], "dropout": 0.1}
TRANSFORMER = {"kind": "transformer", "width": 8, "heads": 2, "layers": 2, "pooling": "mean", "dropout": 0.1}
PRETRAINED = {
    "kind": "pretrained",
    "weights": "float32",
    "rank": 2,
    "scale": 2.0,
    "blocks": 2,
    "pooling": "mean",
    "dropout": 0.1,
}
BODIES: dict[str, tuple[dict[str, Any], str | None]] = {
    "gru": (GRU, None),
    "gru with attention": ({**GRU, "pooling": "attention"}, None),
    "cnn": (CNN, None),
    "transformer": (TRANSFORMER, None),
    "transformer by its first token": ({**TRANSFORMER, "pooling": "first"}, None),
    "bert": (PRETRAINED, "bert"),
    "llama": ({**PRETRAINED, "pooling": "last"}, "llama"),
    "gpt2": (PRETRAINED, "gpt2"),
}
TEXTS = [[9, 8, 7], [10, 11, 12, 13, 14], []]
TEXT, LENGTHS = pad(TEXTS, (EOS,))


def pretrained(family: str, base: Path) -> None:
    """Write a tiny model of three blocks: BERT, Llama or GPT-2."""
    if family != "bert":
        language_model(base, family)
        return
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 4, "num_hidden_layers": 3}
    BertModel(BertConfig(vocab_size=VOCABULARY, max_position_embeddings=64, **shape)).save_pretrained(base)


def build(body: dict[str, Any], family: str | None, base: Path, labels: int = 3) -> Encoder:
    if family:
        pretrained(family, base)
    example = Example(VOCABULARY, 10, None, BOS, EOS, base if family else None)
    torch.manual_seed(1)
    network = folder.build("tokens", "encoder", {"network": "classifier", "labels": labels, "body": body}, example)
    assert isinstance(network, Encoder)
    for parameter in network.parameters():  # fresh adapters change nothing
        parameter.data.add_(torch.randn_like(parameter) * 0.1)
    return network.eval()


@pytest.fixture(params=BODIES)
def encoder(request: pytest.FixtureRequest, tmp_path: Path, one_thread: None) -> Encoder:
    return build(*BODIES[request.param], tmp_path / "base")


def test_logits_states_and_guesses_have_their_shapes(encoder: Encoder) -> None:
    size = encoder.embedding.embedding_dim
    assert encoder(TEXT, LENGTHS).shape == (3, 3) and encoder.labels == 3
    states = encoder.read(encoder.embedding(TEXT), LENGTHS)
    assert states.shape == (3, 6, encoder.body.width) and encoder.mask.shape == (size,)
    assert encoder.masked_logits(states).shape == (3, 6, VOCABULARY)


def test_a_text_is_classified_in_a_batch_as_alone_whatever_stands_in_the_padding(encoder: Encoder) -> None:
    together = encoder(TEXT, LENGTHS)
    longer = torch.cat([encoder.embedding(TEXT), torch.full((3, 7, encoder.embedding.embedding_dim), 7.0)], 1)
    longer[0, 4:] = -3.0
    torch.testing.assert_close(encoder.classify(longer, LENGTHS), together, rtol=1e-4, atol=1e-5)
    for text, logits in zip(TEXTS, together, strict=True):
        torch.testing.assert_close(encoder(*pad([text], (EOS,)))[0], logits, rtol=1e-4, atol=1e-5)
    assert len({tuple(row) for row in together.tolist()}) == 3


def test_embeddings_carry_a_gradient_from_real_tokens_alone_in_evaluation_too(encoder: Encoder) -> None:
    embedded = encoder.embedding(TEXT).detach().requires_grad_()
    torch.testing.assert_close(encoder.classify(embedded, LENGTHS), encoder(TEXT, LENGTHS))
    encoder.classify(embedded, LENGTHS).square().sum().backward()
    assert embedded.grad is not None
    real = torch.arange(6) < LENGTHS[:, None]
    assert (embedded.grad[~real] == 0).all()
    assert (embedded.grad.abs().sum((1, 2)) > 0).all()


def test_every_weight_learns_from_labels_or_from_masked_tokens(encoder: Encoder) -> None:
    encoder(TEXT, LENGTHS).square().sum().backward()
    encoder.masked_logits(encoder.read(encoder.embedding(TEXT) + encoder.mask, LENGTHS)).square().sum().backward()
    assert [name for name, weight in encoder.named_parameters() if weight.grad is None] == []


def test_dropout_is_for_training_alone(encoder: Encoder) -> None:
    assert torch.equal(encoder(TEXT, LENGTHS), encoder(TEXT, LENGTHS))
    encoder.train()
    assert not torch.equal(encoder(TEXT, LENGTHS), encoder(TEXT, LENGTHS))


def test_a_copy_says_the_same(encoder: Encoder) -> None:
    assert torch.equal(copy.deepcopy(encoder)(TEXT, LENGTHS), encoder(TEXT, LENGTHS))


def test_both_directions_of_the_recurrent_body_read_the_whole_text(tmp_path: Path, one_thread: None) -> None:
    encoder = build({**GRU, "layers": 1}, None, tmp_path)
    embedded = encoder.embedding(TEXT)
    reference = torch.nn.GRU(6, 5, batch_first=True, bidirectional=True)
    there, back = encoder.body.there[0], encoder.body.back[0]  # type: ignore[index]
    for name, weight in reference.named_parameters():
        source = back if name.endswith("_reverse") else there
        weight.data = source.state_dict()[name.removesuffix("_reverse")]
    packed = torch.nn.utils.rnn.pack_padded_sequence(embedded, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(reference(packed)[0], batch_first=True)
    real = torch.arange(6) < LENGTHS[:, None]
    torch.testing.assert_close(encoder.read(embedded, LENGTHS)[real], expected[real])


def test_the_convolution_is_the_highest_of_each_filter_over_the_text(tmp_path: Path, one_thread: None) -> None:
    encoder = build(CNN, None, tmp_path)
    found = encoder.body.summed_up(encoder.embedding(TEXT), LENGTHS).view(3, 4, 5)
    for text, row in zip(TEXTS, found, strict=True):
        rows = encoder.embedding(torch.tensor([*text, EOS]))
        layer = encoder.body.filters[2]  # type: ignore[index]
        around = torch.cat([torch.zeros(1, 6), rows, torch.zeros(1, 6)])
        windows = [(layer.weight * around[i : i + 3].T).sum((1, 2)) + layer.bias for i in range(len(rows))]
        torch.testing.assert_close(row[2], torch.stack(windows).relu().amax(0))


@pytest.mark.parametrize(("family", "pooling"), [("bert", "mean"), ("llama", "last")])
def test_a_pretrained_body_is_that_of_transformers_until_its_adapters_learn(
    family: str, pooling: str, tmp_path: Path, one_thread: None
) -> None:
    pretrained(family, tmp_path)
    section = {"network": "classifier", "labels": 2, "body": {**PRETRAINED, "pooling": pooling}}
    network = folder.build("tokens", "encoder", section, Example(VOCABULARY, 10, None, BOS, EOS, tmp_path))
    assert isinstance(network, Encoder)
    plain = AutoModel.from_pretrained(tmp_path).eval()
    found = network.eval().body.summed_up(network.embedding(TEXT), LENGTHS)
    for text, row in zip(TEXTS, found, strict=True):
        states: Tensor = plain(input_ids=torch.tensor([[BOS, *text, EOS]])).last_hidden_state[0]
        torch.testing.assert_close(row, states.mean(0) if pooling == "mean" else states[-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "llama", "gpt2"])
def test_of_a_pretrained_body_adapters_of_the_upper_blocks_alone_learn_and_are_saved(
    family: str, tmp_path: Path, one_thread: None
) -> None:
    encoder = build(PRETRAINED, family, tmp_path)
    constants = dict(encoder.named_buffers())
    adapters = [name for name in encoder.state_dict() if name.startswith("body.")]
    assert adapters and all("lora" in name and ".0." not in name.split(".lora_")[0] for name in adapters)
    assert constants.keys().isdisjoint(encoder.state_dict())
    twin = copy.deepcopy(encoder)
    assert all(a.data_ptr() == b.data_ptr() for a, b in zip(encoder.buffers(), twin.buffers(), strict=True))
    assert all(a.data_ptr() != b.data_ptr() for a, b in zip(encoder.parameters(), twin.parameters(), strict=True))
    more = build({**PRETRAINED, "blocks": 9}, family, tmp_path)
    assert len(more.state_dict()) - len(encoder.state_dict()) == len(adapters) // 2


def test_a_pretrained_body_needs_a_model(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"base_model\.name is none"):
        build(PRETRAINED, None, tmp_path)


def test_a_saved_classifier_is_the_one_that_is_loaded(tmp_path: Path, one_thread: None) -> None:
    encoder = build(PRETRAINED, "bert", tmp_path / "base")
    example = Example(VOCABULARY, 10, None, BOS, EOS, tmp_path / "base")
    section = {"network": "classifier", "labels": 3, "body": PRETRAINED}
    files = {f"base/{file.name}": file for file in (tmp_path / "base").iterdir()}
    index = folder.described("classification", "tokens", example)
    networks = {"encoder": encoder, "encoder_start": copy.deepcopy(encoder)}
    folder.save(tmp_path / "model", networks, {"encoder": section}, index, files)
    for network in folder.load(tmp_path / "model").networks.values():
        assert torch.equal(network(TEXT, LENGTHS), encoder(TEXT, LENGTHS))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**GRU, "heads": 2}, r"encoder\.body\.heads: unknown key.*embedding, width, layers, pooling, dropout"),
        ({**CNN, "kernels": []}, r"encoder\.body\.kernels"),
        ({**TRANSFORMER, "heads": 3}, "3 heads do not divide width 8"),
        ({**GRU, "kind": "lstm"}, r"encoder\.body"),
    ],
)
def test_a_field_that_a_body_does_not_take_is_named(body: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=said):
        build(body, None, tmp_path)


def test_labels_are_counted_from_behind_the_special_tokens_or_the_pretrained_vocabulary(tmp_path: Path) -> None:
    def batch(*labels: int) -> Batch:
        return Batch(*pad([[label] for label in labels]), *pad([[9]] * len(labels), (EOS,)))

    assert targets(batch(4, 6, 5), Example(VOCABULARY, 10)).tolist() == [0, 2, 1]
    example = Example(VOCABULARY, 10, base=tmp_path)
    assert targets(batch(VOCABULARY + 1, VOCABULARY), example).tolist() == [1, 0]
