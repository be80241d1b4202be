"""Training of a classifier: what it learns from, how it is perturbed and augmented, and at which learning rate."""

import copy
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Pairs, pad
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import targets
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome, run
from promptgan.training.methods.classifier import masked
from promptgan.training.methods.classifier.arm import trained
from promptgan.training.methods.classifier.augmentation import Augmentation, company, nearest
from promptgan.training.methods.classifier.method import Classification, build, onward
from promptgan.training.methods.classifier.mixture import Mixture, Pool
from promptgan.training.methods.classifier.parameters import Fgm, FreeLB, Parameters, Pgd, Unperturbed, Virtual, Words
from promptgan.training.methods.classifier.perturbation import Kind, Texts, divergence, learn
from promptgan.training.methods.classifier.rates import Rate
from promptgan.training.methods.classifier.validation import validated
from promptgan.training.setting import Setting
from tests.training.conftest import COMPUTE

EXAMPLE = Example(vocabulary=31, max_tokens=12)
LABELS, WORDS = 3, range(7, 31)
SECTION: dict[str, Any] = {
    "network": "classifier",
    "labels": LABELS,
    "body": {"kind": "cnn", "embedding": 8, "width": 6, "kernels": [1, 3], "dropout": 0.1},
}
VALUES: dict[str, Any] = {
    "method": "classifier",
    "objective": "none",
    "penalty": "none",
    "masked": None,
    "steps": 60,
    "batch": 16,
    "learning_rate": 0.04,
    "rate": {"kind": "constant"},
    "warmup": 3,
    "weight_decay": 0.01,
    "ema": None,
    "validate_every": 10,
    "validation_count": 100,
    "checkpoint_every": 7,
    "patience": None,
    "perturbation": {"kind": "none"},
    "augmentation": {"kind": "none"},
}
MASKED = {"epochs": 2, "share": 0.2, "learning_rate": 0.01, "batch": 16}
VIRTUAL = {"kind": "virtual", "radius": 0.2, "step_size": 0.01, "steps": 1, "weight": 1.0}
AUGMENTED = {"kind": "words", "texts": 0.5, "share": 0.2, "ways": ["synonyms", "swaps", "deletions"], "neighbours": 3}


def parameters(**changes: Any) -> Parameters:
    return validate_section(Parameters, VALUES | changes, "pretrain")


def write(path: Path, count: int, seed: int) -> None:
    """Texts of random words, one of which says the label: 8 words that no other label's texts have."""
    random = np.random.default_rng(seed)
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    labels = [i % LABELS for i in range(count)]
    texts = []
    for label in labels:
        text = random.choice(np.array(WORDS)[: -3 * 4], size=random.integers(2, 9)).tolist()
        text[random.integers(len(text))] = 31 - 12 + 4 * label + int(random.integers(4))
        texts.append(text)
    prompts = [[4 + label] for label in labels]
    table = pa.table(
        {"id": [f"{i}" for i in range(count)], "prompt": pa.array(prompts, ids), "text": pa.array(texts, ids)}
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def labelled(folder: Path, start: dict[str, nn.Module] | None = None, **more: Any) -> Setting:
    """What the method is built from: 96 texts of three labels to learn, 60 to validate by."""
    folder.mkdir(exist_ok=True)
    for split, count, seed in (("train", 96, 1), ("val", 60, 2), ("corpus", 40, 3)):
        if not (folder / f"{split}.arrow").exists():
            write(folder / f"{split}.arrow", count, seed)
    torch.manual_seed(1)
    return Setting(
        form="tokens",
        example=EXAMPLE,
        sections={"encoder": SECTION},
        start=start or {},
        train=Pairs(folder / "train.arrow"),
        val=Pairs(folder / "val.arrow"),
        compute=COMPUTE,
        seed=1,
        device=torch.device("cpu"),
        **more,
    )


def outcome_of(setting: Setting, **changes: Any) -> Outcome:
    torch.manual_seed(1)
    with Checkpoint("stage", {}) as checkpoint:
        return run(*build(setting, parameters(**changes)), checkpoint)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return labelled(tmp_path / "labelled")


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


# What is learnt.


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ema": 0.8, "rate": {"kind": "cosine", "floor": 0.1}},
        {"perturbation": {"kind": "fgm", "radius": 0.2, "weight": 1.0}},
        {"perturbation": {"kind": "pgd", "radius": 0.2, "step_size": 0.1, "steps": 3, "weight": 1.0}},
        {"perturbation": {"kind": "freelb", "radius": 0.2, "step_size": 0.1, "steps": 2}},
        {"perturbation": VIRTUAL},
        {"augmentation": AUGMENTED},
        {"masked": MASKED},
    ],
)
def test_what_can_be_told_is_told(changes: dict[str, Any], setting: Setting) -> None:
    outcome = outcome_of(setting, **changes)
    first, last = outcome.history[0], outcome.history[-1]
    assert first["val_loss"] > 0.9 and first["val_accuracy"] < 0.6
    assert last["val_loss"] < 0.35 and last["val_accuracy"] > 0.9 and last["macro_f1"] > 0.9
    assert outcome.best == min(row["val_loss"] for row in outcome.history)
    found = validated(cast("Encoder", outcome.networks["encoder"]), setting.val, 100, EXAMPLE, COMPUTE)
    assert found["val_loss"] == outcome.best == -found["score"]


