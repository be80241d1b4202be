"""Sentences to token ids: a tokenizer with a token for each style, and an Arrow file of noised prompts per split."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.form import META, TOKENIZER
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
    """Fit a tokenizer on ``train.parquet``, and write ``SPLIT.arrow`` of every split into ``out``.

    Each holds ``id``, ``prompt`` and ``text`` (ids, no special tokens but the style's, which begins a prompt). The text
    is a sentence; the prompt its own style and the sentence with noise. Of training sentences there are
    ``noise.copies``, one pass over the records after the other; of others one. The k-th style by name has the id
    len(SPECIAL_TOKENS) + k. Returns what ``meta.json`` holds.

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
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    splits = {}
    for name, table in records.items():
        copies = parameters.noise.copies if name == "train" else 1
        prompts, texts = encoded(tokenizer, table, copies, parameters)
        columns = {"prompt": pa.array(prompts, ids), "text": pa.array(texts, ids)}
        packed = pa.table({"id": pa.array(table["id"].to_pylist() * copies, pa.string()), **columns})
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


def encoded(
    tokenizer: Tokenizer, records: pa.Table, copies: int, parameters: Parameters
) -> tuple[list[list[int]], list[list[int]]]:
    """Prompts and texts of records, of each as many as there are ``copies``, as token ids."""
    identifiers, texts, labels = (records[column].to_pylist() for column in ("id", "text", "label"))
    limit = parameters.max_tokens - 1
    noisy = [noised(t, i, c, parameters.noise) for c in range(copies) for i, t in zip(identifiers, texts, strict=True)]
    said, asked = (
        [encoding.ids[:limit] for encoding in tokenizer.encode_batch_fast(part, add_special_tokens=False)]
        for part in (texts, noisy)
    )
    known = tokenizer.get_vocab()
    return [[known[f"<{label}>"], *ids] for label, ids in zip(labels * copies, asked, strict=True)], said * copies
