"""An n-gram model with modified Kneser-Ney smoothing as a generator: the plain baseline, which reads no prompt."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.counted import CountedGenerator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.kneser_ney import KneserNey, Order, most_ids
from promptgan.networks.tokens.ngram.parameters import Parameters

NOTHING = -1
"""Stands in a context for what would be before the beginning of the text."""


class State(NamedTuple):
    """What decoding carries from one token to the next, for N sequences."""

    context: Tensor
    """The last ids, the newest first, (N, order - 1)."""

    def select(self, rows: Tensor) -> "State":
        """The state of the sequences ``rows``."""
        return State(self.context[rows])


class Generator(CountedGenerator):
    """Draws each token given the last few of the same text; the prompt is not read.

    The last tokens of a prompt say little of its answer, and few n-grams across the two occur twice; so this is what is
    known of answers without knowing what they answer.

    The embedding of a token is its id, features are the last ids, and logits are logarithms of probabilities.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        self.order, size = parameters.order, example.vocabulary
        if size > most_ids(self.order):
            raise ParameterError(
                [f"generator.order: n-grams of {self.order} tokens, of which there are {size}, do not fit into 64 bits"]
            )
        ids = torch.arange(size, dtype=torch.float32)[:, None]
        super().__init__(example, nn.Embedding.from_pretrained(ids, freeze=True))  # type: ignore[no-untyped-call]
        self.tables = nn.ModuleList(Table() for _ in range(self.order))

    def count(self, texts: Sequence[Sequence[int]]) -> None:
        """See `CountedGenerator.count`."""
        model = KneserNey(texts, self.example.vocabulary, self.order, self.example.eos)
        for table, known in zip(self._by_length, model.orders, strict=True):
            table.fill(known, self.example.vocabulary + 1)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> State:
        """See `TextGenerator.start`; how many prompts there are is all that counts."""
        return State(torch.full((len(prompt), self.order - 1), NOTHING, dtype=torch.int64, device=prompt.device))

    def step(self, embedded: Tensor, state: State) -> tuple[Tensor, State]:
        """Read T embedded tokens (N, T, 1); return features (N, T, order - 1) and the state after them."""
        ids = torch.cat([state.context.flip(1), embedded[..., 0].long()], 1)
        context = ids.unfold(1, self.order - 1, 1)[:, 1:].flip(-1)
        return context.to(embedded.dtype), State(context[:, -1])

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """See `TextGenerator.forward`; features are (N, T, order - 1)."""
        features, _ = self.step(self.embedding(inputs), self.start(prompt, prompt_lengths))
        return features

    def logits(self, features: Tensor) -> Tensor:
        """Logarithms of the probabilities (..., V) of the next token after the last ids (..., order - 1)."""
        size, beginning = self.example.vocabulary, self.example.vocabulary
        context = features.long().flatten(0, -2)
        context = torch.where(context == self.example.bos, beginning, context)
        probability = torch.full((len(context), size), 1 / size, device=features.device)
        code, whole, power = torch.zeros_like(context[:, 0]), torch.ones_like(context[:, 0], dtype=torch.bool), 1
        for back, table in enumerate(self._by_length):
            if back:
                code = code + context[:, back - 1] * power
                whole, power = whole & (context[:, back - 1] != NOTHING), power * (size + 1)
            table.refine(probability, code, whole)
        return probability.log().to(features.dtype).view(*features.shape[:-1], size)

    @property
    def _by_length(self) -> "Iterable[Table]":
        return cast("Iterable[Table]", self.tables)


class Table(nn.Module):
    """The n-grams of one length: for each context its total and what is left for shorter ones, and what follows it."""

    contexts: nn.Parameter
    """The tokens of each as one number, sorted, (C,)."""
    first: nn.Parameter
    """Where what follows each begins in `words`, (C + 1,)."""
    words: nn.Parameter
    """What follows the first context, then what follows the second, ..., (G,)."""
    own: nn.Parameter
    """The discounted count of each over the total of its context, (G,)."""
    left: nn.Parameter
    """Of each context, the share that goes to the shorter one, (C,)."""

    def __init__(self) -> None:
        super().__init__()
        whole, share = torch.zeros(0, dtype=torch.int64), torch.zeros(0)
        self._hold({"contexts": whole, "first": torch.zeros(1, dtype=torch.int64), "words": whole})
        self._hold({"own": share, "left": share})

    def fill(self, known: Order, base: int) -> None:
        """Take what is known of n-grams whose last token is the remainder of their number by ``base``."""
        contexts, words = np.divmod(known.grams, np.uint64(base))  # of 64 bits, which a context never needs
        counts = np.bincount(np.searchsorted(known.contexts, contexts), minlength=len(known.contexts))
        totals = np.repeat(known.totals, counts)
        values = {
            "contexts": known.contexts.astype(np.int64),
            "first": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "words": words.astype(np.int64),
            "own": (known.discounted / totals).astype(np.float32),
            "left": (known.left / known.totals).astype(np.float32),
        }
        device = self.contexts.device
        self._hold({name: torch.from_numpy(value).to(device) for name, value in values.items()})

    def refine(self, probability: Tensor, code: Tensor, whole: Tensor) -> None:
        """Turn probabilities (N, V) after shorter contexts into those after contexts ``code`` (N,), where known.

        Args:
            probability: changed in place.
            code: contexts as numbers.
            whole: which of the texts reach back that far, (N,).
        """
        if not len(self.contexts):
            return
        at = torch.searchsorted(self.contexts, code).clamp_max(len(self.contexts) - 1)
        known = whole & (self.contexts[at] == code)
        probability *= self.left[at].where(known, 1)[:, None]
        rows = known.nonzero()[:, 0]
        at = at[rows]
        counts = self.first[at + 1] - self.first[at]
        owners = torch.arange(len(rows), device=rows.device).repeat_interleave(counts)
        place = (
            torch.arange(len(owners), device=rows.device) - (counts.cumsum(0) - counts)[owners] + self.first[at][owners]
        )
        probability[rows[owners], self.words[place]] += self.own[place]

    def _hold(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            setattr(self, name, nn.Parameter(value, requires_grad=False))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        names = [name for name, _ in self.named_parameters() if prefix + name in state_dict]
        self._hold({name: torch.empty_like(state_dict[prefix + name]) for name in names})  # as large as what is loaded
        super()._load_from_state_dict(state_dict, prefix, *rest)
