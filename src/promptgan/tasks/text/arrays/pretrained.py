"""The tokenizer and the weights of a pretrained language model, in the format of transformers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json

CONTROL = 3
"""Type of a token in GGUF that stands for no text."""
DIGITS_APART = ("smollm",)
"""Pre-tokenizers of GGUF that split numbers into digits."""
TENSORS = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""Names of llama's tensors: in GGUF, and in transformers."""
CONFIG = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "max_position_embeddings": "context_length",
}
"""Keys of llama's configuration: in transformers, and in GGUF."""


class UnusableModel(PromptganError):
    """What was downloaded is no language model that a recipe can begin with."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder}: {why}",
            "choose a causal language model in the format of transformers (config.json, tokenizer.json,"
            " *.safetensors), or a GGUF file of the llama family",
        )


def adopt(source: Path, out: Path) -> tuple[Tokenizer, dict[str, Any]]:
    """Write the model of ``source`` into ``out``, config.json and safetensors; return its tokenizer and configuration.

    A GGUF file is converted: its quantized weights are multiplied out into float16.

    Raises:
        UnusableModel: it is no causal language model that transformers can open.
    """
    out.mkdir(parents=True, exist_ok=True)
    if gguf := sorted(source.glob("*.gguf")):
        return _convert(gguf[0], out)
    weights = sorted(source.glob("*.safetensors"))
    for name in ("config.json", "tokenizer.json"):
        if not (source / name).is_file():
            raise UnusableModel(source, f"there is no {name}")
    if not weights:
        raise UnusableModel(source, "there are no weights as safetensors")
    for file in [source / "config.json", *weights, *source.glob("*.safetensors.index.json")]:
        shutil.copyfile(file, out / file.name)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_truncation()  # what it was last called with may have been saved with it
    tokenizer.no_padding()
    return tokenizer, json.loads((out / "config.json").read_bytes())


def special(config: dict[str, Any]) -> dict[str, int | None]:
    """Ids that stand before a text and end it; where a model has but one of the two, it is both."""
    eos, bos = config.get("eos_token_id"), config.get("bos_token_id")
    eos = eos[0] if isinstance(eos, list) else eos
    return {"pad": 0, "unk": None, "bos": eos if bos is None else bos, "eos": bos if eos is None else eos}


def _convert(file: Path, out: Path) -> tuple[Tokenizer, dict[str, Any]]:
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(file)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    if (family := fields["general.architecture"]) != "llama" or fields["tokenizer.ggml.model"] != "gpt2":
        raise UnusableModel(file, f"a GGUF of the family {family} with {fields['tokenizer.ggml.model']} tokens")
    config = {key: fields[f"llama.{name}"] for key, name in CONFIG.items()}
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    weights = {}
    for tensor in reader.tensors:
        block, part = tensor.name.removeprefix("blk.").removesuffix(".weight").rpartition(".")[::2]
        values = dequantize(tensor.data, tensor.tensor_type)
        if part in heads:
            values = _halves_apart(values, heads[part])
        name = f"model.layers.{block}.{TENSORS[part]}" if block else TENSORS[part]
        weights[f"{name}.weight"] = np.ascontiguousarray(values, dtype=np.float16)
    (out / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    config |= {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float16",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "rope_parameters": {"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        "tie_word_embeddings": "lm_head.weight" not in weights,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
    }
    write_json(out / "config.json", config)
    return _tokenizer(fields), config


def _halves_apart(values: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Rows of a query or key projection as transformers rotates them: a head's two halves, where GGUF has pairs."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _tokenizer(fields: dict[str, Any]) -> Tokenizer:
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    digits = [pre_tokenizers.Digits(individual_digits=True)] if fields["tokenizer.ggml.pre"] in DIGITS_APART else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, types, strict=True) if kind == CONTROL])
    return tokenizer


def lowercase(tokenizer: Tokenizer) -> None:
    """Let a tokenizer read everything in lower case."""
    steps = [tokenizer.normalizer] if tokenizer.normalizer else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Lowercase()])