@pytest.mark.parametrize(
    "kind",
    [
        Unperturbed(kind="none"),
        Pgd(kind="pgd", radius=0.2, step_size=0.1, steps=2, weight=1.0),
        FreeLB(kind="freelb", radius=0.2, step_size=0.1, steps=2),
        Virtual(kind="virtual", radius=0.2, step_size=0.05, steps=1, weight=1.0),
    ],
)
def test_half_precision_goes_the_same_way(kind: Kind, setting: Setting) -> None:
    encoder, batch = cast("Encoder", setting.network("encoder")).eval(), setting.train.batch(np.arange(32))
    found = []
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(1)
        with autocast(COMPUTE.model_copy(update={"precision": precision})):
            learn(encoder, batch, targets(batch, EXAMPLE), kind)
        learnt = [weight for weight in encoder.parameters() if weight.grad is not None]
        found.append(torch.cat([cast("Tensor", weight.grad).flatten().clone() for weight in learnt]))
        encoder.zero_grad()
    assert torch.cosine_similarity(found[0], found[1], dim=0) > 0.99
    assert (found[0].norm() / found[1].norm()).item() == pytest.approx(1, abs=0.05)


def test_validation_is_what_scikit_learn_makes_of_the_logits(setting: Setting) -> None:
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    encoder = cast("Encoder", setting.network("encoder")).eval()
    indices = np.arange(len(setting.val))
    batch = setting.val.batch(indices)
    true = [prompt[0] - 4 for prompt in setting.val.rows("prompt", indices)]
    with torch.no_grad():
        said = encoder(batch.text, batch.text_lengths).double().softmax(1).numpy()
    found = validated(encoder, setting.val, 100, EXAMPLE, COMPUTE)
    assert found["val_loss"] == pytest.approx(log_loss(true, said), rel=1e-5)
    assert found["val_accuracy"] == pytest.approx(accuracy_score(true, said.argmax(1)))
    assert found["macro_f1"] == pytest.approx(f1_score(true, said.argmax(1), average="macro"))


