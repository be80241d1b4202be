from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens.pairs import Pairs
from promptgan.tasks.text.arrays.arrays import Parameters as Tokens
from promptgan.tasks.text.arrays.arrays import pack
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.judges.judges import (
    Fitted,
    Parameters,
    TooFewPairs,
    fit,
    inverse_document_frequency,
    parts,
    ranking,
    term_counts,
)
from promptgan.training.loop.checkpoint import Checkpoint
from tests.conftest import EXAMPLE

PARAMETERS = Parameters(embedding=32, dropout=0.2, word_dropout=0.1, batch=16, learning_rate=0.01, epochs=6, patience=6)
COMPUTE = Compute(device="cpu", threads=1, precision="float32")
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def repository(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("repository"))


def fitted(pairs: Pairs, seed: int = 1) -> Fitted:
    with Checkpoint("judges", {}) as checkpoint:
        found = fit(pairs, EXAMPLE, PARAMETERS, COMPUTE, seed, CPU, checkpoint)
    assert isinstance(found, Fitted)
    return found


def matching_pairs(folder: Path, count: int) -> Pairs:
    """Prompts of words 4.. whose true texts are of other words, so that only what is learnt can tell them."""
    random = np.random.default_rng(0)
    topics = random.integers(0, 12, count)
    rows = [
        (f"r{i}", f"ask{t} word{random.integers(5)}", f"answer{t} thing{random.integers(5)}")
        for i, t in enumerate(topics)
    ]
    frame = pd.DataFrame(rows, columns=["id", "prompt", "text"])
    (folder / "v").mkdir()
    for split in ("train", "val", "test", "judge"):
        frame.to_parquet(folder / "v" / f"{split}.parquet", index=False)
    pack(folder / "v", folder / "t", Tokens(level="word", vocabulary=64, lowercase=True, max_tokens=8))
    return Pairs(folder / "t" / "judge.arrow")


@pytest.mark.usefixtures("one_thread")
def test_the_matcher_learns_what_words_do_not_share(tmp_path: Path) -> None:
    metrics = fitted(matching_pairs(tmp_path, 240)).metrics
    assert metrics["tf_idf"]["accuracy"] == pytest.approx(0.5, abs=0.02)
    assert metrics["matcher"]["accuracy"] > 0.85
    assert metrics["matcher"]["mrr"] > metrics["tf_idf"]["mrr"]


def test_where_texts_answer_no_prompt_there_is_no_matcher_and_the_folder_says_so(tokens: Path, tmp_path: Path) -> None:
    with Checkpoint("judges", {}) as checkpoint:
        example = replace(EXAMPLE, prompted=False)
        found = fit(Pairs(tokens / "judge.arrow"), example, PARAMETERS, COMPUTE, 1, CPU, checkpoint)
    found.save(tmp_path)
    assert found.metrics["kind"] == "none"
    assert "no prompt" in found.sentence
    assert dual_encoder.load(tmp_path) is None


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_the_same_bytes(tokens: Path, tmp_path: Path) -> None:
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        found = fitted(Pairs(tokens / "judge.arrow"), seed)
        dual_encoder.save(tmp_path / name, found.matcher, found.metrics)
        contents.append((tmp_path / name / dual_encoder.WEIGHTS).read_bytes())
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.usefixtures("one_thread")
def test_a_saved_matcher_scores_the_same(tokens: Path, tmp_path: Path) -> None:
    matcher = fitted(Pairs(tokens / "judge.arrow")).matcher
    dual_encoder.save(tmp_path, matcher, {})
    prompts, texts = dual_encoder.padded([[4, 5], [6]]), dual_encoder.padded([[7], []])
    with torch.no_grad():
        assert torch.equal(dual_encoder.load(tmp_path).score(prompts, texts), matcher.score(prompts, texts))


def test_too_few_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooFewPairs, match="19 pairs"):
        fitted(matching_pairs(tmp_path, 19))


@pytest.mark.parametrize("count", [20, 57, 1000])
def test_pairs_for_stopping_and_reporting_are_from_all_over_and_neighbours_stay_together(count: int) -> None:
    places = parts(count)
    assert sorted(np.concatenate(places)) == list(range(count))
    for held in places[1:]:
        stretches = 1 + (np.diff(held) > 1).sum()
        assert stretches == min(10, count // 10) and abs(len(held) - count / 10) <= stretches


def test_ranking_counts_half_of_ties() -> None:
    scores = np.array([[3, 1, 2], [0, 0, 0], [5, 4, 4]], dtype=np.float32)
    assert ranking(scores, 1) == {"accuracy": round((2 + 1 + 0.5) / 6, 4), "mrr": round((1 + 1 / 2 + 1 / 2.5) / 3, 4)}


def test_inverse_document_frequency_counts_a_document_once() -> None:
    found = inverse_document_frequency([torch.tensor([[1, 1, 2]]), torch.tensor([[1, dual_encoder.ABSENT]])], 4)
    expected = 1 + np.log([3 / 1, 3 / 3, 3 / 2, 3 / 1])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_the_token_of_id_zero_counts_and_what_pads_a_row_does_not() -> None:
    torch.manual_seed(1)
    matcher = dual_encoder.DualEncoder(6, 4).eval()
    with torch.no_grad():
        alone, beside_longer, without_it = (
            matcher(dual_encoder.padded(rows), "text")[0] for rows in ([[0, 3]], [[0, 3], [3] * 5], [[3]])
        )
    torch.testing.assert_close(beside_longer, alone)
    assert not torch.allclose(without_it, alone)
    np.testing.assert_array_equal(term_counts(dual_encoder.padded([[0, 0, 3], [3]]), 4), [[2, 0, 0, 1], [0, 0, 0, 1]])


def test_a_folder_without_a_matcher_is_refused(tmp_path: Path) -> None:
    with pytest.raises(dual_encoder.NoMatcher, match="dvc repro judges"):
        dual_encoder.load(tmp_path)
