"""Text to token ids: a tokenizer fitted on the training split, and one memory-mapped Arrow file of pairs per split."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.form import BASE, TOKENIZER
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.tasks.text.arrays import pretrained
from promptgan.tasks.text.arrays.parameters import Parameters
from promptgan.terms.splits import SPLITS

MODEL = Path("data/base")
CORPUS = "corpus"
"""The table of texts to pretrain on, which only a recipe with a corpus has."""
CHUNK = 8192
"""Records read, encoded and written at a time, so that memory does not grow with the data."""


class NothingToFit(PromptganError):
    """The training split gives the tokenizer nothing to learn from."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path = MODEL) -> dict[str, Any]:
    """Fit a tokenizer on ``train.parquet``, or take that of the model in ``base``; encode every split into ``out``.

    A ``corpus.parquet`` beside the splits is encoded as they are; the tokenizer does not learn from it.

    Each ``SPLIT.arrow`` holds ``id``, ``prompt`` and ``text`` (unsigned ids, no special tokens), in the order of the
    Parquet file. Returns what ``meta.json`` holds.

    Raises:
        NothingToFit: the training split has no text.
        UnusableModel: the model in ``base`` is none that a recipe can begin with.
    """
    out.mkdir(parents=True, exist_ok=True)
    if parameters.level == "pretrained":
        tokenizer, config = pretrained.adopt(base, out / BASE)
        vocabulary, special = config["vocab_size"], pretrained.special(config)
        if parameters.lowercase:
            pretrained.lowercase(tokenizer)
    else:
        tokenizer = fit(chain.from_iterable(_texts(validated / "train.parquet")), parameters)
        vocabulary, special = tokenizer.get_vocab_size(), {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS}
    (out / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    tokenizer.encode_special_tokens = True
    kind = "uint16" if vocabulary <= 2**16 else "uint32"
    splits = {
        name: _encode_split(tokenizer, validated / f"{name}.parquet", out / f"{name}.arrow", parameters, kind, special)
        for name in (*SPLITS, CORPUS)
        if name in SPLITS or (validated / f"{name}.parquet").is_file()
    }
    meta = {
        "vocabulary": vocabulary,
        "special": special,
        "max_tokens": parameters.max_tokens,
        "dtype": kind,
        "splits": splits,
    }
    write_json(out / "meta.json", meta)
    return meta


def fit(texts: Iterator[str], parameters: Parameters) -> Tokenizer:
    """Learn a vocabulary from ``texts``; the same texts and parameters give the same bytes.

    Raises:
        NothingToFit: there is no text.
    """
    tokenizer, size = _untrained(parameters), parameters.vocabulary or 0
    trainer: trainers.Trainer
    if parameters.level == "bpe":
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=SPECIAL_TOKENS,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        trainer = trainers.WordLevelTrainer(vocab_size=size, special_tokens=SPECIAL_TOKENS, show_progress=False)
    first = next(texts, None)
    if first is None:
        raise NothingToFit(
            "data/validated/train.parquet holds no record", "look at metrics/validation.json: which rule took them?"
        )
    tokenizer.train_from_iterator(chain([first], texts), trainer)
    tokenizer.encode_special_tokens = True
    return tokenizer


def _untrained(parameters: Parameters) -> Tokenizer:
    steps: list[Any] = [normalizers.NFKC()] + ([normalizers.Lowercase()] if parameters.lowercase else [])
    if parameters.level == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.decoder = decoders.ByteLevel()
    elif parameters.level == "word":
        tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL_TOKENS[UNK]))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL_TOKENS[UNK]))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"(?m)."), "isolated")
        tokenizer.decoder = decoders.Fuse()
    tokenizer.normalizer = normalizers.Sequence(steps)
    return tokenizer


def _texts(path: Path) -> Iterator[list[str]]:
    for batch in pq.ParquetFile(path).iter_batches(CHUNK, columns=["prompt", "text"]):
        yield batch.column("prompt").to_pylist()
        yield batch.column("text").to_pylist()


def _encode_split(
    tokenizer: Tokenizer, source: Path, target: Path, parameters: Parameters, kind: str, special: dict[str, Any]
) -> dict[str, int]:
    limit, ids = parameters.max_tokens, pa.list_(pa.field("item", pa.type_for_alias(kind), nullable=False))
    columns = [("id", pa.string()), ("prompt", ids), ("text", ids)]
    schema = pa.schema([pa.field(name, type_, nullable=False) for name, type_ in columns])
    counts = {"records": 0, "prompt_tokens": 0, "text_tokens": 0, "unknown": 0, "cut": 0}
    temporary = target.with_name(target.name + ".partial")
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in pq.ParquetFile(source).iter_batches(CHUNK, columns=["id", "prompt", "text"]):
            encoded = {}
            for name, kept in (("prompt", slice(-limit, None)), ("text", slice(None, limit))):
                encodings = tokenizer.encode_batch_fast(batch.column(name).to_pylist(), add_special_tokens=False)
                whole = [encoding.ids for encoding in encodings]
                encoded[name] = [row[kept] for row in whole]
                counts[f"{name}_tokens"] += sum(map(len, encoded[name]))
                counts["cut"] += sum(len(row) > limit for row in whole)
                counts["unknown"] += sum(row.count(special["unk"]) for row in encoded[name])
            counts["records"] += len(batch)
            arrays = [
                batch.column("id").cast(pa.string()),
                *(pa.array(encoded[name], ids) for name in ("prompt", "text")),
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    temporary.replace(target)
    return counts
