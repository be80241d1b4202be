"""A fine-tuned language model as a folder that transformers opens by itself."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import torch

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.form import TOKENIZER
from promptgan.networks import folder
from promptgan.networks.tokens.huggingface.network import Generator

TEMPLATE = "{{ messages[-1]['content'] + bos_token }}"
"""A prompt, in transformers' language of templates: the last message, and what stands before an answer."""


class Unexportable(PromptganError):
    """The model is no pretrained one, or draws as transformers cannot, or the folder is taken."""


def export(model: Path, out: Path) -> None:
    """Write the generator of a model folder, its adapters added to the weights, into the new folder ``out``.

    The weights are float32 safetensors. Beside them: configuration, tokenizer, and a chat template that makes a prompt.

    Raises:
        NotAModelFolder: there is none.
        Unexportable: its generator is of another kind, or there is something at ``out``.
    """
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    if out.exists():
        raise Unexportable(f"{out} is there already", "name a folder that is not")
    loaded = folder.load(model, names=["generator"])
    if "drawing" in loaded.index:
        raise Unexportable(
            f"the answers in {model} are chosen among candidates, which transformers does not do",
            "draw them with `promptgan generate`, or export models/pretrained, which proposes the candidates",
        )
    generator = loaded.networks["generator"]
    if not isinstance(generator, Generator):
        kind = loaded.index["networks"]["generator"]["section"]["network"]
        raise Unexportable(
            f"the generator in {model} is {kind}, which transformers does not know",
            "export a model of a recipe whose generator.network is huggingface, such as text-lm",
        )
    adapted = generator.adapted
    whole: Any = AutoModelForCausalLM.from_pretrained(adapted.base, dtype=torch.float32, local_files_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an older name
        whole = get_peft_model(whole, adapted.lora)
    whole.load_state_dict(adapted.model.state_dict(), strict=False)
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(model / TOKENIZER), chat_template=TEMPLATE
    )
    for role, token in (("bos_token", generator.example.bos), ("eos_token", generator.example.eos)):
        setattr(tokenizer, role, tokenizer.convert_ids_to_tokens(token))
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        whole.merge_and_unload().save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
