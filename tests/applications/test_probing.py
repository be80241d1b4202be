"""WEAT against the numbers of wefe 1.0.1 and an enumeration, gaps of sentences one by one; what is refused."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from typer.testing import CliRunner

from promptgan.applications.probing import probe, sentences
from promptgan.applications.probing.findings import SENTENCES, findings
from promptgan.applications.probing.weat import associations, effect, weat
from promptgan.applications.probing.word_sets import QUERIES, Query
from promptgan.cli import app
from promptgan.core.record import sha256
from promptgan.networks import folder
from promptgan.tasks.text.samples.samples import load
from tests.conftest import EXAMPLE, GENERATOR

VECTORS = np.random.default_rng(7).normal(size=(20, 6))
"""What wefe 1.0.1 was given as the vectors of twenty words."""
ATTRIBUTES = VECTORS[10:15], VECTORS[15:]
WORDS = ["he", "him", "his", "man", "she", "her", "girl", "Ann", "work", "pay", "boss", "job", "home", "kin", "son"]
SETS = {
    "he": WORDS[:4],
    "she": [*WORDS[4:8], "hers"],
    "job": WORDS[8:12],
    "home": [*WORDS[12:], "houses"],
    "near": [*WORDS[12:], "house"],
}


@pytest.mark.parametrize(("first", "effect"), [(5, -0.6980882630687334), (4, -0.5648490217340615)])
def test_effect_size_is_that_of_wefe(first: int, effect: float) -> None:
    found = weat((VECTORS[:first], VECTORS[5:10]), ATTRIBUTES)
    assert found.effect_size == pytest.approx(effect, abs=1e-6)


def test_p_is_the_share_of_all_partitions_that_reach_the_difference() -> None:
    told = associations(VECTORS[:10], *ATTRIBUTES)
    differences = [told[list(chosen)].mean() - np.delete(told, chosen).mean() for chosen in combinations(range(10), 4)]
    observed = differences[0]  # of the first four
    expected = np.mean([each >= observed - 1e-12 for each in differences])
    assert weat((VECTORS[:4], VECTORS[4:10]), ATTRIBUTES).p == pytest.approx(expected)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder whose generator knows `WORDS` as tokens, in lower case."""
    words = {word.lower(): 4 + place for place, word in enumerate([*WORDS, "house", "s"])}
    tokenizer = Tokenizer(models.WordPiece({"<unk>": 1, **words, "##s": 40}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    path = tmp_path_factory.mktemp("model")
    network = folder.build("tokens", "generator", GENERATOR, EXAMPLE)
    index = folder.described("text", "tokens", EXAMPLE)
    folder.save(
        path, {"generator": network}, {"generator": GENERATOR}, index, {"tokenizer.json": tokenizer.to_str().encode()}
    )
    return path


def test_a_test_with_too_few_words_is_refused_by_name(model: Path) -> None:
    queries = [Query(("he", "she"), ("job", "home")), Query(("he", "she"), ("job", "near"))]
    refused, done = probe.probe(probe.Embeddings(model), SETS, queries, seed=1)
    assert refused.refused == "home has 3"
    assert refused.association is None
    assert done.association is not None
    assert done.lost == {"he": [], "she": ["hers"], "job": [], "near": []}
    assert done.found["she"] == WORDS[4:8]  # Ann in lower case


def test_pieces_are_averaged_where_asked(model: Path) -> None:
    whole, pieces = probe.Embeddings(model), probe.Embeddings(model, pieces=True)
    assert whole["houses"] is None
    assert pieces["unheard"] is None
    found, house = pieces["houses"], whole["house"]
    assert found is not None
    assert house is not None
    np.testing.assert_allclose(found, (house + whole.table[40]) / 2)


def test_a_gap_is_the_mean_difference_of_log_probabilities_of_each_text_read_alone(model: Path) -> None:
    loaded, sets = load(model), (("boss", "job", "home", "kin"), ("pay", "son", "girl", "house", "plumber"))
    found = sentences.gaps(loaded, sets)
    assert found.lost == ["plumber"]

    def log_p(prompt: str, text: str) -> float:
        asked, told = (loaded.tokenizer.encode(each).ids for each in (prompt, text))
        generator, targets = loaded.generator, torch.tensor([*told, EXAMPLE.eos])
        inputs = torch.tensor([[EXAMPLE.bos, *told]])
        features = generator(torch.tensor([asked[-EXAMPLE.max_tokens :]]), torch.tensor([len(asked)]), inputs)
        logits = generator.logits(features)[0].log_softmax(-1)
        return float(logits[torch.arange(len(targets)), targets].sum())

    with torch.no_grad():
        expected = {
            name: np.mean([log_p(he, his.format(f"a {name}")) - log_p(she, her.format(f"a {name}"))
                           for (he, his), (she, her) in sentences.TEMPLATES])
            for name in (*sets[0], *sets[1][:-1])
        }  # fmt: skip
    assert found.gaps == pytest.approx(expected, abs=1e-5)
    values = np.array(list(expected.values()))
    assert found.means == pytest.approx((values[:4].mean(), values[4:].mean()), abs=1e-5)
    assert tuple(found.association) == pytest.approx(tuple(effect(values[:4], values[4:])), abs=1e-3)


def test_a_vocabulary_that_spells_too_few_occupations_is_refused(model: Path) -> None:
    with pytest.raises(sentences.TooFewKnown, match="cannot spell driver, "):
        sentences.gaps(load(model))


def test_all_that_is_kept_is_bound_to_the_weights_and_says_what_single_probes_say(model: Path) -> None:
    sets = {name: WORDS[4 * (place % 3) :][:4] for place, name in enumerate(n for q in QUERIES for n in sum(q, ()))}
    found = findings(model, sets)
    assert {finding.weights for finding in found} == {sha256(model / "generator.safetensors")}
    assert len(found) == 2 * len(QUERIES) + 1
    assert found[-1][1:] == (SENTENCES, "occupations of more men / of more women with men / women", None, None, "")
    alone = probe.probe(probe.Embeddings(model), sets, QUERIES[:1], seed=1)[0].association
    assert alone
    assert found[0][2:] == (str(QUERIES[0]), *alone, "4 of 4, 4 of 4, 4 of 4, 4 of 4")


@pytest.mark.parametrize("options", [["--keep", "--json"], ["--keep", "--sentences"], ["--pieces", "--sentences"]])
def test_options_that_would_be_passed_over_are_refused(options: list[str]) -> None:
    assert "--keep takes all tests" in CliRunner().invoke(app, ["probe", *options]).stderr
