"""Tiny language models in the format of transformers, with fresh weights and a tokenizer of words."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

VOCABULARY, BOS, EOS = 64, 1, 2
SIZES: dict[str, Any] = {"vocab_size": VOCABULARY, "bos_token_id": BOS, "eos_token_id": EOS}


def language_model(folder: Path, family: str = "llama") -> Any:
    """Write one of three blocks of width 16 into ``folder``; returns it."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    model: Any
    if family == "llama":
        shape = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
        model = LlamaForCausalLM(LlamaConfig(num_hidden_layers=3, max_position_embeddings=64, **shape, **SIZES))
    else:
        model = GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=3, n_head=4, n_positions=64, **SIZES))
    model.save_pretrained(folder)
    words = ["<|pad|>", "<|start|>", "<|end|>", *(f"w{i}" for i in range(3, VOCABULARY))]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="w3"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(words[:3])
    tokenizer.save(str(folder / "tokenizer.json"))
    return model
