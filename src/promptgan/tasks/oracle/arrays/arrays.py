"""Sequences to token ids: a tokenizer of numbers, a memory-mapped Arrow file per split, and the oracle beside them."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, models, pre_tokenizers

from promptgan.core.files import write_json
from promptgan.forms.tokens.form import META, TOKENIZER
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.tasks.oracle.arrays.parameters import Parameters
from promptgan.terms.splits import SPLITS

ORACLE = "oracle.npz"
"""The oracle's weights, in the folder of the records and in that of the arrays."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Write ``SPLIT.arrow`` of every split: ``id``, ``prompt``, which is empty, and ``text`` (ids, no special tokens).

    Token t of the oracle has the id t + 4, behind the special tokens. Returns what ``meta.json`` holds.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(validated / ORACLE, out / ORACLE)
    tokenizer = tokenizer_of(parameters.vocabulary)
    (out / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    splits = {}
    for name in SPLITS:
        records = pq.read_table(validated / f"{name}.parquet", columns=["id", "text"])
        texts = [encoding.ids for encoding in tokenizer.encode_batch_fast(records["text"].to_pylist())]
        columns = {"prompt": pa.array([[]] * len(texts), ids), "text": pa.array(texts, ids)}
        table = pa.table({"id": records["id"].cast(pa.string()), **columns})
        with pa.OSFile(str(out / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        splits[name] = {"records": len(texts), "text_tokens": sum(map(len, texts))}
    meta = {
        "vocabulary": tokenizer.get_vocab_size(),
        "special": {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS},
        "max_tokens": parameters.max_tokens,
        "splits": splits,
    }
    write_json(out / META, meta)
    return meta


def tokenizer_of(vocabulary: int) -> Tokenizer:
    """Reads and writes the numbers 0 to ``vocabulary`` - 1, with spaces between."""
    entries = [*SPECIAL_TOKENS, *map(str, range(vocabulary))]
    known = {entry: number for number, entry in enumerate(entries)}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token=SPECIAL_TOKENS[UNK]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    return tokenizer
