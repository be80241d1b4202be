"""Labelled texts to token ids: a tokenizer that has a token for each label, and an Arrow file per split."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from promptgan.core.files import write_json
from promptgan.forms.tokens.form import BASE, META, TOKENIZER
from promptgan.forms.tokens.labels import token_of
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.tasks.classification.arrays.parameters import Parameters
from promptgan.tasks.classification.arrays.pretrained import adopt
from promptgan.terms.splits import SPLITS

MODEL = Path("data/base")
CORPUS = "corpus"
"""The table of texts to pretrain on, which only a recipe with a corpus has."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path = MODEL) -> dict[str, Any]:
    """Fit a tokenizer on ``train.parquet``, or take that of the model in ``base``; write ``SPLIT.arrow`` into ``out``.

    Each holds ``id``, ``prompt`` (the id of the label's token) and ``text`` (ids, no special tokens, at most
    ``max_tokens`` - 1 of them), in the order of the Parquet file. A ``corpus.parquet`` beside the splits is encoded
    likewise, under empty prompts; the tokenizer does not learn from it. The k-th label by name has the id
    len(SPECIAL_TOKENS) + k where the tokenizer is fitted, and otherwise k behind the vocabulary of the model's own.

    Returns:
        What ``meta.json`` holds; its ``vocabulary`` counts the labels' tokens where the tokenizer is fitted.

    Raises:
        UnusableModel, ContextTooShort: the model in ``base`` is none that a classifier of such texts can begin with.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = [name for name in (*SPLITS, CORPUS) if name in SPLITS or (validated / f"{name}.parquet").is_file()]
    records = {name: pq.read_table(validated / f"{name}.parquet") for name in names}
    labels = sorted(set(records["train"]["label"].to_pylist()))
    tokens = [token_of(label) for label in labels]
    special: dict[str, int | None] = {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS}
    if parameters.level == "pretrained":
        tokenizer, vocabulary, special = adopt(base, out / BASE, tokens, parameters.max_tokens)
        if parameters.lowercase:
            own = [tokenizer.normalizer] if tokenizer.normalizer else []
            tokenizer.normalizer = normalizers.Sequence([*own, normalizers.Lowercase()])
    else:
        tokenizer = fit(records["train"]["text"].to_pylist(), tokens, parameters)
        vocabulary = tokenizer.get_vocab_size()
    (out / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    tokenizer.encode_special_tokens = True
    width = pa.uint16() if tokenizer.get_vocab_size() <= 2**16 else pa.uint32()
    ids = pa.list_(pa.field("item", width, nullable=False))
    splits = {}
    for name, table in records.items():
        prompts, texts = encoded(tokenizer, table, parameters)
        packed = pa.table({"id": table["id"], "prompt": pa.array(prompts, ids), "text": pa.array(texts, ids)})
        with pa.OSFile(str(out / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, packed.schema) as writer:
            writer.write_table(packed)
        splits[name] = {
            "records": len(table),
            "prompt_tokens": sum(map(len, prompts)),
            "text_tokens": sum(map(len, texts)),
        }
    meta = {
        "vocabulary": vocabulary,
        "special": special,
        "labels": labels,
        "max_tokens": parameters.max_tokens,
        "splits": splits,
    }
    write_json(out / META, meta)
    return meta


def fit(texts: list[str], tokens: list[str], parameters: Parameters) -> Tokenizer:
    """Learn a vocabulary of ``texts``, with ``tokens`` right behind the special ones, on top of its size."""
    steps: list[Any] = [normalizers.NFKC()] + ([normalizers.Lowercase()] if parameters.lowercase else [])
    common: dict[str, Any] = {
        "vocab_size": (parameters.vocabulary or 0) + len(tokens),
        "special_tokens": [*SPECIAL_TOKENS, *tokens],
        "show_progress": False,
    }
    trainer: trainers.Trainer
    if parameters.level == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **common)
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL_TOKENS[UNK]))
        trainer = trainers.WordLevelTrainer(**common)
        if parameters.level == "word":
            tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        else:
            tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"(?m)."), "isolated")
            tokenizer.decoder = decoders.Fuse()
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encoded(tokenizer: Tokenizer, records: pa.Table, parameters: Parameters) -> tuple[list[list[int]], list[list[int]]]:
    """Prompts and texts of records, as token ids; a prompt is the label alone, or empty where there are no labels."""
    known: dict[str, int] = tokenizer.get_vocab()
    if "label" in records.column_names:
        prompts = [[known[token_of(label)]] for label in records["label"].to_pylist()]
    else:
        prompts = [[] for _ in range(len(records))]
    encodings = tokenizer.encode_batch_fast(records["text"].to_pylist(), add_special_tokens=False)
    return prompts, [encoding.ids[: parameters.max_tokens - 1] for encoding in encodings]
