"""Drawing more texts of each label from an autoencoder, and which of them are worth to be learnt from."""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.decoding import latent_vectors, random_numbers
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.sampler import Sampler
from promptgan.networks.tokens.autoencoder.network import Generator

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BATCH = 256
PRIOR = 2.0
"""How many texts with a word are worth as much as the belief that it says nothing of labels."""
KEPT = "kept"
REASONS = ("empty", "duplicate", "copy", "near copy", "other label", KEPT)
"""What becomes of a drawn text: the first of these that holds."""


class NothingKept(PromptganError):
    """The filter leaves no text of a label."""

    def __init__(self, label: int, reasons: Counter[str]) -> None:
        found = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
        super().__init__(
            f"none of the texts drawn of label {label} (by name) is kept: {found}",
            "draw more (`each`), lower `agreement`, raise `near` or `spread`, or train the autoencoder longer",
        )


@dataclass(frozen=True)
class Drawn:
    """N texts, each drawn for a label from a labelled one."""

    texts: list[list[int]]
    """Token ids, without special tokens."""
    labels: Integers
    """Asked for, (N,)."""
    sources: Integers
    """Which of the labelled texts each began from, (N,)."""


def drawn(
    generator: Generator,
    texts: Sequence[list[int]],
    labels: Integers,
    each: int,
    spread: float,
    temperature: float,
    seed: int,
) -> Drawn:
    """Draw ``each`` texts of every label.

    The prompt of a text is mu + ``spread`` sigma epsilon, where mu and sigma are of the posterior of a labelled text,
    drawn at random among those of the label, and epsilon is standard normal (Kingma and Welling, 2014,
    arXiv:1312.6114, section 2.4). Together these posteriors are a prior for each label (Tomczak and Welling, 2018,
    arXiv:1705.07120). What words say of a label (`information`, of these labelled texts alone) is added to the logits,
    times the generator's ``guidance``; the generator itself knows no labels.

    Args:
        generator: in evaluation mode.
        texts: labelled texts as token ids, without special tokens.
        labels: theirs, 0 to K - 1, (M,).
        each: texts of a label.
        spread: how far from mu.
        temperature: of the softmax over tokens.
        seed: of everything that is random here.
    """
    random = np.random.default_rng(seed)
    kinds = np.unique(labels)
    sources = np.concatenate([random.choice(np.flatnonzero(labels == kind), each) for kind in kinds])
    device = next(generator.parameters()).device
    means, scales = [], []
    with torch.no_grad():
        for start in range(0, len(texts), BATCH):
            text, lengths = pad([list(row) for row in texts[start : start + BATCH]], (generator.example.eos,))
            mean, log_variance = generator.posterior(text.to(device), lengths.to(device))
            means.append(mean)
            scales.append((log_variance / 2).exp())
    noise = latent_vectors(seed, len(sources), generator.latent).to(device)
    z = torch.cat(means)[sources] + spread * torch.cat(scales)[sources] * noise
    uniforms = random_numbers(seed, len(sources), generator.example.max_tokens)
    writer, made = copy.deepcopy(generator), []
    assert generator.bias is not None
    for kind, speaks in zip(kinds, information(texts, labels, generator.example.vocabulary), strict=True):
        rows = np.flatnonzero(labels[sources] == kind)
        writer.bias = nn.Parameter(generator.bias + generator.guidance * generator.bias.new_tensor(speaks))
        made += Sampler(writer).answers([[] for _ in rows], uniforms[rows], temperature, z=z[rows])
    return Drawn(made, labels[sources], sources)


def information(texts: Sequence[list[int]], labels: Integers, vocabulary: int) -> Floats:
    """Pointwise mutual information of K labels and V words in nats, (K, V): log p(label | word) - log p(label).

    By counting the texts that have a word; `PRIOR` draws that of rare words to zero.
    """
    kinds, numbers = np.unique(labels, return_inverse=True)
    holds = np.zeros((len(kinds), vocabulary))
    for text, kind in zip(texts, numbers, strict=True):
        holds[kind, list(set(text))] += 1
    shares = np.bincount(numbers)[:, None] / len(texts)
    found: Floats = np.log((holds + PRIOR * shares) / (holds.sum(0) + PRIOR) / shares)
    return found


def judged(made: Drawn, texts: Sequence[list[int]], probabilities: Floats, agreement: float, near: float) -> list[str]:
    """What is said of each drawn text, one of `REASONS`.

    Args:
        made: N texts.
        texts: all training texts, labelled ones first, in the order that ``made.sources`` counts them.
        probabilities: of each label for each drawn text, by a classifier that saw the same labels, (N, K).
        agreement: least probability of the label that was asked for.
        near: Jaccard similarity of the sets of neighbouring tokens of a drawn text and of its source, from which on it
            is a near copy.
    """
    known = {tuple(text) for text in texts}
    seen: set[tuple[int, ...]] = set()
    said = []
    for row, (text, label, source) in enumerate(zip(made.texts, made.labels, made.sources, strict=True)):
        key = tuple(text)
        if not key:
            said.append("empty")
        elif key in seen:
            said.append("duplicate")
        elif key in known:
            said.append("copy")
        elif _similarity(key, texts[source]) >= near:
            said.append("near copy")
        else:
            said.append(KEPT if probabilities[row, label] >= agreement else "other label")
        seen.add(key)
    return said


def _similarity(one: Sequence[int], other: Sequence[int]) -> float:
    first, second = (set(zip([-1, *text], [*text, -1], strict=True)) for text in (one, other))
    return len(first & second) / len(first | second)