def test_validation_reads_texts_from_all_over_the_split(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = Pairs.batch

    def noted(pairs: Pairs, indices: npt.NDArray[np.int64]) -> Batch:
        read.extend(indices.tolist())
        return plain(pairs, indices)

    monkeypatch.setattr(Pairs, "batch", noted)
    validated(cast("Encoder", setting.network("encoder")).eval(), setting.val, 5, EXAMPLE, COMPUTE)
    assert sorted(read) == [0, 14, 29, 44, 59]


def test_weights_before_any_label_are_kept_and_training_begins_with_them(setting: Setting) -> None:
    method, plan = build(setting, parameters())
    begun = copy.deepcopy(method.encoder)
    with Checkpoint("stage", {}) as checkpoint:
        outcome = run(method, plan, checkpoint)
    twin, start = outcome.networks["encoder"], outcome.networks["encoder_start"]
    assert same(start, begun) and not same(twin, begun)
    arm, _ = build(replace(setting, start={"encoder": twin, "encoder_start": start}), parameters())
    assert same(arm.encoder, start)


def test_the_control_goes_on_from_the_twin_at_its_rate_until_the_budget_is_spent(setting: Setting) -> None:
    outcome = outcome_of(setting, rate={"kind": "cosine", "floor": 0.1})
    rate = outcome.history[-1]["rate"]
    assert rate == pytest.approx(0.1 * 0.04)
    assert outcome.stopped == "converged"
    twin = copy.deepcopy(outcome.networks["encoder"])
    method, plan = onward(
        replace(setting, start=outcome.networks), parameters(), rate, budget=outcome.flops / 2, ema=0.9
    )
    assert same(method.encoder, twin)
    with Checkpoint("stage", {}) as checkpoint:
        further = run(method, plan, checkpoint)
    assert further.stopped == "budget" and outcome.flops / 2 <= further.flops < outcome.flops
    assert {row["rate"] for row in further.history[1:]} == {rate}


def test_masked_tokens_are_guessed_before_any_label_the_corpus_first(setting: Setting, tmp_path: Path) -> None:
    corpus = Pairs(tmp_path / "labelled" / "corpus.arrow")
    here = replace(setting, corpus=(corpus, 1.5))
    method, plan = build(here, parameters(masked=MASKED))
    fresh = copy.deepcopy(method.encoder)
    assert plan.warmup == math.ceil(1.5 * 3) + 2 * 6
    read: list[Tensor] = []
    lost: list[float] = []
    plain = masked.loss

    def noted(encoder: Encoder, batch: Batch, share: float, first: int) -> tuple[Tensor, int]:
        assert first == 7
        nats, tokens = plain(encoder, batch, share, first)
        read.append(batch.text)
        lost.append(nats.item() / tokens)
        return nats, tokens

    with pytest.MonkeyPatch.context() as patch, Checkpoint("stage", {}) as checkpoint:
        patch.setattr(masked, "loss", noted)
        outcome = run(method, plan, checkpoint)
    texts = {tuple(row) for row in corpus.rows("text", np.arange(40))}
    first = {tuple(token for token in row if token > 3) for batch in read[:3] for row in batch.tolist()}
    assert first == texts
    assert len(read) == plan.warmup
    start = cast("Encoder", outcome.networks["encoder_start"])
    assert not same(start, fresh) and torch.equal(start.head.weight, fresh.head.weight)
    assert sum(lost[-6:]) < sum(lost[:6])
    assert min(lost) < outcome.history[1]["masked_loss"] < max(lost)
    wanted = int((corpus.text_lengths + 1).sum())  # of each of two passes, of which the second is half a one
    assert wanted < outcome.history[-1]["corpus_tokens"] < 2 * wanted


def test_weights_that_are_pretrained_are_not_pretrained_again(setting: Setting) -> None:
    encoder = setting.network("encoder")
    with pytest.raises(ParameterError, match=r"train\.masked"):
        build(replace(setting, start={"encoder": encoder, "encoder_start": encoder}), parameters(masked=MASKED))


def test_a_task_that_scores_is_asked_and_more_is_better(setting: Setting) -> None:
    here = replace(setting, score=lambda networks: {"score": 1.0, "asked": float("encoder" in networks)})
    method, _ = build(here, parameters())
    assert (method.score, method.better) == ("score", "higher")
    assert method.validate(method.networks) == {"score": 1.0, "asked": 1.0}


# Fewer labels.


def test_an_arm_sees_the_labels_that_were_chosen_and_writes_no_checkpoint(setting: Setting, tmp_path: Path) -> None:
    chosen = np.array([0, 1, 2, 3, 4, 5])
    encoder = cast("Encoder", setting.network("encoder"))
    start: dict[str, nn.Module] = {"encoder": copy.deepcopy(encoder), "encoder_start": encoder}
    here = replace(setting, start=start)
    method = Classification(here, parameters(batch=4, perturbation=VIRTUAL), chosen)
    texts = {tuple(row) for row in setting.train.rows("text", chosen)}
    seen = {tuple(token for token in row if token > 3) for k in range(4) for row in method.texts(k).text.tolist()}
    assert seen == texts
    assert method.unlabelled is not None and sorted(method.unlabelled.chosen) == list(range(6, 96))
    outcome = trained(here, parameters(steps=20, batch=4), chosen, "stage")
    assert not same(outcome.networks["encoder"], encoder) and outcome.flops > 0
    pool = Pool()
    pool.fill([[9], [8]], [0, 1], [True, True])
    mixture = Mixture(here, parameters(batch=50, steps=3), (1.0, 0.0), chosen)
    mixture.pool.load_state_dict(pool.state_dict())
    pairs = [
        zip(b.text[:, 0].tolist(), targets(b, here.example).tolist(), strict=True) for b in map(mixture.texts, (0, 2))
    ]
    assert set(pairs[0]) <= {(9, 0), (8, 1)}
    assert not {9, 8} & {token for token, _ in pairs[1]}
    assert not (tmp_path / ".dvc" / "tmp" / "checkpoints").exists()


# Masked tokens.


def test_of_each_text_the_share_is_chosen_one_at_least_and_never_its_end(one_thread: None) -> None:
    lengths = torch.tensor([41, 11, 2, 1])
    found = masked.chosen(lengths, 41, 0.15)
    assert found.sum(1).tolist() == [6, 2, 1, 0]
    assert not found[torch.arange(4), lengths - 1].any()
    assert not (found & (torch.arange(41) >= lengths[:, None])).any()
    often = torch.stack([masked.chosen(lengths[:1], 41, 0.15)[0] for _ in range(2000)]).double().mean(0)
    assert (often[:40] - 0.15).abs().max() < 0.04


class Reader(nn.Module):
    """Notes what it is shown; guesses nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.eye(31))
        self.mask, self.bias = torch.full((31,), -1.0), torch.zeros(31)

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        self.shown = embedded
        return embedded

    def masked_logits(self, states: Tensor) -> Tensor:
        return torch.zeros(len(states), 31)


def test_of_the_chosen_tokens_eight_in_ten_are_hidden_and_one_is_another(one_thread: None) -> None:
    text = torch.full((400, 51), 8)
    text[:, -1] = 3
    batch = Batch(torch.zeros(400, 1, dtype=torch.long), torch.ones(400), text, torch.full((400,), 51))
    reader = Reader()
    nats, count = masked.loss(cast("Encoder", reader), batch, 0.4, 7)
    assert count == 400 * 20 and nats.item() == pytest.approx(count * math.log(31), rel=1e-5)
    hidden = (reader.shown == -1).all(2)
    shown = reader.shown.argmax(2)
    replaced = ~hidden & (shown != text)
    assert hidden.sum().item() / count == pytest.approx(0.8, abs=0.02)
    assert replaced.sum().item() / count == pytest.approx(0.1 * 23 / 24, abs=0.02)
    assert set(shown[replaced].tolist()) == set(WORDS) - {8}


# Perturbations.


class Linear(nn.Module):
    """Logits are the sum of the real tokens' embeddings times a matrix: perturbations are in closed form."""

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(3)
        self.embedding = nn.Embedding(6, 4, _weight=torch.randn(6, 4, generator=random, dtype=torch.float64))
        self.weight = nn.Parameter(torch.randn(4, 2, generator=random, dtype=torch.float64))

    def classify(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        real = torch.arange(embedded.shape[1]) < lengths[:, None]
        return (embedded * real[:, :, None]).sum(1) @ self.weight.to(embedded.dtype)


@pytest.fixture
def linear(one_thread: None) -> Encoder:
    return cast("Encoder", Linear())


TARGETS = torch.tensor([0, 1])
TEXTS = Batch(torch.zeros(2, 1, dtype=torch.long), torch.ones(2), *pad([[1, 2], [4]], (3,)))


def norms() -> Tensor:
    table = Linear().embedding.weight.detach().float()
    rows = [table[[1, 2, 3]], table[[4, 3]]]
    return torch.stack([row.norm() for row in rows])


def worst(encoder: Encoder, radius: float) -> Tensor:
    """Of two labels the loss grows fastest along the other label's column less its own, alike at every real token."""
    weight = cast("Linear", encoder).weight.detach().float()
    away = torch.stack([weight[:, 1] - weight[:, 0], weight[:, 0] - weight[:, 1]])
    found = torch.zeros(2, 3, 4)
    for i, (length, norm) in enumerate(zip([3, 2], norms(), strict=True)):
        found[i, :length] = radius * norm * away[i] / away[i].norm() / length**0.5
    return found


def loss_at(encoder: Encoder, perturbation: Tensor | None) -> Tensor:
    return nn.functional.cross_entropy(Texts(encoder, TEXTS).logits(perturbation), TARGETS)


def gradients(encoder: Encoder) -> list[Tensor]:
    found = [cast("Tensor", weight.grad).clone() for weight in encoder.parameters()]
    encoder.zero_grad()
    return found


@pytest.mark.parametrize(
    "kind",
    [
        Fgm(kind="fgm", radius=0.3, weight=0.5),
        Pgd(kind="pgd", radius=0.3, step_size=0.2, steps=3, weight=0.5),
        Pgd(kind="pgd", radius=0.3, step_size=0.1, steps=3, weight=0.5),
    ],
)
def test_the_worst_perturbation_of_a_linear_classifier_is_at_the_edge_along_its_columns(
    kind: Kind, linear: Encoder
) -> None:
    clean, perturbed = loss_at(linear, None), loss_at(linear, worst(linear, 0.3))
    (clean + 0.5 * perturbed).backward()  # type: ignore[no-untyped-call]
    expected = gradients(linear)
    assert perturbed > clean
    found = learn(linear, TEXTS, TARGETS, kind)
    torch.testing.assert_close(found, (clean + 0.5 * perturbed).detach())
    torch.testing.assert_close(gradients(linear), expected, rtol=1e-4, atol=1e-6)


def test_steps_that_do_not_reach_the_edge_end_where_they_are(linear: Encoder) -> None:
    found = learn(linear, TEXTS, TARGETS, Pgd(kind="pgd", radius=0.3, step_size=0.05, steps=2, weight=1.0))
    expected = loss_at(linear, None) + loss_at(linear, worst(linear, 0.1))
    torch.testing.assert_close(found, expected.detach())


def test_the_mean_gradient_of_an_ascent_is_learnt(linear: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "rand_like", lambda x: torch.full_like(x, 0.5))  # begin in the middle
    steps = [loss_at(linear, None if not i else worst(linear, min(0.3, 0.2 * i))) for i in range(3)]
    (sum(steps) / 3).backward()  # type: ignore[union-attr, no-untyped-call]
    expected = gradients(linear)
    found = learn(linear, TEXTS, TARGETS, FreeLB(kind="freelb", radius=0.3, step_size=0.2, steps=3))
    torch.testing.assert_close(found, (sum(steps) / 3).detach())  # type: ignore[union-attr]
    torch.testing.assert_close(gradients(linear), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "kind",
    [
        FreeLB(kind="freelb", radius=0.3, step_size=0.2, steps=3),
        Pgd(kind="pgd", radius=0.3, step_size=0.2, steps=3, weight=1.0),
    ],
)
def test_the_same_units_are_dropped_out_while_a_perturbation_is_sought_and_others_of_the_next_batch(
    kind: Kind, linear: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another mask in each step the ascent is that of another network."""
    masks: list[Tensor] = []
    plain = Texts.logits

    def noted(texts: Texts, perturbation: Tensor | None = None) -> Tensor:
        masks.append(torch.nn.functional.dropout(torch.ones(64)))
        return plain(texts, perturbation)

    monkeypatch.setattr(Texts, "logits", noted)
    learn(linear, TEXTS, TARGETS, kind)
    first = masks.copy()
    learn(linear, TEXTS, TARGETS, kind)
    assert len(first) >= 3 and all(torch.equal(mask, first[0]) for mask in first)
    assert not torch.equal(masks[-1], first[0])


def test_an_ascent_begins_inside_the_ball_and_not_in_the_padding(
    linear: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []
    plain = Texts.logits

    def noted(texts: Texts, perturbation: Tensor | None = None) -> Tensor:
        assert perturbation is not None
        seen.append(perturbation.detach().clone())
        return plain(texts, perturbation)

    monkeypatch.setattr(Texts, "logits", noted)
    learn(linear, TEXTS, TARGETS, FreeLB(kind="freelb", radius=0.3, step_size=0.9, steps=3))
    sizes = torch.stack([each.flatten(1).norm(dim=1) for each in seen]) / norms()
    assert (sizes[0] < 0.3).all() and (sizes[0] > 0.05).all()
    torch.testing.assert_close(sizes[1:], torch.full((2, 2), 0.3))
    assert all((each[1, 2] == 0).all() for each in seen)


def test_a_virtual_perturbation_goes_along_what_changes_the_answer_and_moves_it_as_computed(linear: Encoder) -> None:
    # Of two labels the answer depends on the difference of the columns alone: one power iteration finds it exactly.
    kind = Virtual(kind="virtual", radius=0.3, step_size=1e-2, steps=1, weight=2.0)
    said = Texts(linear, TEXTS).logits().detach().log_softmax(1)
    shifts = [Texts(linear, TEXTS).logits(sign * worst(linear, 0.3)).detach().log_softmax(1) for sign in (1, -1)]
    expected = [(said.exp() * (said - there)).sum(1) for there in shifts]
    torch.manual_seed(0)
    found = divergence(Texts(linear, TEXTS), kind).detach()
    either = [(a + b) / 2 for a in (expected[0][0], expected[1][0]) for b in (expected[0][1], expected[1][1])]
    assert min((found - each).abs() for each in either) < 1e-3 * found


def test_virtual_perturbations_need_no_label_and_other_kinds_read_no_other_text(linear: Encoder) -> None:
    kind = Virtual(kind="virtual", radius=0.3, step_size=1e-2, steps=1, weight=2.0)
    torch.manual_seed(0)
    alone = learn(linear, TEXTS, TARGETS, kind)
    linear.zero_grad()
    torch.manual_seed(0)
    both = learn(linear, TEXTS, TARGETS, kind, unlabelled=TEXTS)
    assert both > alone
    assert learn(linear, TEXTS, TARGETS, Unperturbed(kind="none"), unlabelled=TEXTS) == loss_at(linear, None)


def test_a_perturbation_is_as_large_beside_embeddings_of_any_size(linear: Encoder) -> None:
    kind = Fgm(kind="fgm", radius=0.3, weight=1.0)
    before = learn(linear, TEXTS, TARGETS, kind)
    with torch.no_grad():
        linear.embedding.weight.mul_(10)
        cast("Linear", linear).weight.div_(10)
    torch.testing.assert_close(learn(linear, TEXTS, TARGETS, kind), before)


# Learning rates.


def rates(rule: dict[str, Any], steps: int = 20, warmup: int = 4) -> npt.NDArray[np.float64]:
    rate = Rate(parameters(rate=rule, steps=steps, warmup=warmup, learning_rate=2.0))
    return np.array([rate.rate(k) for k in range(steps)])


def test_rules_are_their_closed_forms() -> None:
    k = np.arange(1, 21)
    rising = np.minimum(1, k / 4)
    np.testing.assert_allclose(rates({"kind": "constant"}), 2 * rising)
    np.testing.assert_allclose(rates({"kind": "inverse_sqrt"}), 2 * np.minimum(k / 4, np.sqrt(4 / np.maximum(k, 4))))
    half = 0.2 + 0.8 * (1 + np.cos(np.pi * np.maximum(0, k - 4) / 16)) / 2
    np.testing.assert_allclose(rates({"kind": "cosine", "floor": 0.2}), 2 * rising * half)
    plateau = {"kind": "plateau", "min_gain": 0.1, "cut": 0.5, "cuts": 2}
    np.testing.assert_allclose(rates(plateau), 2 * rising)
    assert rates({"kind": "inverse_sqrt"}, warmup=0)[3] == pytest.approx(1.0)


def test_a_plateau_is_cut_until_training_has_converged() -> None:
    rate = Rate(parameters(rate={"kind": "plateau", "min_gain": 0.1, "cut": 0.5, "cuts": 2}, warmup=0))
    assert [rate.hear(loss) for loss in (1.0, 0.8, 0.75)] == [None, None, None]
    assert rate.rate(9) == pytest.approx(0.5 * 0.04)
    assert rate.hear(0.7) == "converged"


def test_a_schedule_without_an_end_converges_where_validations_stop_gaining() -> None:
    rate = Rate(parameters(patience=2))
    assert [rate.hear(loss) for loss in (1.0, 1.1, 0.9, 0.9)] == [None] * 4
    assert rate.hear(1.0) == "converged"


# Augmentation.


def words(*ways: str, texts: float = 1.0, share: float = 0.3) -> Words:
    return validate_section(Words, AUGMENTED | {"ways": [*ways], "texts": texts, "share": share}, "augmentation")


SENTENCES = [[7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [7, 8], [9], []]
NEIGHBOURS = np.tile(np.arange(31)[:, None], (1, 3)) + 1


def test_each_way_of_augmentation_changes_what_it_says_and_no_more() -> None:
    for step in range(50):
        swapped = Augmentation(words("swaps"), NEIGHBOURS, 1)(SENTENCES, step)
        assert [Counter(text) for text in swapped] == [Counter(text) for text in SENTENCES]
        replaced = Augmentation(words("synonyms"), NEIGHBOURS, 1)(SENTENCES, step)
        moved = [[b - a for a, b in zip(old, new, strict=True)] for old, new in zip(SENTENCES, replaced, strict=True)]
        assert [Counter(each)[1] for each in moved] == [3, 1, 0, 0] and set().union(*moved) == {0, 1}
        kept = Augmentation(words("deletions"), NEIGHBOURS, 1)(SENTENCES, step)
        assert [len(text) for text in kept] == [7, 1, 1, 0]
        assert all(sorted(new) == new and set(new) <= set(old) for old, new in zip(SENTENCES, kept, strict=True))


def test_augmentation_follows_from_seed_and_step_and_leaves_the_share_that_it_should() -> None:
    many = [SENTENCES[0]] * 1000
    change = Augmentation(words("deletions", texts=0.3), NEIGHBOURS, 1)
    assert change(many, 4) == Augmentation(words("deletions", texts=0.3), NEIGHBOURS, 1)(many, 4) != change(many, 5)
    assert sum(text != SENTENCES[0] for text in change(many, 4)) / 1000 == pytest.approx(0.3, abs=0.05)


def test_neighbours_are_the_nearest_by_cosine_and_those_of_the_unknown_are_themselves() -> None:
    vectors = np.array([[9, 9], [1, 0], [2, 0.1], [0, 1], [0.1, 3]], dtype=np.float32)
    found = nearest(vectors, np.array([1, 2, 3, 4]), 2)
    assert found.tolist() == [[0, 0], [2, 4], [1, 4], [4, 2], [3, 2]]
    assert nearest(vectors, np.array([1, 2]), 2).tolist() == [[0, 0], [2, 1], [1, 2], [3, 3], [4, 4]]


def test_words_that_keep_the_same_company_are_neighbours() -> None:
    # 7 and 8 stand where the other may; so do 9 and 10
    texts = [[11, a, 12, 13] for a in (7, 8)] * 5 + [[14, b, 15, 16] for b in (9, 10)] * 5
    found = nearest(company(texts, 31), np.arange(7, 17), 1)[:, 0]
    assert found[[7, 8, 9, 10]].tolist() == [8, 7, 10, 9]


def test_augmented_texts_keep_their_labels_and_end(setting: Setting) -> None:
    method = Classification(setting, parameters(augmentation={**AUGMENTED, "texts": 1.0}))
    batch, plain = method.texts(2), method.batches[2]
    assert torch.equal(batch.prompt, plain.prompt)
    assert not (batch.text.shape == plain.text.shape and torch.equal(batch.text, plain.text))
    rows = torch.arange(len(batch))
    assert (batch.text[rows, batch.text_lengths - 1] == EXAMPLE.eos).all()
    assert ((batch.text == 0) == (torch.arange(batch.text.shape[1]) >= batch.text_lengths[:, None])).all()
    assert set(batch.text.unique().tolist()) <= {0, EXAMPLE.eos, *WORDS}
