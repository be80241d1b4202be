"""What every system's transfers are measured by: the judge, a model of words, and the sentences themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.forms.tokens import form
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.forms.tokens.word_models import WordModels
from promptgan.tasks.style.score.content import bleu, matches
from promptgan.terms.words import segments

Integers = npt.NDArray[np.int64]
Row = dict[str, Any]


class Transfers(NamedTuple):
    """What is known of each of N texts that were made of sentences."""

    changed: npt.NDArray[np.bool_]
    """Whether the judge takes it for the wanted style, (N,)."""
    recognised: npt.NDArray[np.bool_]
    """Whether it takes the sentence for the other one, which it has, (N,)."""
    matches: Integers
    """What content BLEU is computed from, (N, 10)."""
    nats: npt.NDArray[np.float64]
    """Under the model of words, (N,)."""
    copied: npt.NDArray[np.bool_]
    """Whether it is the sentence, (N,)."""

    def summary(self, keep: Integers | None = None) -> Row:
        """The metrics of the texts, or of the texts ``keep`` alone."""
        chosen = self if keep is None else Transfers._make(column[keep] for column in self)
        changed, content = float(chosen.changed.mean()), bleu(chosen.matches)
        seen = chosen.changed[chosen.recognised]
        flipped = float(seen.mean()) if len(seen) else 0.0
        words, source_words = chosen.matches[:, -2:].sum(0).tolist()
        return {
            "style_accuracy": changed,
            "content_bleu": content,
            "g_score": (changed * content) ** 0.5,
            "flipped": flipped,
            "transfer": (flipped * content) ** 0.5,
            "perplexity": float(np.exp(chosen.nats.sum() / (words + len(chosen.nats)))),
            "copied": float(chosen.copied.mean()),
            "length_ratio": words / source_words,
        }


class Yardstick:
    """The judge, and a model of the words of the judge split, which no generator has seen.

    Args:
        tokens: folder of the arrays.
        judge: tells styles apart.
        order: longest n-gram of the model of words.
    """

    def __init__(self, tokens: Path, judge: NaiveBayes, order: int) -> None:
        self.judge, self.tokenizer = judge, load_tokenizer(tokens)
        self.styles = [str(self.tokenizer.id_to_token(len(SPECIAL_TOKENS) + place))[1:-1] for place in (0, 1)]
        split = form.split(tokens, "judge")
        told = decode(self.tokenizer, split.rows("text", np.arange(len(split))))
        self.words = WordModels([words_of(text) for text in told], order)
        self.fitted = len(told)

    def __call__(self, texts: list[str], sentences: list[str], wanted: Sequence[str]) -> Transfers:
        """Measure texts, each beside the sentence that it was made of and the style that was wanted."""
        style = np.array([each == self.styles[1] for each in wanted])
        split, source = ([words_of(text) for text in side] for side in (texts, sentences))
        return Transfers(
            changed=self._told(texts) == style,
            recognised=self._told(sentences) != style,
            matches=matches(split, source),
            nats=self.words.nats(split),
            copied=np.array([one == other for one, other in zip(split, source, strict=True)]),
        )

    def _told(self, texts: list[str]) -> Integers:
        """The style that the judge takes each text for, 0 or 1, (N,)."""
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return (self.judge.log_odds([encoding.ids for encoding in encodings]) > 0).astype(np.int64)


def words_of(text: str) -> list[str]:
    """The words and marks by which texts are compared, case left aside."""
    return segments(text.casefold())
