"""Taking over a pretrained model: converted weights against transformers' own reading of GGUF, and its tokens."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers

from promptgan.forms.tokens import form
from promptgan.tasks.text.arrays.arrays import pack
from promptgan.tasks.text.arrays.parameters import Parameters
from promptgan.tasks.text.arrays.pretrained import UnusableModel, adopt
from tests.language_models import BOS, EOS, VOCABULARY, language_model

PRETRAINED = Parameters(level="pretrained", vocabulary=None, lowercase=True, max_tokens=8)


def write_gguf(path: Path, architecture: str = "llama") -> None:
    """A GGUF file of a llama with bytes for tokens, quantized as those that are passed around are."""
    import gguf

    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(2)
    writer.add_context_length(64)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(5000.0)
    writer.add_rope_dimension_count(16)
    writer.add_vocab_size(260)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(["<|pad|>", "<|start|>", "<|end|>", *alphabet, "ab"])
    writer.add_token_types([3, 3, 3, *[1] * 257])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    shapes = {"token_embd": (260, 64), "output_norm": (64,)}
    for block in range(2):
        parts = {"attn_norm": (64,), "attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64), "ffn_norm": (64,)}
        parts |= {"attn_output": (64, 64), "ffn_gate": (96, 64), "ffn_up": (96, 64), "ffn_down": (64, 96)}
        shapes |= {f"blk.{block}.{name}": shape for name, shape in parts.items()}
    for name, shape in shapes.items():
        values = random.normal(size=shape).astype(np.float32) * 0.1 + (len(shape) == 1)
        kind = gguf.GGMLQuantizationType.F32 if len(shape) == 1 else gguf.GGMLQuantizationType.Q4_1
        writer.add_tensor(f"{name}.weight", gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.filterwarnings("ignore")
def test_a_gguf_file_says_the_same_as_transformers_reads_in_it(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    (tmp_path / "in").mkdir()
    write_gguf(tmp_path / "in/model.gguf")
    tokenizer, config = adopt(tmp_path / "in", tmp_path / "out")
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "in", gguf_file="model.gguf", dtype=torch.float32)
    ids = torch.tensor([[BOS, 7, 30, 99, 12, 258]])
    torch.testing.assert_close(ours(ids).logits, theirs(ids).logits, rtol=1e-2, atol=1e-2)
    assert (config["bos_token_id"], config["eos_token_id"]) == (BOS, EOS)
    assert tokenizer.encode("abab 12").tokens == ["ab", "ab", "Ġ", "1", "2"]
    assert tokenizer.decode(tokenizer.encode("café 12 ab<|end|>").ids, skip_special_tokens=True) == "café 12 ab"


def test_its_tokenizer_and_weights_are_in_the_tokens_folder(validated: Path, tmp_path: Path) -> None:
    language_model(tmp_path / "base")
    meta = pack(validated, tmp_path / "tokens", PRETRAINED, tmp_path / "base")
    example = form.example(tmp_path / "tokens")
    assert (example.vocabulary, example.unk, example.bos, example.eos) == (VOCABULARY, None, BOS, EOS)
    assert example.base == tmp_path / "tokens/base"
    assert sorted(form.needed(tmp_path / "tokens")) == ["base/config.json", "base/model.safetensors", "tokenizer.json"]
    assert form.split(tmp_path / "tokens", "train").eos == EOS
    assert meta["splits"]["train"]["unknown"] == 0


def test_a_vocabulary_beyond_16_bits_fits(validated: Path, tmp_path: Path) -> None:
    language_model(tmp_path / "base")
    config = json.loads((tmp_path / "base/config.json").read_text())
    (tmp_path / "base/config.json").write_text(json.dumps(config | {"vocab_size": 151_936}))
    meta = pack(validated, tmp_path / "tokens", PRETRAINED, tmp_path / "base")
    assert meta["dtype"] == "uint32"
    assert len(form.split(tmp_path / "tokens", "val").rows("text", np.arange(3))) == 3


def test_a_tokenizer_that_was_saved_after_a_padded_call_reads_texts_whole_and_alone(tmp_path: Path) -> None:
    language_model(tmp_path / "base")
    saved = Tokenizer.from_file(str(tmp_path / "base/tokenizer.json"))
    saved.enable_padding(length=64)
    saved.enable_truncation(2)
    saved.save(str(tmp_path / "base/tokenizer.json"))
    tokenizer, _ = adopt(tmp_path / "base", tmp_path / "out")
    assert 2 < len(tokenizer.encode("how do you do?").ids) < 64


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_folder_lacks_is_named(missing: str, tmp_path: Path) -> None:
    language_model(tmp_path / "base")
    (tmp_path / "base" / missing).unlink()
    with pytest.raises(UnusableModel, match=missing.replace("model.safetensors", "no weights")):
        adopt(tmp_path / "base", tmp_path / "out")


def test_a_gguf_of_another_family_is_refused(tmp_path: Path) -> None:
    write_gguf(tmp_path / "model.gguf", "mamba")
    with pytest.raises(UnusableModel, match="mamba"):
        adopt(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("values", [{"level": "pretrained", "vocabulary": 400}, {"level": "bpe", "vocabulary": None}])
def test_a_vocabulary_size_goes_with_a_tokenizer_that_is_fitted(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="level"):
        Parameters.model_validate({"lowercase": True, "max_tokens": 8, **values})
