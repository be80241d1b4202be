"""Sentences as prompts and texts: what marks a style is hidden, and noise follows from the seed and the id."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from promptgan.forms.tokens.markers import asked, load_markers
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.tasks.style.arrays.arrays import UnusableStyles, pack
from promptgan.tasks.style.arrays.noise import noised
from promptgan.tasks.style.arrays.parameters import Marking, Noise, Parameters
from tests.tasks.style.conftest import WORDS as WORDS_OF_STYLES
from tests.tasks.style.conftest import sentences

NOISE = Noise(copies=3, dropout=0.2, seed=1)
MARKERS = Marking(longest=2, threshold=3.0, smoothing=1.0)
PARAMETERS = Parameters(vocabulary=400, lowercase=True, max_tokens=30, markers=MARKERS, noise=NOISE)
WORDS = [[n] for n in range(40)]


def written(folder: Path, records: pd.DataFrame) -> Path:
    for split in ("train", "val", "test", "judge"):
        records.to_parquet(folder / f"{split}.parquet", index=False)
    return folder


def read(path: Path) -> pa.Table:
    return pa.ipc.open_file(path).read_all()


def test_words_are_left_out_as_often_as_asked_in_their_order_and_gaps_never() -> None:
    left = [noised([*WORDS, [], []], str(n), 0, NOISE) for n in range(50)]
    assert 0.15 < 1 - sum(len(words) - 2 for words in left) / 2000 < 0.25
    assert all(words[:-2] == sorted(words[:-2]) and words[-2:] == [[], []] for words in left)
    assert noised([], "1", 0, NOISE) == []


def test_noise_follows_from_seed_id_and_copy() -> None:
    other = NOISE.model_copy(update={"seed": 2})
    found = [noised(WORDS, *of) for of in (("a", 0, NOISE), ("b", 0, NOISE), ("a", 1, NOISE), ("a", 0, other))]
    assert len({str(words) for words in found}) == 4
    assert noised(WORDS, "a", 0, NOISE) == found[0]


def test_a_prompt_asks_for_the_style_and_training_sentences_come_several_times_with_noise(tmp_path: Path) -> None:
    records = sentences(40)
    meta = pack(written(tmp_path, records), tmp_path / "out", PARAMETERS)
    tokenizer, markers = load_tokenizer(tmp_path / "out"), load_markers(tmp_path / "out")
    train, val = (read(tmp_path / f"out/{n}.arrow") for n in ("train", "val"))
    assert meta["styles"] == ["negative", "positive"] and meta["splits"]["train"]["records"] == 40
    assert train["id"].to_pylist() == records["id"].tolist() * 3
    assert len(val) == 40
    assert decode(tokenizer, train["text"].to_pylist()) == records["text"].tolist() * 3
    styles = [tokenizer.token_to_id(f"<{label}>") for label in records["label"]]
    contents = [markers.content(each) for each in tokenizer.encode_batch(records["text"].tolist())]
    assert all([] in content for content in contents)  # else the next lines say little
    assert val["prompt"].to_pylist() == [asked(*of, 30) for of in zip(styles, contents, strict=True)]
    assert train["prompt"].to_pylist() == [
        asked(style, noised(content, identifier, copy, NOISE), 30)
        for copy in range(3)
        for style, content, identifier in zip(styles, contents, records["id"], strict=True)
    ]
    told = {word for words in WORDS_OF_STYLES.values() for word in words}
    assert not told & {word for prompt in decode(tokenizer, val["prompt"].to_pylist()) for word in prompt.split()}


def test_a_sentence_that_is_too_long_keeps_its_beginning(tmp_path: Path) -> None:
    pack(written(tmp_path, sentences(20)), tmp_path / "out", PARAMETERS.model_copy(update={"max_tokens": 5}))
    train = read(tmp_path / "out/train.arrow")
    assert max(len(row) for row in train["prompt"].to_pylist()) == 5
    assert {len(row) for row in train["text"].to_pylist()} == {4}


@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"], ["a", "unk"]])
def test_other_than_two_styles_with_names_of_their_own_are_refused(labels: list[str], tmp_path: Path) -> None:
    records = sentences(30).assign(label=[labels[n % len(labels)] for n in range(30)])
    with pytest.raises(UnusableStyles, match=", ".join(labels)):
        pack(written(tmp_path, records), tmp_path / "out", PARAMETERS)
