"""Digits to token ids."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from promptgan.tasks.numbers.arrays.parameters import Parameters

from promptgan.core.files import write_json
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.terms.splits import SPLITS

FIRST = len(SPECIAL_TOKENS)
"""The token of 0."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path) -> dict[str, Any]:
    """Write every split and ``meta.json``, which is returned."""
    out.mkdir(parents=True, exist_ok=True)
    splits = {}
    for name in SPLITS:
        frame = pd.read_parquet(validated / f"{name}.parquet")
        ids = {
            side: pa.array([[FIRST + int(d) for d in line.split()] for line in frame[column]], pa.list_(pa.uint16()))
            for side, column in (("prompt", "first"), ("text", "rest"))
        }
        table = pa.table({"id": pa.array(frame["id"], pa.string()), **ids})
        with pa.OSFile(str(out / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        splits[name] = {"records": len(frame)}
    special = {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS}
    meta = {"vocabulary": FIRST + 10, "special": special, "max_tokens": parameters.max_tokens, "splits": splits}
    write_json(out / "tokenizer.json", {"digits": 10})
    write_json(out / "meta.json", meta)
    return meta
