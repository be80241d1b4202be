"""Sentences as prompts and texts: a style's token, and noise that follows from the seed and the id."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.tasks.style.arrays.arrays import UnusableStyles, pack
from promptgan.tasks.style.arrays.noise import noised
from promptgan.tasks.style.arrays.parameters import Noise, Parameters
from tests.tasks.style.conftest import sentences

NOISE = Noise(copies=3, dropout=0.2, shuffle=2, seed=1)
PARAMETERS = Parameters(vocabulary=400, lowercase=True, max_tokens=30, noise=NOISE)
TEXT = " ".join(f"w{n:02d}" for n in range(40))


def written(folder: Path, records: pd.DataFrame) -> Path:
    for split in ("train", "val", "test", "judge"):
        records.to_parquet(folder / f"{split}.parquet", index=False)
    return folder


def read(path: Path) -> pa.Table:
    return pa.ipc.open_file(path).read_all()


def test_a_word_moves_by_as_many_places_as_are_allowed_and_no_more() -> None:
    still = NOISE.model_copy(update={"dropout": 0.0})
    moved = {
        abs(place - int(word[1:]))
        for n in range(50)
        for place, word in enumerate(noised(TEXT, str(n), 0, still).split())
    }
    assert moved == {0, 1, 2}


def test_words_are_left_out_as_often_as_asked_and_keep_their_order_without_a_shuffle() -> None:
    plain = NOISE.model_copy(update={"shuffle": 0})
    left = [noised(TEXT, str(n), 0, plain).split() for n in range(50)]
    assert 0.15 < 1 - sum(map(len, left)) / 2000 < 0.25
    assert all(words == sorted(words) for words in left)
    assert noised("alone", "1", 0, NOISE.model_copy(update={"dropout": 0.99})) == "alone"


def test_noise_follows_from_seed_id_and_copy() -> None:
    other = NOISE.model_copy(update={"seed": 2})
    found = [noised(TEXT, *of) for of in (("a", 0, NOISE), ("b", 0, NOISE), ("a", 1, NOISE), ("a", 0, other))]
    assert len(set(found)) == 4
    assert noised(TEXT, "a", 0, NOISE) == found[0]


def test_a_prompt_is_the_style_and_noise_and_training_sentences_come_several_times(tmp_path: Path) -> None:
    records = sentences(40)
    meta = pack(written(tmp_path, records), tmp_path / "out", PARAMETERS)
    tokenizer, train, val = (
        load_tokenizer(tmp_path / "out"),
        *(read(tmp_path / f"out/{n}.arrow") for n in ("train", "val")),
    )
    assert meta["styles"] == ["negative", "positive"] and meta["splits"]["train"]["records"] == 40
    assert train["id"].to_pylist() == records["id"].tolist() * 3
    assert len(val) == 40
    assert decode(tokenizer, train["text"].to_pylist()) == records["text"].tolist() * 3
    prompts = train["prompt"].to_pylist()
    assert [tokenizer.id_to_token(prompt[0]) for prompt in prompts] == [f"<{label}>" for label in records["label"]] * 3
    expected = [noised(t, i, c, NOISE) for c in range(3) for i, t in zip(records["id"], records["text"], strict=True)]
    assert decode(tokenizer, prompts) == expected
    assert len(set(expected)) > 100


def test_a_sentence_that_is_too_long_keeps_its_beginning(tmp_path: Path) -> None:
    pack(written(tmp_path, sentences(20)), tmp_path / "out", PARAMETERS.model_copy(update={"max_tokens": 5}))
    train = read(tmp_path / "out/train.arrow")
    assert {len(row) for row in train["prompt"].to_pylist()} <= {4, 5}
    assert {len(row) for row in train["text"].to_pylist()} == {4}


@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"], ["a", "unk"]])
def test_other_than_two_styles_with_names_of_their_own_are_refused(labels: list[str], tmp_path: Path) -> None:
    records = sentences(30).assign(label=[labels[n % len(labels)] for n in range(30)])
    with pytest.raises(UnusableStyles, match=", ".join(labels)):
        pack(written(tmp_path, records), tmp_path / "out", PARAMETERS)
