"""Perturbations of a text's embedded tokens that the classifier is worst at, and what it learns from them.

A perturbation of a text is a vector over all its real tokens, its end among them, with padding left alone. Radius and
steps are shares of the L2 norm of the text's embedded tokens taken together: so they mean the same whatever the length
of a text, and a classifier cannot escape them with larger embeddings, against which Miyato et al. (2017) normalise.
Nothing is learnt through that norm.

While a perturbation is sought, and where it is learnt from, the same units are dropped out: another mask would be
another network, whose worst perturbation is another (Zhu et al., 2020, FreeLB, arXiv:1909.11764, section 3.3).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.training.methods.classifier.parameters import Fgm, FreeLB, Pgd, Unperturbed, Virtual

Kind = Unperturbed | Fgm | Pgd | FreeLB | Virtual
TINY = 1e-12


@dataclass(frozen=True)
class Texts:
    """N texts as whoever perturbs them sees them.

    Args:
        encoder: reads them.
        batch: holds them.
    """

    encoder: Encoder
    batch: Batch

    def embedded(self) -> Tensor:
        """Their tokens (N, T, E), with a gradient to the table."""
        embedded: Tensor = self.encoder.embedding(self.batch.text).float()
        return embedded

    def logits(self, perturbation: Tensor | None = None) -> Tensor:
        """What is said of them (N, K), where ``perturbation`` (N, T, E) is added to their tokens."""
        embedded = self.embedded()
        shifted = embedded if perturbation is None else embedded + perturbation
        return self.encoder.classify(shifted, self.batch.text_lengths).float()

    def real(self) -> Tensor:
        """Where there is no padding, (N, T, 1)."""
        return is_real(self.batch.text_lengths, self.batch.text.shape[1])[:, :, None]

    @torch.no_grad()
    def norms(self) -> Tensor:
        """L2 norm of each text's embedded tokens, (N, 1, 1)."""
        return _norm(self.embedded() * self.real())

    def uphill(self, value: Tensor, at: Tensor) -> Tensor:
        """The direction (N, T, E) from perturbations ``at`` in which ``value`` grows fastest: of norm 1 each."""
        (slope,) = torch.autograd.grad(value, at, retain_graph=True)
        return unit(slope * self.real())


def unit(vectors: Tensor) -> Tensor:
    """Vectors (N, T, E) scaled to norm 1 each; zero ones stay."""
    return vectors / _norm(vectors).clamp_min(TINY)


def projected(perturbation: Tensor, radii: Tensor) -> Tensor:
    """Perturbations (N, T, E) drawn back to the balls of ``radii`` (N, 1, 1) where they lie outside."""
    return perturbation * (radii / _norm(perturbation).clamp_min(TINY)).clamp_max(1)


def learn(encoder: Encoder, batch: Batch, targets: Tensor, kind: Kind, unlabelled: Batch | None = None) -> Tensor:
    """Add the gradient of the mean loss of texts with labels ``targets`` (N,), and of perturbed ones.

    Returns the loss that was gone down, a scalar without a gradient: that of clean and of perturbed texts together.

    Args:
        encoder: learns.
        batch: texts.
        targets: indices of labels.
        kind: the perturbation.
        unlabelled: further texts that virtual perturbations are of; no other kind reads them.
    """
    texts = Texts(encoder, batch)

    def loss(perturbation: Tensor | None = None) -> Tensor:
        return cross_entropy(texts.logits(perturbation), targets)

    match kind:
        case FreeLB():
            return _freelb(texts, _repeating(loss, batch.text.device), kind)
        case Fgm() | Pgd():
            total = _ascended(texts, _repeating(loss, batch.text.device), kind)
        case Virtual():
            total = loss() + kind.weight * divergence(texts, kind)
            if unlabelled is not None:
                total = total + kind.weight * divergence(Texts(encoder, unlabelled), kind)
        case Unperturbed():
            total = loss()
    total.backward()  # type: ignore[no-untyped-call]
    return total.detach()


def _repeating(loss: Callable[[Tensor], Tensor], device: torch.device) -> Callable[[Tensor], Tensor]:
    """The loss with the same units dropped out each time that it is called."""
    seed, gpus = int(torch.randint(2**31, ())), [device] if device.type == "cuda" else []

    def repeated(perturbation: Tensor) -> Tensor:
        with torch.random.fork_rng(gpus):
            torch.manual_seed(seed)
            return loss(perturbation)

    return repeated


def _ascended(texts: Texts, loss: Callable[[Tensor], Tensor], p: Fgm | Pgd) -> Tensor:
    """The loss of clean texts, where the ascent begins, and that of those where it ends."""
    steps, size = (p.steps, p.step_size) if isinstance(p, Pgd) else (1, p.radius)
    norms, found = texts.norms(), torch.zeros_like(texts.embedded())
    clean = None
    for _ in range(steps):
        found = found.detach().requires_grad_()
        here = loss(found)
        found = projected(found + size * norms * texts.uphill(here, found), p.radius * norms)
        clean = here if clean is None else clean
    assert clean is not None
    return clean + p.weight * loss(found.detach())


def _freelb(texts: Texts, loss: Callable[[Tensor], Tensor], p: FreeLB) -> Tensor:
    """Begins anywhere in the ball; each step's gradient counts for the weights, and for the next perturbation."""
    norms, real = texts.norms(), texts.real()
    entries = (real.sum((1, 2), keepdim=True) * texts.embedded().shape[2]).sqrt()
    found = (2 * torch.rand_like(texts.embedded()) - 1) * real * p.radius * norms / entries
    total = torch.zeros((), device=norms.device)
    for _ in range(p.steps):
        found = found.detach().requires_grad_()
        here = loss(found) / p.steps
        here.backward()  # type: ignore[no-untyped-call]
        assert found.grad is not None
        total += here.detach()
        found = projected(found + p.step_size * norms * unit(found.grad * real), p.radius * norms)
    return total


def divergence(texts: Texts, p: Virtual) -> Tensor:
    """Mean Kullback-Leibler divergence in nats of what is said of perturbed texts from what is said of clean ones.

    Miyato, Maeda, Koyama and Ishii, 2018, arXiv:1704.03976, section 3.3. The perturbation is the one, of all in the
    ball, that changes most of what is said, found by power iteration from a random direction. Dropout is off
    throughout, so that the divergence is the perturbation's alone.
    """
    encoder, was = texts.encoder, texts.encoder.training
    encoder.eval()
    said = texts.logits().detach().log_softmax(-1)

    def changed(perturbation: Tensor) -> Tensor:
        now = texts.logits(perturbation).log_softmax(-1)
        return (said.exp() * (said - now)).sum(-1).mean()

    norms = texts.norms()
    direction = unit(torch.randn_like(texts.embedded()) * texts.real())
    for _ in range(p.steps):
        near = (p.step_size * norms * direction).detach().requires_grad_()
        direction = texts.uphill(changed(near), near)
    found = changed(p.radius * norms * direction)
    encoder.train(was)
    return found


def _norm(vectors: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(vectors, dim=(1, 2), keepdim=True)
    return norms
