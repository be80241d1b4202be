"""Sentences to token ids: a tokenizer, the words that mark a style, and an Arrow file of prompts per split."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.form import META, TOKENIZER
from promptgan.forms.tokens.markers import Markers, asked
from promptgan.forms.tokens.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from promptgan.tasks.style.arrays.noise import noised
from promptgan.tasks.style.arrays.parameters import Parameters
from promptgan.terms.splits import SPLITS


class UnusableStyles(PromptganError):
    """The training sentences have not two styles whose names can be tokens."""

    def __init__(self, styles: list[str]) -> None:
        super().__init__(
            f"the styles of data/validated/train.parquet are: {', '.join(styles) or 'none'}",
            "give the data set two labels, of other names than pad, unk, s and /s",
        )


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Fit a tokenizer and markers on ``train.parquet``, and write ``SPLIT.arrow`` of every split into ``out``.

    Each holds ``id``, ``prompt`` and ``text`` (ids, no special tokens but the styles'). The text is a sentence; the
    prompt is made of it and its own style by `promptgan.forms.tokens.markers.asked`. Training sentences have noise on
    them, and there are ``noise.copies`` of each, one pass over the records after the other; others are there once, as
    they are. The k-th style by name has the id len(SPECIAL_TOKENS) + k. Returns what ``meta.json`` holds.

    Raises:
        UnusableStyles: there are not two.
    """
    out.mkdir(parents=True, exist_ok=True)
    records = {name: pq.read_table(validated / f"{name}.parquet") for name in SPLITS}
    styles = sorted(set(records["train"]["label"].to_pylist()))
    tokens = [f"<{style}>" for style in styles]
    if len(styles) != 2 or set(tokens) & set(SPECIAL_TOKENS):
        raise UnusableStyles(styles)
    tokenizer = fit(records["train"]["text"].to_pylist(), tokens, parameters)
    (out / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    tokenizer.encode_special_tokens = True
    markers = marking(tokenizer, records["train"], parameters)
    markers.save(out)
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    splits = {}
    for name, table in records.items():
        identifiers, prompts, texts = encoded(tokenizer, markers, name, table, parameters)
        columns = {"prompt": pa.array(prompts, ids), "text": pa.array(texts, ids)}
        packed = pa.table({"id": pa.array(identifiers, pa.string()), **columns})
        with pa.OSFile(str(out / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, packed.schema) as writer:
            writer.write_table(packed)
        splits[name] = {
            "records": len(table),
            "prompt_tokens": sum(map(len, prompts)),
            "text_tokens": sum(map(len, texts)),
        }
    meta = {
        "vocabulary": tokenizer.get_vocab_size(),
        "special": {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS},
        "styles": styles,
        "max_tokens": parameters.max_tokens,
        "splits": splits,
    }
    write_json(out / META, meta)
    return meta


def fit(texts: list[str], styles: list[str], parameters: Parameters) -> Tokenizer:
    """Byte-level BPE of ``texts``, with the tokens ``styles`` behind the special ones."""
    tokenizer = Tokenizer(models.BPE())
    steps: list[Any] = [normalizers.NFKC()] + ([normalizers.Lowercase()] if parameters.lowercase else [])
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=parameters.vocabulary,
        special_tokens=[*SPECIAL_TOKENS, *styles],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def marking(tokenizer: Tokenizer, train: pa.Table, parameters: Parameters) -> Markers:
    """What marks the styles of the training sentences."""
    p, texts = parameters.markers, tokenizer.encode_batch(train["text"].to_pylist(), add_special_tokens=False)
    return Markers.counted(texts, train["label"].to_pylist(), p.longest, p.threshold, p.smoothing)


def encoded(
    tokenizer: Tokenizer, markers: Markers, split: str, records: pa.Table, parameters: Parameters
) -> tuple[list[str], list[list[int]], list[list[int]]]:
    """Ids, prompts and texts of what a split has of its records, the latter two as token ids."""
    limit, noise, known = parameters.max_tokens, parameters.noise, tokenizer.get_vocab()
    identifiers, sentences, labels = (records[column].to_pylist() for column in ("id", "text", "label"))
    encodings = tokenizer.encode_batch(sentences, add_special_tokens=False)
    styles, contents = [known[f"<{label}>"] for label in labels], [markers.content(each) for each in encodings]
    rows = list(zip(identifiers, styles, contents, strict=True))
    texts = [encoding.ids[: limit - 1] for encoding in encodings]
    if split != "train":
        return identifiers, [asked(style, content, limit) for _, style, content in rows], texts
    prompts = [
        asked(style, noised(content, identifier, copy, noise), limit)
        for copy in range(noise.copies)
        for identifier, style, content in rows
    ]
    return identifiers * noise.copies, prompts, texts * noise.copies
