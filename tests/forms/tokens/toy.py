"""A generator and a discriminator so small that every text, its probability and its energy can be written down."""

from itertools import pairwise, product
from typing import Any

import torch
from torch import Tensor, nn

from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator

VOCABULARY, LIMIT = 6, 2
EXAMPLE = Example(vocabulary=VOCABULARY, max_tokens=LIMIT)
Text = tuple[int, ...]


class Rows(tuple[Any, ...]):
    """A state that holds nothing."""

    def select(self, rows: Tensor) -> "Rows":
        return self


class Chain(TextGenerator):
    """A first-order Markov chain: the logits of the next token are a row of ``table``, that of the last one."""

    def __init__(self, table: Tensor) -> None:
        super().__init__(EXAMPLE, nn.Embedding.from_pretrained(torch.eye(VOCABULARY)))
        self.transitions = nn.Parameter(table)

    def start(self, prompt: Tensor, prompt_lengths: Tensor) -> Rows:
        return Rows()

    def step(self, embedded: Tensor, state: Rows) -> tuple[Tensor, Rows]:
        return embedded @ self.transitions, state

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        return self.embedding(inputs) @ self.transitions


class Tokenwise(TextDiscriminator):
    """The logit of a text is the sum of what its tokens weigh, those further on more, and of its prompt's length."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__(nn.Embedding.from_pretrained(torch.eye(VOCABULARY)))
        self.weights = nn.Parameter(weights)

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        places = torch.arange(embedded.shape[1])
        weighed = (embedded @ self.weights) * (1 + places) * prompt_lengths[:, None]
        return (weighed * (places < text_lengths[:, None])).sum(1)

    def logit(self, text: Text, prompt_length: int) -> float:
        """The same, of one text with its end, summed by hand."""
        return prompt_length * sum((1 + i) * self.weights[token].item() for i, token in enumerate(text))


def models() -> tuple[Chain, Tokenwise]:
    """Of fixed random numbers."""
    random = torch.Generator().manual_seed(5)
    table = torch.randn(VOCABULARY, VOCABULARY, generator=random)
    return Chain(table).eval(), Tokenwise(0.5 * torch.randn(VOCABULARY, generator=random)).eval()


def texts(chain: Chain, undrawn: list[int]) -> dict[Text, float]:
    """Every text of at most `LIMIT` tokens, without its end, with the probability that it is drawn, or cut to."""
    logits = chain.transitions.detach().double().clone()
    logits[:, undrawn] = -torch.inf
    steps = logits.softmax(1)
    found = {}
    for length in range(LIMIT + 1):
        for text in product([i for i in range(VOCABULARY) if i not in {*undrawn, EXAMPLE.eos}], repeat=length):
            path = [EXAMPLE.bos, *text, *([EXAMPLE.eos] if length < LIMIT else [])]
            found[text] = float(torch.stack([steps[a, b] for a, b in pairwise(path)]).prod())
    return found
