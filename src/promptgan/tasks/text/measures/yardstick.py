"""What answers are measured against: the real texts of every split and the judges."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from promptgan.forms.tokens import form, word_models
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.measures import diversity, neighbours
from promptgan.tasks.text.measures.bleu import bleu, self_bleu
from promptgan.tasks.text.measures.rouge import NAMES as ROUGE
from promptgan.tasks.text.measures.rouge import rouge
from promptgan.tasks.text.measures.verse import NAMES as VERSE
from promptgan.tasks.text.measures.verse import Verse
from promptgan.tasks.text.score.ms_jaccard import MSJaccard, telling_order
from promptgan.tasks.text.score.own_prompt import preferred
from promptgan.terms import words
from promptgan.terms.splits import SPLITS

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]

ORDERS = (2, 3, 4, 5)


class Yardstick:
    """What answers are measured against: the real texts of every split and the judges.

    Args:
        tokens: the folder of tokenized splits.
        matcher: scores prompts with texts; None where texts answer no prompt, and nothing is measured about prompts.
        order: longest n-gram of the language models.
        verse: whether the texts are verse, to be measured as such.
    """

    def __init__(
        self, tokens: Path, matcher: dual_encoder.DualEncoder | None, order: int, *, verse: bool = False
    ) -> None:
        self.tokenizer = load_tokenizer(tokens)
        self.matcher = matcher
        self.splits = {name: form.split(tokens, name) for name in SPLITS}
        self.words = {name: [words.segments(t) for t in self.texts(name)] for name in SPLITS}
        self.lengths = [len(text) for text in self.words["test"]]
        self.asked = {record: place for place, record in enumerate(self.splits["test"].ids)}
        self.orders = {"val": telling_order(self.words["val"]), "test": 4}
        """Highest orders of MS-Jaccard: with validation texts, of which a temperature is chosen, of those that tell."""
        self.ms_jaccard = {name: MSJaccard(self.words[name], n) for name, n in self.orders.items()}
        self.language_models = word_models.WordModels(self.words["judge"], order)
        self.verse = Verse(self.texts("train", "prompt"), self.texts("train")) if verse else None

    def texts(self, split: str, column: str = "text") -> list[str]:
        """All texts or prompts of a split, in the form in which a generator would write them."""
        pairs = self.splits[split]
        return decode(self.tokenizer, pairs.rows(column, np.arange(len(pairs))))

    def per_answer(self, answers: pd.DataFrame) -> pd.DataFrame:
        """What each answer scores by itself, as new columns: words, BLEU with all test texts, ROUGE, copies, NLL."""
        texts = [words.segments(text) for text in answers["text"]]
        ids = self._encode(answers["text"])
        scores = dict(zip(ORDERS, bleu(texts, self.words["test"], ORDERS), strict=True))
        return answers.assign(
            **{f"bleu_{n}": values for n, values in scores.items()},
            **self._rouge(answers["prompt_id"], texts),
            **self._verse(answers["prompt"].tolist(), answers["text"].tolist()),
            word=pd.Series(texts, answers.index),
            token=pd.Series(ids, answers.index),
            words=[len(text) for text in texts],
            copied=diversity.copied(texts, self.words["train"]),
            longest_copied=diversity.longest_copied(texts, self.words["train"]),
            nats=self.language_models.nats(texts),
        )

    def relevance(self, prompts: list[str], token: list[list[int]]) -> Floats:
        """For each answer, how probably the matcher prefers its own prompt to another of the set; (N,).

        Half where both score the same. 0.5 on average for answers that say nothing of their prompts; not a number where
        there are none.
        """
        if self.matcher is None:
            return np.full(len(prompts), np.nan)
        device = next(self.matcher.parameters()).device
        asked, answered = (dual_encoder.padded(rows).to(device) for rows in (self._encode(pd.Series(prompts)), token))
        with torch.no_grad():
            scores = self.matcher.score(asked, answered).cpu().numpy()
        return preferred(scores.T)

    def summary(self, answers: pd.DataFrame) -> Row:
        """All metrics of one set of answers that `per_answer` and `relevance` have been over."""
        texts = answers["word"].tolist()
        return {
            "ms_jaccard": self.ms_jaccard["test"](texts),
            **{f"bleu_{n}": answers[f"bleu_{n}"].mean() for n in ORDERS},
            **{f"self_bleu_{n}": scores.mean() for n, scores in zip(ORDERS, self_bleu(texts, ORDERS), strict=True)},
            **{name: answers[name].mean() for name in ROUGE},
            "relevance": answers["relevance"].mean(),
            "distinct_1": diversity.distinct(texts, 1),
            "distinct_2": diversity.distinct(texts, 2),
            "duplicates": diversity.duplicate_share(answers["text"].tolist()),
            "copied": answers["copied"].mean(),
            "longest_copied": answers["longest_copied"].mean(),
            "longest_copied_max": int(answers["longest_copied"].max()),
            "words": answers["words"].mean(),
            "length_distance": diversity.wasserstein(answers["words"], self.lengths),
            **{name: answers[name].mean() for name in VERSE if self.verse},
        }

    def answered(self, prompts: "pd.Series[str]") -> list[str]:
        """The test texts of these prompts, each once."""
        texts = self.texts("test")
        return [texts[self.asked[prompt]] for prompt in prompts.unique() if prompt in self.asked]

    def to_training(self, sets: dict[str, pd.DataFrame]) -> dict[str, float]:
        """For each set, the mean distance of its answers to the nearest training text."""
        texts = [text for answers in sets.values() for text in answers["word"]]
        ends = np.cumsum([len(answers) for answers in sets.values()])
        parts = np.split(neighbours.nearest(texts, self.words["train"]), ends[:-1])
        return {name: float(part.mean()) for name, part in zip(sets, parts, strict=True)}

    def against_language_models(self, answers: pd.DataFrame) -> Row:
        """Nats per word: of the answers under judge texts, and of test texts under the answers."""
        return {
            "lm": answers["nats"].sum() / (answers["words"] + 1).sum(),
            "reverse_lm": self.language_models.cross_entropy(self.words["test"], answers["word"].tolist()),
        }

    def _verse(self, prompts: list[str], texts: list[str]) -> dict[str, npt.NDArray[np.bool_]]:
        """Whether each answer is in form and rhymes; nothing where the texts are no verse."""
        if self.verse is None:
            return {}
        return dict(zip(VERSE, (self.verse.in_form(texts), self.verse.rhymes(prompts, texts)), strict=True))

    def _rouge(self, prompts: "pd.Series[str]", texts: list[list[str]]) -> dict[str, Floats]:
        """ROUGE of each answer with the test text of its own prompt; not a number where no test record asked."""
        places = [self.asked.get(prompt) if self.matcher else None for prompt in prompts]
        own = [() if place is None else self.words["test"][place] for place in places]
        scores = np.where([place is None for place in places], np.nan, rouge(texts, own))
        return dict(zip(ROUGE, scores, strict=True))

    def _encode(self, texts: "pd.Series[str]") -> list[list[int]]:
        return [e.ids for e in self.tokenizer.encode_batch_fast(texts.tolist(), add_special_tokens=False)]
