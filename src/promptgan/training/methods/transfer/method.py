"""Unpaired style transfer: texts restored from their content, and a discriminator of texts and styles."""

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.texts import TextAdversary, shares_of
from promptgan.training.loop.run import Plan
from promptgan.training.methods.transfer.parameters import Parameters
from promptgan.training.methods.transfer.styles import StyleDiscrimination, Transfer, Transfers
from promptgan.training.setting import Setting


class StyleTransfer(TextAdversary):
    """An autoencoder with a token for each of two styles learns to write a text in the one that it has not.

    Each step draws k candidates of every text in its other style, and adds two gradients. The likelihood of the
    candidates, weighted by how much more real a discriminator finds them under that style than under their own, as in
    cooperative training (Lamprier et al., 2022, arXiv:2201.12320, algorithm 1); the discriminator is the conditional
    one of Dai et al., 2019, arXiv:1905.05621, section 3.3.2. And that of the text in its own style, as before, which
    keeps the content. Prompts are those of the pairs, with the other style wherever they name the text's own.

    Args:
        setting: the generator to go on from, pairs whose prompts begin with a style, objective, penalty and score.
        parameters: the `train` section.

    Raises:
        ParameterError: the prompts do not begin with one of two tokens.
    """

    discriminates = StyleDiscrimination

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters)
        self.p = parameters
        self.batches = Transfers(self.batches)

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step by both gradients; the answers are the first candidate of each text."""
        assert isinstance(batch, Transfer)
        each = self.p.candidates
        said = batch.answered(*self.answers(batch, each))
        odds = self.odds(said, batch.source.prompt[:, :1]).view(-1, each)
        candidates = self.drawn(said)
        shares = shares_of(candidates, (self.p.sharpness * odds).softmax(1))
        with autocast(self.compute):
            nll, tokens = likelihood.backward(self.generator, candidates, self.p.adversarial_weight, shares)
        noted = {"candidates_nll": torch.tensor(nll / tokens), **self.update(batch.source)}
        return noted, (said.text[::each], said.text_lengths[::each])

    def odds(self, drawn: Batch, own: Tensor) -> Tensor:
        """How much more real texts (N * k,) are under the style that begins their prompts than under ``own`` (N, 1).

        What makes a text look real under either style cancels out, and what is left is its style.
        """
        under_own = torch.cat([own, drawn.prompt[:, 1:]], 1)
        other = Batch(under_own, drawn.prompt_lengths, drawn.text, drawn.text_lengths)
        return self.scores(drawn) - self.scores(other)


def build(setting: Setting, parameters: Parameters) -> tuple[StyleTransfer, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("transfer", setting, parameters, parameters.warmup)
    return StyleTransfer(setting, parameters), chosen
