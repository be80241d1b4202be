"""Prompts and answers as token ids: a tokenizer of the words of music, and a memory-mapped Arrow file per split."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, models, pre_tokenizers

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.form import META, TOKENIZER
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.media.music import prompts
from promptgan.media.music.piece import from_json
from promptgan.tasks.music.arrays.parameters import Parameters
from promptgan.tasks.music.arrays.transposition import named, range_of, semitones
from promptgan.terms.splits import SPLITS


class PassageTooLong(PromptganError):
    """A passage has more words than `tokenize.max_tokens`."""


class Pair(NamedTuple):
    """A prompt and its answer, as words."""

    id: str
    prompt: list[str]
    text: list[str]
    music: str | None
    """The passage as a JSON line, for whoever hears it and reads no words; None where it is transposed."""


def pack(validated: Path, out: Path, parameters: Parameters) -> dict[str, Any]:
    """Write ``SPLIT.arrow`` of every split: ``id``, ``prompt`` and ``text`` (ids, no special tokens), and ``music``.

    The vocabulary holds whatever `validate` lets through, so that nothing is unknown, and C alone where all is in C, so
    that a model says what keys it knows. With `transpose` the training
    split holds each passage in every key that its range allows, one after the other, under ids such as bwv269-5+2.

    Raises:
        PassageTooLong: a prompt or an answer does not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    made_with = json.loads((validated / "run.json").read_bytes())["parameters"]
    rules = made_with["validate"]
    tokenizer = tokenizer_of(rules, "C" if made_with["data"]["key"] == "C" and parameters.transpose == "none" else None)
    (out / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    splits = {}
    for name in SPLITS:
        records = pq.read_table(validated / f"{name}.parquet", columns=["id", "prompt", "music"]).to_pylist()
        within = range_of(name, rules, parameters.transpose)
        pairs = [pair for record in records for pair in pairs_of(record, within)]
        for pair in pairs:
            if (length := max(len(pair.prompt), len(pair.text))) > (parameters.max_tokens or 0):
                raise PassageTooLong(
                    f"{pair.id} takes {length} words, and tokenize.max_tokens is {parameters.max_tokens}",
                    "raise tokenize.max_tokens and the contexts of transformers, or make passages shorter (data.bars)",
                )
        columns = {side: encoded(tokenizer, [getattr(pair, side) for pair in pairs]) for side in ("prompt", "text")}
        arrays = {side: pa.array(rows, ids) for side, rows in columns.items()}
        lines = {name: pa.array([getattr(pair, name) for pair in pairs], pa.string()) for name in ("id", "music")}
        table = pa.table({**lines, **arrays})
        with pa.OSFile(str(out / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        counts = {f"{side}_tokens": sum(map(len, rows)) for side, rows in columns.items()}
        splits[name] = {"records": len(pairs), "passages": len(records), **counts}
    meta = {
        "form": "tokens",
        "vocabulary": tokenizer.get_vocab_size(),
        "special": {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS},
        "max_tokens": parameters.max_tokens,
        "splits": splits,
    }
    write_json(out / META, meta)
    return meta


def pairs_of(record: dict[str, str], within: tuple[int, int] | None = None) -> Iterator[Pair]:
    """Prompt and answer of a record; where ``within``, in every key in which its pitches lie from one to the other.

    Args:
        record: id, prompt and music.
        within: the lowest and the highest pitch.
    """
    piece, prompt = from_json(record["music"]), prompts.parse(record["prompt"])
    for distance in semitones(piece, within):
        words = prompts.transposed(prompts.answer(piece, prompt), distance)
        music = None if distance else record["music"]
        yield Pair(named(record["id"], distance), str(prompt.transposed(distance)).split(), words, music)


def tokenizer_of(rules: dict[str, Any], tonic: str | None = None) -> Tokenizer:
    """Reads and writes the words of music that `validate` lets through, with spaces between; ``tonic`` of all keys."""
    names = ("voices", "lowest", "highest", "metres", "grid")
    known = prompts.vocabulary(rules["prompt"]["kind"], **{name: rules[name] for name in names}, tonic=tonic)
    words = [*SPECIAL_TOKENS, *known]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, SPECIAL_TOKENS[UNK]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    return tokenizer


def encoded(tokenizer: Tokenizer, rows: list[list[str]]) -> list[list[int]]:
    """The ids of words."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast([" ".join(words) for words in rows])]
