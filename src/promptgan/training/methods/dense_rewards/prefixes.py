"""How a discriminator of prefixes learns: it tells real from drawn after each token of a text."""

from typing import cast

from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens.discriminator import PrefixDiscriminator
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.training.adversarial.discrimination import Discrimination


class PrefixDiscrimination(Discrimination):
    """The loss is of tokens; accuracies are of texts, by the mean logit of each."""

    def judged(self, pairs: Batch) -> Tensor:
        """Logits (N, T) of the texts of N pairs as far as each token."""
        judge = cast("PrefixDiscriminator", self.discriminator)
        with autocast(self.compute):
            logits = judge.prefixes(pairs.prompt, pairs.prompt_lengths, judge.embedding(pairs.text))
        return logits.float()

    def learnt(self, logits: Tensor, lengths: Tensor) -> Tensor:
        """Those of tokens, (M,)."""
        return logits[is_real(lengths, logits.shape[1])]

    def by_text(self, logits: Tensor, lengths: Tensor) -> Tensor:
        """Means over tokens."""
        return logits.masked_fill(~is_real(lengths, logits.shape[1]), 0).sum(1) / lengths
