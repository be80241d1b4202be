"""Texts under the other of two styles, and a discriminator that reads of a prompt its style alone."""

from dataclasses import dataclass

import torch
from torch import Tensor

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Batches
from promptgan.forms.tokens.vocabulary import PAD
from promptgan.training.adversarial.discrimination import Discrimination


@dataclass(frozen=True)
class Transfer(Batch):
    """N prompts that ask for the style that their texts have not, beside real texts of that style."""

    source: Batch
    """The pairs that the prompts are of, which ask for the style that the texts have."""


class Transfers(Batches):
    """Batches of pairs, turned round: `Transfer` says how.

    Args:
        batches: of pairs whose prompts begin with one of two tokens, the style of the text.

    Raises:
        ParameterError: prompts begin with more tokens than two, or all with one.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__(batches.pairs, batches.size, batches.seed, batches.chosen, batches.onward)
        styles = {prompt[0] if prompt else PAD for prompt in batches.pairs.rows("prompt", batches.chosen)}
        if len(styles) != 2:
            raise ParameterError(
                [f"train.method: transfer is between two styles, and prompts begin with {len(styles)} tokens"]
            )
        self.both = sum(styles)

    def __getitem__(self, step: int) -> Transfer:
        """The batch of step number ``step``; after all pairs they come again in another order."""
        source = super().__getitem__(step)
        own = source.prompt[:, 0]
        wanted = self.both - own
        rows = torch.arange(len(own))
        # The next row that has the wanted style; where a batch has one style, the text itself.
        ahead = (rows - rows[:, None]) % len(own)
        partner = (ahead + len(own) * (own == own[:, None])).argmin(1)
        prompt = source.prompt.where(source.prompt != own[:, None], wanted[:, None])
        return Transfer(prompt, source.prompt_lengths, source.text[partner], source.text_lengths[partner], source)


class StyleDiscrimination(Discrimination):
    """Tells real texts of a style from those that were transferred to it, and from real ones of the other style.

    It does not see what a text was made of: whether the content is kept is not for it to say.
    """

    def scores(self, batch: Batch, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N,) of embedded texts (N, T, E) of the given lengths (N,) under the styles of a batch."""
        return super().scores(style_of(batch), embedded, lengths)

    def compare(self, batch: Batch, drawn: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of telling real texts from drawn ones, and from those of the wrong style, and both accuracies."""
        return super().compare(style_of(batch), style_of(drawn))


def style_of(batch: Batch) -> Batch:
    """The same texts, each with the first token of its prompt alone."""
    return Batch(batch.prompt[:, :1], torch.ones_like(batch.prompt_lengths), batch.text, batch.text_lengths)
