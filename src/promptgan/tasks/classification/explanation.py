"""Which words of a text speak for a label and which against it, as the classifier has it.

Integrated gradients (Sundararajan, Taly and Yan, 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365) from
a text without content, whose embeddings are zero but for the end, to the text itself. They are complete: a text's
attributions sum to the label's logit less that of the text without content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import torch
from markupsafe import Markup
from torch import Tensor, nn

from promptgan.forms.tokens.pairs import pad
from promptgan.terms.visible import visible
from promptgan.terms.words import segments

if TYPE_CHECKING:
    from rich.text import Text

    from promptgan.tasks.classification.samples.prediction import Classifier

Floats = npt.NDArray[np.float64]

STEPS = 64
"""Points on the way from one to the other, of a Gauss-Legendre quadrature."""
FAINT = 0.1
"""Share of the strongest attribution below which a word is not marked."""
FOR, AGAINST = "#2f9e6e", "#e0642f"
"""Colours of the marks; what a mark says is also in its sign."""


class Encoder(Protocol):
    """What is explained: of the family `classifier` of networks."""

    @property
    def embedding(self) -> nn.Embedding:
        """Of the tokens that it reads."""
        ...

    def classify(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, K) of embedded texts (N, T, E) of ``lengths`` (N,), their end counted."""


@dataclass(frozen=True)
class Word:
    """A word or mark of a text, with what stands before it, and how much it adds to the label's logit."""

    gap: str
    text: str
    attribution: float


def attributions(
    encoder: Encoder, text: Tensor, lengths: Tensor, label: int, steps: int = STEPS
) -> tuple[Floats, Floats]:
    """What each token adds to the logit of a label.

    Args:
        encoder: in evaluation mode.
        text: token ids (N, T), each text with its end, and padded.
        lengths: (N,), ends counted.
        label: whose logit.
        steps: points of the quadrature.

    Returns:
        The attributions (N, T), 0 of ends and padding, and by how much the sum of each text's misses the difference of
        the logits, (N,): what more steps make smaller.
    """
    from captum.attr import IntegratedGradients

    embedded = encoder.embedding(text).detach()
    content = (torch.arange(text.shape[1], device=text.device) < lengths[:, None] - 1)[..., None]
    with torch.backends.cudnn.flags(enabled=False):  # its recurrent kernels have no gradient in evaluation mode
        found, missed = IntegratedGradients(encoder.classify).attribute(
            embedded,
            embedded.masked_fill(content, 0.0),
            target=label,
            additional_forward_args=(lengths,),
            n_steps=steps,
            internal_batch_size=max(len(text), 64),
            return_convergence_delta=True,
        )
    return found.sum(-1).double().cpu().numpy(), missed.double().cpu().numpy()


def explained(classifier: "Classifier", text: str, label: str) -> list[Word]:
    """The words of a text, with what each adds to the logit of a label.

    Raises:
        UnknownLabel: there is no such label.
    """
    (encoding,) = classifier.encoded([text])
    ids, lengths = (part.to(classifier.device) for part in pad([encoding.ids], (classifier.example.eos,)))
    values, _ = attributions(classifier.encoder, ids, lengths, classifier.number(label))
    return by_word(text, encoding.offsets, values[0, :-1].tolist())


def by_word(text: str, offsets: Sequence[tuple[int, int]], values: Sequence[float]) -> list[Word]:
    """The attributions of tokens as those of words.

    A word has the sum of its tokens, a space's among them where it is one of its own; where a token holds characters of
    several words, as one of Chinese may, they are one. A word that the classifier has not read, as the text was cut,
    has 0.

    Args:
        text: as it was tokenized.
        offsets: where in the text each token begins and ends, without special tokens.
        values: the attribution of each.
    """
    starts, end = [], 0
    words = segments(text)
    for word in words:
        starts.append(text.index(word, end))
        end = starts[-1] + len(word)
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    # The words that a token holds characters of: from the first that ends behind its beginning.
    held = [
        (int(np.searchsorted(ends, first, "right")), int(np.searchsorted(starts, behind, "left")))
        for first, behind in offsets
    ]
    joined = {word for first, behind in held for word in range(first + 1, behind)}
    firsts = [word for word in range(len(words)) if word not in joined]
    sums = np.zeros(len(firsts))
    for (first, _), value in zip(held if words else [], values, strict=False):
        sums[np.searchsorted(firsts, first, "right") - 1] += value
    found, end = [], 0
    for (first, behind), value in zip(pairwise([*firsts, len(words)]), sums, strict=True):
        found.append(Word(text[end : starts[first]], text[starts[first] : ends[behind - 1]], float(value)))
        end = ends[behind - 1]
    return found


def terminal(words: Sequence[Word]) -> "Text":
    """A text for the terminal: words for the label are bold green behind a ``+``, those against it red behind a ``-``.

    Words that hardly count are as they are.
    """
    from rich.text import Text

    marked = Text()
    for word, strength in zip(words, _strengths(words), strict=True):
        marked.append(visible(word.gap))
        sign, style = _sign(strength, "bold green", "underline red")
        marked.append(sign + visible(word.text), style)
    return marked


def fragment(words: Sequence[Word], label: str) -> str:
    """A text as a piece of HTML that needs nothing else: the stronger a word's colour, the more it counts.

    A word for the label stands behind a ``+`` on a solid line, one against it behind a ``−`` on a dashed one, and each
    says its number when it is pointed at.
    """
    parts = []
    for word, strength in zip(words, _strengths(words), strict=True):
        sign, line = _sign(strength, f"solid {FOR}", f"dashed {AGAINST}")
        shown = Markup("{}").format(visible(word.text))
        if sign:
            shown = Markup('<span title="{:+.3f}" style="border-bottom:2px {};background:{}{:02x}">{}{}</span>').format(
                word.attribution,
                line,
                line.split()[1],
                round(96 * abs(strength)),
                sign.replace("-", "−"),
                shown,
            )
        parts += [Markup("{}").format(visible(word.gap)), shown]
    return Markup('<p class="explained">{}<br><small>+ speaks for {}, − against it</small></p>').format(
        Markup("").join(parts), label
    )


def _strengths(words: Sequence[Word]) -> list[float]:
    """Attributions over the largest of the text, from -1 to 1."""
    most = max((abs(word.attribution) for word in words), default=0.0) or 1.0
    return [word.attribution / most for word in words]


def _sign(strength: float, positive: str, negative: str) -> tuple[str, str]:
    """The sign of a word's mark and how it is drawn; both empty where it hardly counts."""
    if abs(strength) < FAINT:
        return "", ""
    return ("+", positive) if strength > 0 else ("-", negative)
