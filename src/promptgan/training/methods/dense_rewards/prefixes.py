"""How a discriminator of prefixes learns: it tells real from drawn after each token of a text."""

from typing import cast

from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens.discriminator import PrefixDiscriminator
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.training.adversarial.discrimination import Discrimination, misplaced


class PrefixDiscrimination(Discrimination):
    """The loss is of tokens; accuracies are of texts, by the mean logit of each."""

    def prefixes(self, batch: Batch) -> Tensor:
        """Logits (N, T) of the texts of N pairs as far as each token."""
        judge = cast("PrefixDiscriminator", self.discriminator)
        with autocast(self.compute):
            logits = judge.prefixes(batch.prompt, batch.prompt_lengths, judge.embedding(batch.text))
        return logits.float()

    def compare(self, batch: Batch, drawn: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of telling real pairs from drawn ones and from misplaced texts, and both accuracies."""
        wrong, differs = misplaced(batch)
        shown = (batch, drawn, wrong)
        logits = [self.prefixes(pairs) for pairs in shown]
        tokens = [is_real(pairs.text_lengths, pairs.text.shape[1]) for pairs in shown]
        real, fake, other = ((each * held).sum(1) / held.sum(1) for each, held in zip(logits, tokens, strict=True))
        loss: Tensor = self.objective.discriminator_loss(logits[0][tokens[0]], logits[1][tokens[1]])
        noted = {"accuracy": (real > fake).float().mean()}
        if differs.any():
            of = tokens[0] & differs[:, None], tokens[2] & differs[:, None]
            loss = (loss + self.objective.discriminator_loss(logits[0][of[0]], logits[2][of[1]])) / 2
            noted["accuracy_wrong_prompt"] = (real > other)[differs].float().mean()
        return loss, noted
