"""A model of music that has learnt nothing, for tests of what is asked of one."""

from pathlib import Path

import torch

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.media.music.prompts import Kind
from promptgan.networks import folder
from promptgan.tasks.music.arrays.tokens import tokenizer_of

RULES = {"voices": 4, "lowest": 40, "highest": 80, "metres": ["4/4"], "grid": 6}
GENERATOR = {"network": "recurrent", "cell": "gru", "embedding": 8, "width": 8, "layers": 1, "dropout": 0.0}


def write_model(path: Path, kind: Kind, tonic: str | None = None) -> Path:
    """Write a model folder that draws bars as often as ends; with ``tonic`` it knows no other."""
    tokenizer = tokenizer_of({**RULES, "prompt": {"kind": kind}}, tonic)
    example = Example(vocabulary=tokenizer.get_vocab_size(), max_tokens=60)
    torch.manual_seed(1)
    generator = folder.build("tokens", "generator", GENERATOR, example)
    with torch.no_grad():
        generator.bias[len(SPECIAL_TOKENS) :] += 2.0
        generator.bias[tokenizer.token_to_id("|")] += 3.0
    files = {"tokenizer.json": tokenizer.to_str().encode()}
    described = folder.described("music", "tokens", example)
    folder.save(path, {"generator": generator}, {"generator": GENERATOR}, described, files)
    return path
