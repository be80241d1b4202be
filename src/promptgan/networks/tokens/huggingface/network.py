"""A pretrained causal language model in the format of transformers, which low-rank adapters turn to the data."""

import copy
import warnings
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.pytorch_utils import Conv1D
from transformers.utils.logging import disable_progress_bar

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator, is_real
from promptgan.networks.tokens.huggingface.parameters import Parameters


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences that have read L positions."""

    cache: DynamicCache
    mask: Tensor
    """True where a cached position may be read, (N, L)."""
    lengths: Tensor
    """Tokens read so far, padding not counted, (N,)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        cache = copy.copy(self.cache)
        cache.layers = [copy.copy(layer) for layer in self.cache.layers]
        cache.batch_select_indices(rows)
        return State(cache, self.mask[rows], self.lengths[rows])


class Adapted(nn.Module):
    """A language model whose own weights are constants, and whose adapters are its parameters and its state.

    Args:
        parameters: the section.
        example: gives the folder of the model.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__()
        assert example.base
        self.base = example.base
        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = _opened(self.base, getattr(torch, parameters.weights))
        blocks = model.config.num_hidden_layers
        linear = {
            name.rsplit(".", 1)[-1]: type(layer)
            for name, layer in model.base_model.named_modules()
            if isinstance(layer, (nn.Linear, Conv1D))
        }
        self.lora = LoraConfig(
            task_type="CAUSAL_LM",
            r=parameters.rank,
            lora_alpha=cast("int", parameters.scale * parameters.rank),
            lora_dropout=parameters.dropout,
            target_modules=sorted(linear),
            fan_in_fan_out=Conv1D in linear.values(),
            layers_to_transform=list(range(max(0, blocks - parameters.blocks), blocks)),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an older name
            self.model: Any = get_peft_model(model, self.lora)
        for module in self.model.modules():
            if isinstance(module, LoraLayer):
                module.cast_input_dtype_enabled = False  # autocast casts what must be
        _freeze(self.model)

    @property
    def embedding(self) -> nn.Embedding:
        """Of the tokens that it reads."""
        found: nn.Embedding = self.model.get_base_model().get_input_embeddings()
        return found

    @property
    def table(self) -> Tensor:
        """What its features are multiplied with to become logits, (V, E)."""
        found: Tensor = self.model.get_base_model().get_output_embeddings().weight
        return found

    def forward(self, **named: Any) -> Any:
        """What the model says without its projection onto the vocabulary."""
        return self.model.get_base_model().base_model(**named)


def _opened(base: Path, dtype: torch.dtype) -> Any:
    if torch.get_default_device().type == "meta":  # an audit wants shapes alone
        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base))  # type: ignore[no-untyped-call]
    return AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation="eager", local_files_only=True)


def _freeze(model: nn.Module) -> None:
    """Make the weights that do not learn constants: neither parameters nor state, so nothing copies or saves them."""
    for module in model.modules():
        for name, weight in list(module._parameters.items()):
            if weight is not None and not weight.requires_grad:
                del module._parameters[name]
                module.register_buffer(name, weight.detach(), persistent=False)


def _copied(network: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """A deep copy that shares the constants, which nothing writes to."""
    memo.update({id(constant): constant for constant in network.buffers()})
    twin = network.__class__.__new__(network.__class__)
    memo[id(network)] = twin
    twin.__dict__ = copy.deepcopy(network.__dict__, memo)
    return twin


class Generator(TextGenerator):
    """Prompt, the token that begins a text, and text are one sequence."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        adapted = Adapted(parameters, example)
        super().__init__(example, adapted.embedding)
        self.adapted = adapted

    __deepcopy__ = _copied

    @property
    def table(self) -> Tensor:
        """What features are multiplied with, (V, E)."""
        return self.adapted.table

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """Read prompts (N, P) of ``prompt_lengths`` (N,) into the state before the first token."""
        mask = is_real(prompt_lengths, prompt.shape[1])
        cache = DynamicCache(config=self.adapted.model.config)
        self.adapted(inputs_embeds=self.embedding(prompt), cache=cache, use_cache=True)
        return State(cache, mask, prompt_lengths)

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, E); return features of the same shape and the state after them."""
        count = torch.arange(embedded.shape[1], device=embedded.device)
        mask = torch.cat([state.mask, state.mask.new_ones(embedded.shape[:2])], 1)
        read = self.adapted(
            inputs_embeds=embedded,
            attention_mask=mask,
            position_ids=state.lengths[:, None] + count,
            cache=state.cache,
            use_cache=True,
        )
        return read.last_hidden_state, State(state.cache, mask, state.lengths + len(count))

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, E) that predict what follows each of ``inputs`` (N, T), which begin with BOS."""
        tokens, places = joined(prompt, prompt_lengths, inputs)
        read = self.adapted(inputs_embeds=self.embedding(tokens), use_cache=False).last_hidden_state
        features: Tensor = read.gather(1, places[..., None].expand(-1, -1, read.shape[-1]))
        return features


class Discriminator(TextDiscriminator):
    """Reads prompt and text as the generator would, and judges by what it makes of the end."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        adapted = Adapted(parameters, example)
        super().__init__(adapted.embedding)
        self.adapted, self.bos = adapted, example.bos
        self.head = nn.Linear(adapted.embedding.embedding_dim, 1)

    __deepcopy__ = _copied

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """Logits (N,) of prompts (N, P) and embedded texts (N, T, E) of the given lengths (N,)."""
        start = self.embedding(torch.full_like(prompt[:, :1], self.bos))
        read, places = self.embedding(prompt), _places(prompt_lengths, 1 + embedded.shape[1])
        read = torch.cat([read, torch.zeros_like(start), torch.zeros_like(embedded)], 1)
        told = torch.cat([start, embedded.to(start.dtype)], 1)
        read = read.scatter(1, places[..., None].expand_as(told), told)
        features = self.adapted(inputs_embeds=read, use_cache=False).last_hidden_state
        end = (prompt_lengths + text_lengths).view(-1, 1, 1).expand(-1, 1, features.shape[-1])
        logits: Tensor = self.head(features.gather(1, end)[:, 0].to(self.head.weight.dtype))[:, 0]
        return logits


def _places(prompt_lengths: Tensor, count: int) -> Tensor:
    """The ``count`` positions behind each prompt, (N, count)."""
    return prompt_lengths[:, None] + torch.arange(count, device=prompt_lengths.device)


def joined(prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Each prompt (N, P) of its length (N,), and ``inputs`` (N, T) right behind it; and where these lie, (N, T).

    Padding is all at the end, where a causal model does not look.
    """
    places = _places(prompt_lengths, inputs.shape[1])
    return torch.cat([prompt, torch.zeros_like(inputs)], 1).scatter(1, places, inputs), places
