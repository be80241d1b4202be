"""Labels as tokens behind a vocabulary, of a tokenizer that is fitted and of a pretrained one; texts as ids."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from promptgan.forms.tokens import form
from promptgan.forms.tokens.labels import labels_of
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.forms.tokens.vocabulary import BOS, EOS, SPECIAL_TOKENS, UNK
from promptgan.tasks.classification.arrays.arrays import pack
from promptgan.tasks.classification.arrays.parameters import Parameters
from promptgan.tasks.classification.arrays.pretrained import ContextTooShort, UnusableModel
from promptgan.terms.splits import SPLITS
from tests import language_models
from tests.language_models import language_model

LABELS = ["sport", "tech", "world"]


def parameters(level: Any = "word", vocabulary: int | None = 100, **more: Any) -> Parameters:
    return Parameters(level=level, vocabulary=vocabulary, **{"lowercase": True, "max_tokens": 40, **more})


PRETRAINED = parameters("pretrained", None)


@pytest.fixture
def written(labelled: pd.DataFrame, tmp_path: Path) -> Path:
    """The folder of a validate stage."""
    (tmp_path / "validated").mkdir()
    for split in SPLITS:
        labelled.to_parquet(tmp_path / f"validated/{split}.parquet", index=False)
    return tmp_path / "validated"


def read(path: Path) -> pa.Table:
    return pa.ipc.open_file(path).read_all()


@pytest.mark.parametrize(("level", "vocabulary"), [("bpe", 300), ("word", 100), ("character", 40)])
def test_labels_are_tokens_right_behind_the_special_ones_on_top_of_the_vocabulary(
    level: str, vocabulary: int, labelled: pd.DataFrame, written: Path, tmp_path: Path
) -> None:
    meta = pack(written, tmp_path / "out", parameters(level, vocabulary, max_tokens=80))
    first, tokenizer = len(SPECIAL_TOKENS), load_tokenizer(tmp_path / "out")
    assert meta["labels"] == labels_of(tmp_path / "out") == LABELS
    assert [tokenizer.token_to_id(f"<label {label}>") for label in LABELS] == [first, first + 1, first + 2]
    assert meta["vocabulary"] == tokenizer.get_vocab_size() <= vocabulary + 3
    train = read(tmp_path / "out/train.arrow")
    assert train["prompt"].to_pylist() == [[first + LABELS.index(label)] for label in labelled["label"]]
    assert train["id"].to_pylist() == labelled["id"].tolist()
    texts = [text.replace(" ", "") for text in decode(tokenizer, train["text"].to_pylist())]
    if level != "word":  # rare numbers are unknown words there
        assert texts == [text.replace(" ", "") for text in labelled["text"]]
    example = form.example(tmp_path / "out")
    assert (example.vocabulary, example.unk, example.bos, example.eos) == (meta["vocabulary"], UNK, BOS, EOS)
    assert (example.prompted, example.base, example.max_tokens) == (True, None, 80)
    assert meta["splits"]["val"] == {
        "records": 90,
        "prompt_tokens": 90,
        "text_tokens": sum(map(len, read(tmp_path / "out/val.arrow")["text"].to_pylist())),
    }


def test_the_same_texts_make_the_same_bytes(written: Path, tmp_path: Path) -> None:
    for out in ("one", "other"):
        pack(written, tmp_path / out, parameters())
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_a_text_leaves_room_for_its_end_and_keeps_its_beginning(written: Path, tmp_path: Path) -> None:
    pack(written, tmp_path / "out", parameters(max_tokens=4))
    rows = read(tmp_path / "out/train.arrow")["text"].to_pylist()
    assert {len(row) for row in rows} == {3}
    assert all(text.split()[::2] == ["the", "of"] for text in decode(load_tokenizer(tmp_path / "out"), rows))


def test_a_label_in_a_text_is_text(labelled: pd.DataFrame, written: Path, tmp_path: Path) -> None:
    told = labelled.assign(text=[f"<label {label}> {text}" for label, text in labelled[["label", "text"]].to_numpy()])
    told.to_parquet(written / "test.parquet", index=False)
    pack(written, tmp_path / "out", parameters("bpe", 300))
    ids = {token for row in read(tmp_path / "out/test.arrow")["text"].to_pylist() for token in row}
    assert ids.isdisjoint(range(len(SPECIAL_TOKENS) + len(LABELS)))


def test_a_causal_model_has_the_labels_behind_its_own_vocabulary(written: Path, tmp_path: Path) -> None:
    language_model(tmp_path / "base")
    meta = pack(written, tmp_path / "out", PRETRAINED, tmp_path / "base")
    first = language_models.VOCABULARY
    assert meta["vocabulary"] == first
    assert labels_of(tmp_path / "out") == LABELS
    prompts = read(tmp_path / "out/train.arrow")["prompt"].to_pylist()
    assert prompts[:3] == [[first], [first + 1], [first + 2]]
    example = form.example(tmp_path / "out")
    assert (example.vocabulary, example.bos, example.eos) == (first, language_models.BOS, language_models.EOS)
    assert example.base == tmp_path / "out/base"
    needed = form.needed(tmp_path / "out")
    assert sorted(needed) == ["base/config.json", "base/model.safetensors", "tokenizer.json"]


def encoder(folder: Path, padded: int = 0, **config: Any) -> None:
    """A folder like that of a saved BERT, whose configuration says nothing of what begins and ends a text."""
    folder.mkdir()
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "the", "of", "number"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(words[:4])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(folder / "tokenizer.json"))
    values = {"model_type": "bert", "vocab_size": 7 + padded, "max_position_embeddings": 41, **config}
    (folder / "config.json").write_text(json.dumps(values))
    (folder / "model.safetensors").write_bytes(b"weights")


@pytest.mark.parametrize("padded", [0, 5])
def test_an_encoder_tells_what_stands_around_a_text_and_neither_cuts_nor_pads_it(
    padded: int, written: Path, tmp_path: Path
) -> None:
    encoder(tmp_path / "base", padded)
    meta = pack(written, tmp_path / "out", PRETRAINED, tmp_path / "base")
    assert meta["special"] == {"pad": 0, "unk": None, "bos": 1, "eos": 2}
    assert meta["vocabulary"] == 7 + padded
    tokenizer = load_tokenizer(tmp_path / "out")
    assert [tokenizer.token_to_id(f"<label {label}>") for label in LABELS] == [7 + padded + k for k in range(3)]
    train = read(tmp_path / "out/train.arrow")
    assert train["prompt"].to_pylist()[1] == [8 + padded]
    assert train["text"].to_pylist()[0] == [4, 3, 5, 3, 3, 3, 3, 6, 3]
    assert labels_of(tmp_path / "out") == LABELS


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_model_lacks_is_named(missing: str, written: Path, tmp_path: Path) -> None:
    encoder(tmp_path / "base")
    (tmp_path / "base" / missing).unlink()
    with pytest.raises(UnusableModel, match=missing.replace("model.", "")):
        pack(written, tmp_path / "out", PRETRAINED, tmp_path / "base")


def test_a_model_that_cannot_read_such_texts_is_refused(written: Path, tmp_path: Path) -> None:
    encoder(tmp_path / "short", max_position_embeddings=40)
    with pytest.raises(ContextTooShort, match="take 41 tokens with their start, and the model reads 40"):
        pack(written, tmp_path / "out", PRETRAINED, tmp_path / "short")
    encoder(tmp_path / "small", padded=-1)
    with pytest.raises(UnusableModel, match="7 tokens, its configuration a vocab_size of 6"):
        pack(written, tmp_path / "out", PRETRAINED, tmp_path / "small")
    language_model(tmp_path / "endless")
    config = json.loads((tmp_path / "endless/config.json").read_text()) | {"bos_token_id": None, "eos_token_id": None}
    (tmp_path / "endless/config.json").write_text(json.dumps(config))
    with pytest.raises(UnusableModel, match="begins and ends"):
        pack(written, tmp_path / "out", PRETRAINED, tmp_path / "endless")


@pytest.mark.parametrize("values", [{"level": "pretrained"}, {"level": "word", "vocabulary": None}, {"level": "bpe"}])
def test_a_vocabulary_size_goes_with_a_tokenizer_that_is_fitted(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="level"):
        Parameters.model_validate({"vocabulary": 100, "lowercase": True, "max_tokens": 8, **values})
