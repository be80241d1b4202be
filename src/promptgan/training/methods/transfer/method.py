"""Unpaired style transfer: denoising, back-translation, and a discriminator of texts and styles."""

import torch
from torch import Tensor

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.relaxed import relaxed_sample
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.discrimination import known
from promptgan.training.adversarial.texts import TextAdversary
from promptgan.training.loop.run import Plan
from promptgan.training.methods.transfer.parameters import Parameters
from promptgan.training.methods.transfer.styles import StyleDiscrimination, Transfer, Transfers, behind
from promptgan.training.setting import Setting


class StyleTransfer(TextAdversary):
    """A denoising autoencoder with a token for each of two styles learns to write a text in the one that it has not.

    Each step draws a text in its other style, and adds three gradients. The discriminator's verdict on the drawn text
    under that style, through straight-through Gumbel-softmax: the conditional discriminator of Dai et al., 2019,
    arXiv:1905.05621, section 3.3.2. The likelihood of the text given the drawn one and its own style: back-translation,
    which keeps the content (Lample et al., 2019, Multiple-attribute text rewriting, ICLR, section 3). And that of the
    text given noise on it, as before. No gradient passes from a back-translation into the text that was drawn.

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
        """One step by all three gradients; the answers are the texts in their other style."""
        assert isinstance(batch, Transfer)
        source = batch.source
        self.discriminator.requires_grad_(False)
        with autocast(self.compute):
            drawn = relaxed_sample(
                self.generator,
                batch.prompt,
                batch.prompt_lengths,
                self.discriminator.embedding,
                self.p.relaxation,
                self.max_tokens + 1,
            )
            verdict = self.discrimination.scores(batch, drawn.embedded, drawn.lengths)
        with torch.no_grad():
            real = self.discrimination.judged(batch) if self.objective.RELATIVE else None
        loss = self.objective.generator_loss(real, verdict)
        noted = {"generator_loss": loss}
        if self.p.adversarial_weight:
            (self.p.adversarial_weight * loss).backward()
        self.discriminator.requires_grad_(True)
        if self.p.back_translation_weight:
            back = behind(source.prompt[:, 0], drawn.tokens, drawn.lengths, self.max_tokens)
            with autocast(self.compute):
                nll, tokens = likelihood.backward(
                    self.generator,
                    Batch(*back, source.text, source.text_lengths),
                    self.p.back_translation_weight,
                )
            noted["back_translation_loss"] = torch.tensor(nll / tokens)
        noted |= self.update(source)
        return noted, (drawn.tokens, drawn.lengths)


def build(setting: Setting, parameters: Parameters) -> tuple[StyleTransfer, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("transfer", setting, parameters, parameters.warmup)
    return StyleTransfer(setting, parameters), chosen
