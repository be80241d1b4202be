"""A model with latent vectors is measured by bounds, which say that they are."""

from pathlib import Path
from typing import Any

import pytest
import torch

from promptgan.forms.tokens.decoding import latent_vectors
from promptgan.forms.tokens.elbo import negative_elbo
from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks import folder
from promptgan.tasks.text.measures import bound
from promptgan.tasks.text.measures import measures as text
from tests.conftest import EXAMPLE

SECTION = {"network": "latent", "latent": 3, "embedding": 8, "width": 8, "dropout": 0.1, "word_dropout": 0.0}
PARAMETERS = text.Parameters(language_model_order=3, jackknife_groups=4, verse=False)


@pytest.fixture
def networks(tokens: Path, models: Path) -> dict[str, Any]:
    """The twin of `models` is one with latent vectors: its generator and encoder."""
    made = {role: folder.build("tokens", role, SECTION, EXAMPLE).eval() for role in ("generator", "encoder")}
    index = {**folder.described("text", "tokens", EXAMPLE), "converged": True}
    files = {"tokenizer.json": tokens / "tokenizer.json"}
    folder.save(models / "pretrained", made, dict.fromkeys(made, SECTION), index, files)
    return made


def test_its_nll_is_the_bound_of_each_pair_by_itself(tokens: Path, networks: dict[str, Any]) -> None:
    pairs = Pairs(tokens / "test.arrow")
    encoder, generator = networks["encoder"], networks["generator"]
    found = bound.bounds(encoder, generator, pairs, (0.5, 1.0), 1, torch.device("cpu"))
    noise = latent_vectors(1, bound.SAMPLES * len(pairs), 3)[:: bound.SAMPLES]
    order = pairs.lengths.argsort(kind="stable")
    parts = [
        negative_elbo(encoder, generator, pairs.batch(order[i : i + 1]), noise[i : i + 1], (0.5, 1.0))
        for i in range(len(pairs))
    ]
    assert found[0].tolist() == pytest.approx(sum(part.nats for part in parts).tolist(), rel=1e-5)
    assert found[1] == sum(part.tokens for part in parts)
    divergence = sum(part.posterior.divergence().sum().item() for part in parts) / len(pairs)
    assert found[2]["latent_kl"] == pytest.approx(divergence, rel=1e-4)


def test_its_numbers_stand_in_its_column_alone_and_the_signature_calls_them_bounds(
    tokens: Path, models: Path, samples: Path, networks: dict[str, Any]
) -> None:
    metrics, curves = text.evaluate(tokens, models, samples, PARAMETERS, 1, torch.device("cpu"))
    twin, adversarial = (metrics["systems"][name] for name in ("twin", "adversarial"))
    assert set(twin) - set(adversarial) == set(bound.NAMES)
    assert twin["nll_importance"] <= twin["nll"]
    assert [{row[name] for row in curves if row["model"] == "twin"} for name in bound.NAMES] == [
        {twin[name]} for name in bound.NAMES
    ]
    assert bound.SIGNATURE in metrics["signature"]


def test_without_latent_vectors_nobody_speaks_of_bounds(evaluation: text.Evaluation) -> None:
    metrics, curves = evaluation
    assert bound.SIGNATURE not in metrics["signature"]
    assert not set(bound.NAMES) & set(curves[-1])
