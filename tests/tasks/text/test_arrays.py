"""Text to token ids: what is learnt from what, what survives the way there and back, and memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tokens import form
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.tasks.text.arrays import arrays as text
from promptgan.tasks.text.arrays.arrays import NothingToFit, Parameters, fit, pack

ROOT = Path(__file__).parents[2]


def parameters(level: str, **changes: Any) -> Parameters:
    return Parameters.model_validate({"level": level, "vocabulary": 400, "lowercase": True, "max_tokens": 10} | changes)


def write(folder: Path, **splits: list[tuple[str, str]]) -> Path:
    folder.mkdir(parents=True)
    for split in text.SPLITS:
        rows = [(f"{split}-{i}", *pair) for i, pair in enumerate(splits.get(split, []))]
        pd.DataFrame(rows, columns=["id", "prompt", "text"]).astype(object).to_parquet(folder / f"{split}.parquet")
    return folder


@pytest.mark.parametrize("level", ["bpe", "word", "character"])
def test_the_same_records_give_the_same_bytes(level: str, validated: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        pack(validated, tmp_path / name, parameters(level))
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.parametrize("level", ["bpe", "word", "character"])
def test_a_corpus_is_encoded_and_teaches_the_tokenizer_nothing(level: str, tmp_path: Path) -> None:
    for name in ("with", "without"):
        write(tmp_path / name, train=[("a", "c d")] * 3)
    corpus = pd.DataFrame([("c0", "", "d e c"), ("c1", "", "c " * 20)], columns=["id", "prompt", "text"])
    corpus.to_parquet(tmp_path / "with/corpus.parquet")
    metas = {
        name: pack(tmp_path / name, tmp_path / f"{name}-tokens", parameters(level)) for name in ("with", "without")
    }
    counts = metas["with"]["splits"].pop("corpus")
    assert metas["with"] == metas["without"]
    assert (counts["records"], counts["prompt_tokens"], counts["cut"]) == (2, 0, 1)
    pairs = form.split(tmp_path / "with-tokens", "corpus")
    assert pairs.text_lengths.sum() == counts["text_tokens"]
    assert pairs.prompt_lengths.tolist() == [0, 0]
    for file in (tmp_path / "without-tokens").iterdir():
        if file.name != "meta.json":
            assert file.read_bytes() == (tmp_path / "with-tokens" / file.name).read_bytes()


@pytest.mark.parametrize("level", ["bpe", "word", "character"])
def test_the_special_tokens_have_their_ids(level: str, validated: Path, tmp_path: Path) -> None:
    meta = pack(validated, tmp_path, parameters(level))
    assert [load_tokenizer(tmp_path).id_to_token(i) for i in (PAD, UNK, BOS, EOS)] == SPECIAL_TOKENS
    assert meta["vocabulary"] == load_tokenizer(tmp_path).get_vocab_size() <= 400
    assert meta == json.loads((tmp_path / "meta.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("level", ["bpe", "word", "character"])
def test_an_empty_prompt_has_no_token_and_is_known_for_what_it_is(level: str, tmp_path: Path) -> None:
    asked = {"none": [("", "c d")] * 3, "some": [("a", "c d")] * 3}
    for name, rows in asked.items():
        pack(write(tmp_path / name, train=rows), tmp_path / f"{name}-tokens", parameters(level))
    assert Pairs(tmp_path / "none-tokens/train.arrow").prompt_lengths.tolist() == [0, 0, 0]
    assert not form.example(tmp_path / "none-tokens").prompted
    assert form.example(tmp_path / "some-tokens").prompted


def test_nothing_is_learnt_from_another_split(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", train=[("a b", "c d")] * 3, val=[("a secret", "c")], judge=[("b", "d d")])
    meta = pack(folder, tmp_path / "out", parameters("word"))
    assert load_tokenizer(tmp_path / "out").token_to_id("secret") is None
    assert meta["splits"]["val"] == {"records": 1, "prompt_tokens": 2, "text_tokens": 1, "unknown": 1, "cut": 0}
    assert Pairs(tmp_path / "out/val.arrow").rows("prompt", np.array([0]))[0][1] == UNK
    assert meta["splits"]["test"]["records"] == 0


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40))
@settings(max_examples=60, deadline=None)
def test_byte_level_bpe_knows_no_unknown_text(sentence: str) -> None:
    tokenizer = BPE
    ids = tokenizer.encode(sentence, add_special_tokens=False).ids
    assert UNK not in ids
    assert decode(tokenizer, [ids]) == [tokenizer.normalizer.normalize_str(sentence).strip()]


BPE = fit(iter(["the quick brown fox", "jumps over the lazy dog"]), parameters("bpe"))


def test_chinese_goes_character_by_character_and_comes_back(tmp_path: Path) -> None:
    line = "白日依山盡,黃河入海流。"
    folder = write(tmp_path / "in", train=[(line, line)])
    pack(folder, tmp_path / "out", parameters("character", max_tokens=20))
    tokenizer = load_tokenizer(tmp_path / "out")
    ids = tokenizer.encode(line, add_special_tokens=False).ids
    assert (len(ids), decode(tokenizer, [ids])) == (len(line), [line])


def test_a_long_prompt_keeps_its_end_and_a_long_text_its_beginning(tmp_path: Path) -> None:
    words = "a b c d e f"
    folder = write(tmp_path / "in", train=[(words, words)])
    meta = pack(folder, tmp_path / "out", parameters("word", max_tokens=4))
    tokenizer, pairs = load_tokenizer(tmp_path / "out"), Pairs(tmp_path / "out/train.arrow")
    sides = {side: tokenizer.decode(pairs.rows(side, np.array([0]))[0]) for side in ("prompt", "text")}
    assert sides == {"prompt": "c d e f", "text": "a b c d"}
    assert meta["splits"]["train"]["cut"] == 2


def test_records_keep_their_order_across_chunks(
    validated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CHUNK", 7)
    pack(validated, tmp_path, parameters("word"))
    pairs, records = Pairs(tmp_path / "train.arrow"), pd.read_parquet(validated / "train.parquet")
    everything = np.arange(len(records))
    assert pa.ipc.open_file(tmp_path / "train.arrow").read_all()["id"].to_pylist() == records["id"].tolist()
    assert decode(load_tokenizer(tmp_path), pairs.rows("text", everything)) == records["text"].tolist()


def test_no_training_record_is_a_clean_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", test=[("a", "b")])
    with pytest.raises(NothingToFit, match="which rule took them"):
        pack(folder, tmp_path / "out", parameters("bpe"))


PEAK = """
import resource, sys
from pathlib import Path
from promptgan.tasks.text.arrays.arrays import Parameters, pack
settings = Parameters(level="bpe", vocabulary=600, lowercase=True, max_tokens=32)
pack(Path(sys.argv[1]), Path(sys.argv[2]), settings)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is of Unix")
def test_ten_times_the_data_takes_the_same_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["".join(rng.choice(list("abcdefgh"), 5)) for _ in range(400)])
    pairs = [tuple(" ".join(words[row]) for row in rng.integers(0, 400, (2, 8))) for _ in range(4_000)]
    peaks = []
    for name, times in (("one", 1), ("ten", 10)):
        folder = write(tmp_path / name, train=pairs * times)
        command = [sys.executable, "-c", PEAK, str(folder), str(tmp_path / f"{name}-tokens")]
        done = subprocess.run(
            command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] <= 1.2 * peaks[0]


@pytest.mark.parametrize("level", ["bpe", "word", "character"])
def test_a_special_token_in_a_record_is_text(level: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", train=[("<s>a</s>", "<pad> b </s>")] * 9)
    pack(folder, tmp_path / "out", parameters(level))
    pairs = Pairs(tmp_path / "out/train.arrow")
    rows = [*pairs.rows("prompt", np.array([0])), *pairs.rows("text", np.array([0]))]
    rows.append(load_tokenizer(tmp_path / "out").encode("<s>a</s>", add_special_tokens=False).ids)
    assert all(not {PAD, UNK, BOS, EOS} & set(row) for row in rows)


def test_a_byte_level_vocabulary_holds_all_bytes() -> None:
    assert parameters("bpe", vocabulary=260).vocabulary == 260
    with pytest.raises(ParameterError, match=r"tokenize.vocabulary: found 259; .*at least 260"):
        validate_section(Parameters, parameters("word").model_dump() | {"level": "bpe", "vocabulary": 259}, "tokenize")


def test_a_special_token_in_a_prompt_is_text(tokens: Path) -> None:
    ids = load_tokenizer(tokens).encode("<s> tea </s>", add_special_tokens=False).ids
    assert not {PAD, BOS, EOS} & set(ids)
