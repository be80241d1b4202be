"""A classifier that learns from generated texts too: an autoencoder's latent vectors are the prompts of a text GAN."""

import copy
from collections import Counter
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.latent import Normal
from promptgan.forms.tokens.pairs import Batches
from promptgan.forms.tokens.relaxed import RelaxedTexts, relaxed_sample
from promptgan.networks.tokens.autoencoder.drawing import KEPT, NothingKept, drawn, judged
from promptgan.networks.tokens.autoencoder.network import Generator
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import labelled
from promptgan.networks.tokens.classifier.told import told
from promptgan.training.adversarial.discrimination import Discrimination, known
from promptgan.training.loop.method import Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.classifier.method import plan_of
from promptgan.training.methods.classifier.mixture import Mixture
from promptgan.training.methods.prompt_gan.parameters import Parameters
from promptgan.training.setting import Setting


class PromptGAN(Mixture):
    """Before labels are learnt, in what the loop calls warming up, a generator learns to write; then it is drawn from.

    First generator and posterior learn by the evidence lower bound (Bowman et al., 2016, arXiv:1511.06349), which
    leaves `generator_start`. Then the generator answers prompts, which are latent vectors of real texts, and learns
    through a discriminator that tells its answers from real texts, by straight-through Gumbel-softmax, beside the
    bound. Both see texts alone: labels enter by whose latent vectors the prompts are, by what words say of
    them, and by the filter, so that the generator may be used whatever labels are known. What the filter keeps takes
    the place of some of the real texts.

    Args:
        setting: all networks, pairs whose prompts are labels, objective, penalty and score; the `encoder` in its start
            is the classifier that learnt from real texts alone, which the filter asks.
        parameters: the `train` section.

    Raises:
        ParameterError: there is no such classifier.
    """

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        if "encoder" not in setting.start:
            raise ParameterError(["train.method: prompt_gan needs what pretrain.method classifier has trained"])
        asked = copy.deepcopy(setting.start["encoder"])  # which the classifier here learns in place of
        super().__init__(setting, parameters, (parameters.share, parameters.share_end))
        assert setting.objective
        self.g = parameters
        self.asked = cast("Encoder", asked.to(setting.device).eval().requires_grad_(False))
        self.generator = cast("Generator", setting.network("generator"))
        self.autoencoder = cast("Generator", setting.network("generator_start", "generator"))
        self.discriminator = cast("TextDiscriminator", setting.network("discriminator"))
        learns = parameters.competing.players
        self.writer = learns.generator.player("generator", self.generator)
        self.learner = parameters.autoencoding.player.player("autoencoder", self.generator)
        self.discrimination = Discrimination(
            self.discriminator,
            learns.discriminator.player("discriminator", self.discriminator),
            setting.objective,
            setting.penalty if parameters.penalty != "none" else None,
            parameters.penalty_weight,
            setting.compute,
            wrong_prompts=False,
        )
        self.state |= {
            "generator": self.generator,
            "generator_start": self.autoencoder,
            "discriminator": self.discriminator,
            "generator_optimizer": self.writer.optimizer,
            "autoencoder_optimizer": self.learner.optimizer,
            "discriminator_optimizer": self.discrimination.player.optimizer,
            "numbers": self.discrimination.numbers,
        }
        size, seed = parameters.generator_batch, setting.seed
        self.all_texts = Batches(setting.train, size, seed)
        self.known_texts = known(setting.train, size, setting.example.unk, seed)

    @property
    def warmup(self) -> int:
        """Steps of the autoencoder, of the discriminator alone, and adversarial ones."""
        return self.g.autoencoding.steps + self.learns_alone + self.g.competing.steps

    @property
    def learns_alone(self) -> int:
        """Steps of the discriminator before the generator learns from it; none where that does not."""
        return self.g.competing.warmup if self.g.competing.steps else 0

    def step(self, k: int) -> dict[str, Value]:
        """One batch of the autoencoder, of both players, or of the classifier."""
        done, first = self.warmup + k, self.g.autoencoding.steps
        if done == first:
            self.autoencoder.load_state_dict(self.generator.state_dict())
        if k == 0:
            self._draw()
        if k >= 0:
            return super().step(k)
        return self._autoencode(done) if done < first else self._compete(done - first)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """As the classifier's; and the share of what was drawn that is kept."""
        return {**super().validate(networks), "kept": self.pool.share}

    def _autoencode(self, step: int) -> dict[str, Value]:
        annealed = min(1.0, (step + 1) / max(1, self.g.autoencoding.anneal))
        batch = self.all_texts[step].to(self.setting.device)
        nats, tokens = self._bound(batch, self.all_texts.tokens, annealed)
        self.learner.update()
        return {"bound": (nats, tokens)}

    def _bound(self, batch: Batch, over: float, annealed: float, weight: float = 1.0) -> tuple[float, int]:
        """Add the gradient of the bound's negative over so many tokens, times a weight; returns it, summed, and its
        tokens.
        """
        with autocast(self.setting.compute):
            posterior = self.generator.posterior(batch.text, batch.text_lengths)
            # The likelihood's gradient is in closed form and stops here; it goes on with that of the divergence.
            leaves = Normal(*(x.detach().requires_grad_() for x in posterior))
            z = leaves.at(torch.randn_like(leaves.mean))
            nats, tokens = likelihood.backward(self.generator, batch, weight, z=z, tokens=over)
        divergence = leaves.divergence().sum()
        paid = weight * annealed * self.g.autoencoding.divergence_weight
        (divergence * (paid / over)).backward()  # type: ignore[no-untyped-call]
        torch.autograd.backward(posterior, [x.grad for x in leaves])
        return nats + divergence.item(), tokens

    def _compete(self, step: int) -> dict[str, Value]:
        assert self.setting.objective
        batch = unprompted(self.known_texts[step]).to(self.setting.device)
        if step < self.learns_alone:
            with torch.no_grad(), autocast(self.setting.compute):
                fake = self._draw_relaxed(batch)
            return dict(self.discrimination.step(batch, fake.tokens, fake.lengths))
        self.discriminator.requires_grad_(False)
        with autocast(self.setting.compute):
            fake = self._draw_relaxed(batch)
            fake_logits = self.discrimination.scores(batch, fake.embedded, fake.lengths)
        with torch.no_grad():
            real_logits = self.discrimination.judged(batch) if self.setting.objective.RELATIVE else None
        loss: Tensor = self.setting.objective.generator_loss(real_logits, fake_logits)
        loss.backward()  # type: ignore[no-untyped-call]
        weight = self.g.competing.likelihood_weight
        nats, tokens = self._bound(batch, self.known_texts.tokens, 1.0, weight)
        self.writer.update()
        self.discriminator.requires_grad_(True)
        noted = self.discrimination.step(batch, fake.tokens, fake.lengths)
        return {"generator_loss": loss, "bound": (nats, tokens), **noted}

    def _draw_relaxed(self, batch: Batch) -> RelaxedTexts:
        """Answers of the generator that is drawn from once it has learnt, which drops nothing out."""
        self.generator.eval()
        with torch.no_grad():
            posterior = self.generator.posterior(batch.text, batch.text_lengths)
            z = posterior.at(self.g.drawing.spread * torch.randn_like(posterior.mean))
        # The recurrent kernels of cuDNN have no gradient in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False):
            fake = relaxed_sample(
                self.generator,
                z,
                batch.prompt_lengths,
                self.discriminator.embedding,
                self.g.competing.temperature,
                self.setting.example.max_tokens + 1,
            )
        self.generator.train()
        return fake

    def _draw(self) -> None:
        """Fill the pool; every label must have a text in it.

        Raises:
            NothingKept: names a label that has none.
        """
        d, example = self.g.drawing, self.setting.example
        texts, labels = labelled(self.setting.train, example)
        self.generator.eval()
        made = drawn(self.generator, texts, labels, d.each, d.spread, d.temperature, self.setting.seed)
        said = judged(made, texts, told(self.asked, made.texts, example.eos), d.agreement, d.near)
        self.pool.fill(made.texts, made.labels.tolist(), [reason == KEPT for reason in said])
        for label in sorted(set(labels.tolist()) - set(self.pool.labels)):
            raise NothingKept(label, Counter(r for r, of in zip(said, made.labels, strict=True) if of == label))


def unprompted(batch: Batch) -> Batch:
    """The texts of a batch under empty prompts."""
    return Batch(torch.zeros_like(batch.prompt), torch.zeros_like(batch.prompt_lengths), batch.text, batch.text_lengths)


def build(setting: Setting, parameters: Parameters) -> tuple[PromptGAN, Plan]:
    """Training of a fresh generator and discriminator, and then of the classifier from its weights before any label."""
    method = PromptGAN(setting, parameters)
    return method, plan_of(method)
