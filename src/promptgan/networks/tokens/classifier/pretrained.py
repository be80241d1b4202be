"""A pretrained body in the format of transformers, which low-rank adapters turn to the labels."""

import copy
import warnings
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.pytorch_utils import Conv1D
from transformers.utils.logging import disable_progress_bar

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import is_real
from promptgan.networks.tokens.classifier.body import Body, mean
from promptgan.networks.tokens.classifier.parameters import Pretrained


class PretrainedBody(Body):
    """An encoder or a causal model whose own weights are constants: neither parameters nor state.

    It reads the token that begins a text, such as `[CLS]`, the text, and its end.

    Raises:
        ParameterError: there is no pretrained model.
    """

    def __init__(self, parameters: Pretrained, example: Example) -> None:
        p = parameters
        if not example.base:
            raise ParameterError(["encoder.body.kind: pretrained needs a model, and base_model.name is none"])
        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = _opened(example.base, getattr(torch, p.weights))
        size = model.config.hidden_size
        super().__init__(model.get_input_embeddings(), size, size)
        self.bos, self.last = example.bos, p.pooling == "last"
        first = model.config.num_hidden_layers - p.blocks
        adapted = {
            name: type(layer)
            for name, layer in model.named_modules()
            if isinstance(layer, (nn.Linear, Conv1D)) and (block := _block(name)) is not None and block >= first
        }
        lora = LoraConfig(
            r=p.rank,
            lora_alpha=cast("int", p.scale * p.rank),
            lora_dropout=p.dropout,
            target_modules=sorted(adapted),
            fan_in_fan_out=Conv1D in adapted.values(),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an older name
            self.model: Any = get_peft_model(model, lora)
        for module in self.model.modules():
            if isinstance(module, LoraLayer):
                module.cast_input_dtype_enabled = False  # autocast casts what must be
            for name, weight in list(module._parameters.items()):
                if weight is not None and not weight.requires_grad:
                    del module._parameters[name]
                    module.register_buffer(name, weight.detach(), persistent=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> "PretrainedBody":
        """A copy that shares the constants, which nothing writes to."""
        memo.update({id(constant): constant for constant in self.buffers()})
        twin = self.__class__.__new__(self.__class__)
        memo[id(self)] = twin
        twin.__dict__ = copy.deepcopy(self.__dict__, memo)
        return twin

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.read`."""
        return self._read(embedded, lengths)[:, 1:]

    def summed_up(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """See `Body.summed_up`."""
        states = self._read(embedded, lengths)
        if not self.last:
            return mean(states, lengths + 1)
        return states[torch.arange(len(states), device=states.device), lengths]

    def _read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        begin = self.embedding.weight[self.bos].expand(len(embedded), 1, -1)
        given = torch.cat([begin, embedded.to(begin.dtype)], 1)
        mask = is_real(lengths + 1, given.shape[1]).long()
        states: Tensor = self.model.get_base_model()(inputs_embeds=given, attention_mask=mask).last_hidden_state
        return states.float()


def _opened(base: Path, dtype: torch.dtype) -> Any:
    config = AutoConfig.from_pretrained(base)
    config.use_cache = False
    if torch.get_default_device().type == "meta":  # an audit wants shapes alone
        return AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    named: dict[str, Any] = {"dtype": dtype, "attn_implementation": "eager", "local_files_only": True}
    return AutoModel.from_pretrained(base, config=config, **named)


def _block(name: str) -> int | None:
    """The number of the block that a module of that dotted name lies in."""
    return next((int(part) for part in name.split(".") if part.isdigit()), None)
