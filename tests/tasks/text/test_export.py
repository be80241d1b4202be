"""A fine-tuned model, exported, says in transformers alone what it says here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from promptgan.core.files import write_json
from promptgan.forms.tokens import form
from promptgan.networks import folder
from promptgan.tasks.text.arrays.arrays import pack
from promptgan.tasks.text.arrays.parameters import Parameters
from promptgan.tasks.text.export import Unexportable, export
from promptgan.tasks.text.samples.samples import answer, load
from tests.conftest import EXAMPLE, GENERATOR
from tests.language_models import BOS, language_model

SECTION = {"network": "huggingface", "weights": "float32", "rank": 2, "scale": 1.0, "blocks": 2, "dropout": 0.0}
PROGRAM = """
import sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
assert "promptgan" not in sys.modules and "peft" not in sys.modules
tokenizer = AutoTokenizer.from_pretrained("out")
ids = tokenizer.apply_chat_template([{"role": "user", "content": "How are"}], return_tensors="pt", return_dict=True)
model = AutoModelForCausalLM.from_pretrained("out")
said = model.generate(**ids, max_new_tokens=6, do_sample=False, pad_token_id=0, suppress_tokens=[0, 1])[0]
print(tokenizer.decode(said[ids["input_ids"].shape[1]:], skip_special_tokens=True))
"""


@pytest.fixture
def model(validated: Path, tmp_path: Path, one_thread: None) -> Path:
    """A folder whose adapters are not fresh; it needs nothing but itself."""
    language_model(tmp_path / "base")
    tokenize = Parameters(level="pretrained", vocabulary=None, lowercase=True, max_tokens=6)
    pack(validated, tmp_path / "tokens", tokenize, tmp_path / "base")
    example = form.example(tmp_path / "tokens")
    network = folder.build("tokens", "generator", SECTION, example)
    for parameter in network.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.3)
    index = folder.described("text", "tokens", example)
    needed = form.needed(tmp_path / "tokens")
    folder.save(tmp_path / "model", {"generator": network}, {"generator": SECTION}, index, needed)
    for name in ("tokens", "base"):
        (tmp_path / name).rename(tmp_path / f"no-{name}")
    return tmp_path / "model"


def test_transformers_alone_says_the_same(model: Path, tmp_path: Path) -> None:
    export(model, tmp_path / "out")
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == answer(load(model), ["How are"], seed=1, temperature=0.0)[0] != ""
    assert folder.load(model).networks["generator"].example.bos == BOS  # type: ignore[union-attr]


def test_a_model_that_chooses_among_candidates_is_not_exported_as_one_that_does_not(
    model: Path, tmp_path: Path
) -> None:
    index = json.loads((model / folder.INDEX).read_text())
    write_json(model / folder.INDEX, index | {"drawing": {"candidates": 4, "chosen_by": "discriminator"}})
    with pytest.raises(Unexportable, match="chosen among candidates"):
        export(model, tmp_path / "out")


def test_what_cannot_be_exported_is_named(model: Path, tmp_path: Path, tokens: Path) -> None:
    with pytest.raises(Unexportable, match="there already"):
        export(model, model)
    network = folder.build("tokens", "generator", GENERATOR, EXAMPLE)
    index = folder.described("text", "tokens", EXAMPLE)
    folder.save(tmp_path / "gru", {"generator": network}, {"generator": GENERATOR}, index, form.needed(tokens))
    with pytest.raises(Unexportable, match="recurrent"):
        export(tmp_path / "gru", tmp_path / "out")
    assert not (tmp_path / "out").exists()
