"""Unpaired style transfer: denoising, back-translation, and a discriminator of texts and styles."""

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.discrimination import known
from promptgan.training.adversarial.texts import TextAdversary, shares_of
from promptgan.training.loop.run import Plan
from promptgan.training.methods.transfer.parameters import Parameters
from promptgan.training.methods.transfer.styles import StyleDiscrimination, Transfer, Transfers, behind
from promptgan.training.setting import Setting


class StyleTransfer(TextAdversary):
    """A denoising autoencoder with a token for each of two styles learns to write a text in the one that it has not.

    Each step draws k candidates of every text in its other style, and adds three gradients. The likelihood of the
    candidates, weighted by how much more real a discriminator finds them under that style than under their own, as in
    cooperative training (Lamprier et al., 2022, arXiv:2201.12320, algorithm 1); the discriminator is the conditional
    one of Dai et al., 2019, arXiv:1905.05621, section 3.3.2. The likelihood of the text, given its best candidate and
    its own style: back-translation, which keeps the content (Lample et al., 2019, Multiple-attribute text rewriting,
    ICLR, section 3). And that of the text given noise on it, as before.

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
        self.batches = Transfers(
            known(setting.train, parameters.batch, setting.example.unk, setting.seed), self.max_tokens
        )

    def learn(self, batch: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step by all three gradients; the answers are the first candidate of each text."""
        assert isinstance(batch, Transfer)
        source, each = batch.source, self.p.candidates
        said = batch.answered(*self.answers(batch, each))
        verdicts = self.odds(said, source.prompt[:, :1]).view(-1, each)
        noted: dict[str, Tensor] = {}
        if self.p.adversarial_weight:
            candidates = self.drawn(said)
            shares = shares_of(candidates, (self.p.sharpness * verdicts).softmax(1))
            noted |= self._learnt("candidates_nll", candidates, self.p.adversarial_weight, shares)
        if self.p.back_translation_weight:
            best = torch.arange(len(batch), device=self.device) * each + verdicts.argmax(1)
            prompt = behind(source.prompt[:, 0], said.text[best], said.text_lengths[best], self.max_tokens)
            back = Batch(*prompt, source.text, source.text_lengths)
            noted |= self._learnt("back_translation_loss", back, self.p.back_translation_weight)
        noted |= self.update(source)
        return noted, (said.text[::each], said.text_lengths[::each])

    def odds(self, drawn: Batch, own: Tensor) -> Tensor:
        """How much more real texts (N * k,) are under the style that begins their prompts than under ``own`` (N, 1).

        What makes a text look real under either style cancels out, and what is left is its style.
        """
        under_own = torch.cat([own, drawn.prompt[:, 1:]], 1)
        other = Batch(under_own, drawn.prompt_lengths, drawn.text, drawn.text_lengths)
        return self.scores(drawn) - self.scores(other)

    def _learnt(self, name: str, batch: Batch, weight: float, shares: Tensor | None = None) -> dict[str, Tensor]:
        """Add the gradient of a likelihood; returns nats per token under ``name``."""
        with autocast(self.compute):
            nll, tokens = likelihood.backward(self.generator, batch, weight, shares)
        return {name: torch.tensor(nll / tokens)}


def build(setting: Setting, parameters: Parameters) -> tuple[StyleTransfer, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("transfer", setting, parameters, parameters.warmup)
    return StyleTransfer(setting, parameters), chosen
