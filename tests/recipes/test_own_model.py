"""A language model of one's own is tried before a recipe begins with it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2ForSequenceClassification, PhiConfig, T5Config, T5Model

from promptgan.recipes import presets
from promptgan.recipes.own_model import ContextTooShort, NoBaseModel, UnfitModel, accepted, check_context
from tests.language_models import SIZES, language_model

SHAPE = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def preset() -> dict[str, Any]:
    return presets.values("text-lm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    language_model(tmp_path / "mine")
    return tmp_path / "mine"


def configure(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def put(folder: Path, model: Any) -> None:
    """Another model, beside the tokenizer that is there."""
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder)


def classifier(folder: Path) -> None:
    put(folder, GPT2ForSequenceClassification(GPT2Config(n_embd=16, n_layer=1, n_head=2, **SIZES)))


def without_a_weight(folder: Path) -> None:
    model = language_model(folder)
    state = model.state_dict()
    del state["model.norm.weight"]
    model.save_pretrained(folder, state_dict=state)


def unsound(folder: Path) -> None:
    model = language_model(folder)
    torch.nn.init.constant_(model.model.norm.weight, torch.nan)
    model.save_pretrained(folder)


def biased(folder: Path) -> None:
    model = AutoModelForCausalLM.from_config(PhiConfig(**SHAPE, **SIZES))
    torch.nn.init.normal_(model.lm_head.bias)
    put(folder, model)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_what_networks_can_be_built_on_is_accepted_in_shards_too(
    family: str, preset: dict[str, Any], tmp_path: Path
) -> None:
    model, folder = language_model(tmp_path / "mine", family), tmp_path / "mine"
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="9KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert accepted(str(folder), preset, "text-lm")["path"] == str(folder)


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (classifier, "says GPT2ForSequenceClassification, which is no causal language model"),
        (without_a_weight, "1 weights of LlamaForCausalLM are missing, such as model.norm.weight"),
        (unsound, "not finite"),
        (biased, "they have a bias"),
        (lambda folder: configure(folder, hidden_size=32), r"is \(\d+,.*by config.json \(\d+,"),
        (lambda folder: configure(folder, model_type="mine"), "transformers cannot open"),
        (lambda folder: configure(folder, bos_token_id=None, eos_token_id=None), "eos_token_id None"),
        (lambda folder: configure(folder, bos_token_id=1000), "bos_token_id 1000"),
        (
            lambda folder: configure(folder, model_type="mine", auto_map={"AutoConfig": "mine.Config"}),
            "transformers cannot open",
        ),
    ],
)
def test_what_they_cannot_be_built_on_is_refused(breaks: Any, words: str, folder: Path, preset: dict[str, Any]) -> None:
    breaks(folder)
    with pytest.raises(UnfitModel, match=words):
        accepted(str(folder), preset, "text-lm")


def test_a_classifier_takes_what_reads_texts_alone(folder: Path) -> None:
    preset = presets.values("label-hf")
    classifier(folder)
    assert accepted(str(folder), preset, "label-hf")["name"] == "local_model"
    put(folder, T5Model(T5Config(d_model=16, d_ff=16, d_kv=8, num_layers=1, num_heads=2, **SIZES)))
    with pytest.raises(UnfitModel, match="cannot open or run"):
        accepted(str(folder), preset, "label-hf")


def test_a_recipe_without_a_base_model_takes_none(folder: Path) -> None:
    with pytest.raises(NoBaseModel, match="image-dcgan begins with no"):
        accepted(str(folder), presets.values("image-dcgan"), "image-dcgan")


def test_texts_that_are_longer_than_the_model_reads_are_refused(
    folder: Path, preset: dict[str, Any], tmp_path: Path
) -> None:
    section = {"name": "local_model", "path": str(folder), "content_sha256": "0" * 64}

    def check(longest: int) -> None:
        check_context({**preset, "base_model": section, "tokenize": {"max_tokens": longest}}, tmp_path)

    check(31)  # 64 positions: prompt, start, text and end
    with pytest.raises(ContextTooShort, match=r"reads 64 tokens.*max_tokens 32 take 66") as refused:
        check(32)
    assert "to 31 or less" in str(refused.value.remedy)
