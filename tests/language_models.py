"""Tiny language models in the format of transformers, with fresh weights and a tokenizer of characters."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 .,?!'-:;()[]{}@#%&*+/=_~"
VOCABULARY, BOS, EOS = 3 + len(CHARACTERS), 1, 2
SIZES: dict[str, Any] = {"vocab_size": VOCABULARY, "bos_token_id": BOS, "eos_token_id": EOS}


def language_model(folder: Path, family: str = "llama", positions: int = 64) -> Any:
    """Write one of three blocks of width 16, which reads ``positions`` tokens, into ``folder``; returns it."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    model: Any
    if family == "llama":
        shape = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
        model = LlamaForCausalLM(LlamaConfig(num_hidden_layers=3, max_position_embeddings=positions, **shape, **SIZES))
    else:
        model = GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=3, n_head=4, n_positions=positions, **SIZES))
    model.save_pretrained(folder)
    tokens = ["<|pad|>", "<|start|>", "<|end|>", *CHARACTERS]
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="~"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(tokens[:3])
    tokenizer.save(str(folder / "tokenizer.json"))
    return model
