"""Measuring generated answers: quality, diversity, relevance, memorisation, and the curves they form over temperature."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from pydantic import Field
from tokenizers import Tokenizer

from promptgan import base
from promptgan.evaluation.metrics import diversity, words
from promptgan.evaluation.metrics.bleu import bleu, self_bleu
from promptgan.evaluation.metrics.comparison import gap_at_equal_diversity, jackknife
from promptgan.evaluation.metrics.language_model import WittenBell
from promptgan.evaluation.metrics.ms_jaccard import MSJaccard
from promptgan.judges.networks import dual_encoder
from promptgan.models import folder
from promptgan.models.likelihood import nll
from promptgan.progress import Progress
from promptgan.tokenizers.text import decode
from promptgan.training.pairs import Pairs, in_order, pad

Row = dict[str, Any]

FOLDERS = {"twin": "pretrained", "control": "control", "adversarial": "adversarial"}
"""The systems that are compared with real text, and their model folders."""
HEADLINE = ["ms_jaccard", "bleu_4", "self_bleu_4", "relevance", "distinct_2", "copied", "length_distance"]
"""What metrics/evaluation.json holds of a system, beside its temperature and NLL."""
QUALITIES = ["bleu_4", "relevance"]
"""What is compared at equal diversity, which is Self-BLEU-4."""
ORDERS = (2, 3, 4, 5)
NOT_APPLICABLE, NO_VERDICT = "not applicable", "no verdict"
BATCH = 128


class Parameters(base.Parameters):
    """The `evaluate` section for text."""

    language_model_order: int = Field(ge=1, le=4)
    """Longest n-gram of the language models behind `lm` and `reverse_lm`."""
    jackknife_groups: int = Field(ge=2)
    """Groups of prompts, left out in turn for the standard errors over prompts."""


class NoSamples(base.PromptganError):
    """There are no samples of a generator, or too few."""


class Evaluation(NamedTuple):
    """What the stage writes."""

    metrics: dict[str, Any]
    """The content of metrics/evaluation.json."""
    curves: list[Row]
    """The rows of plots/curves.csv."""


class Yardstick:
    """What answers are measured against: the real texts of every split and the judges.

    Args:
        tokens: the folder of tokenized splits.
        matcher: scores prompts with texts.
        order: longest n-gram of the language models.
    """

    def __init__(self, tokens: Path, matcher: dual_encoder.DualEncoder, order: int) -> None:
        self.tokenizer = Tokenizer.from_file(str(tokens / "tokenizer.json"))
        self.matcher, self.order = matcher, order
        self.splits = {name: Pairs(tokens / f"{name}.arrow") for name in ("train", "val", "test", "judge")}
        self.words = {name: [words.words(t) for t in self.texts(name)] for name in ("train", "val", "test")}
        self.lengths = [len(text) for text in self.words["test"]]
        self.ms_jaccard = {name: MSJaccard(self.words[name], 4) for name in ("val", "test")}
        self.test_ids = self.splits["test"].rows("text", np.arange(len(self.splits["test"])))
        judge = self.splits["judge"]
        self.language_model = self._fit(judge.rows("text", np.arange(len(judge))))

    def texts(self, split: str, column: str = "text") -> list[str]:
        """All texts or prompts of a split, in the form in which a generator would write them."""
        pairs = self.splits[split]
        return decode(self.tokenizer, pairs.rows(column, np.arange(len(pairs))))

    def per_answer(self, answers: pd.DataFrame) -> pd.DataFrame:
        """What each answer scores by itself, as new columns: words, BLEU with all test texts, what it copies, its NLL."""
        texts = [words.words(text) for text in answers["text"]]
        ids = self._encode(answers["text"])
        copied = diversity.longest_copied(texts, self.words["train"])
        known = {tuple(text) for text in self.words["train"]}
        lengths = np.array([len(row) + 1 for row in ids])
        nats = -np.add.reduceat(self.language_model.log_probabilities(ids), np.cumsum(lengths) - lengths)
        return answers.assign(
            **{f"bleu_{n}": scores for n, scores in zip(ORDERS, bleu(texts, self.words["test"], ORDERS), strict=True)},
            word=texts, token=ids, words=[len(text) for text in texts], copied=[tuple(text) in known for text in texts],
            longest_copied=copied, nats=nats, tokens=lengths,
        )  # fmt: skip

    def relevance(self, prompts: list[str], token: list[list[int]]) -> npt.NDArray[np.float64]:
        """For each answer, how probably the matcher prefers its own prompt to another of the set; (N,).

        Half where both score the same. 0.5 on average for answers that say nothing of their prompts.
        """
        device = next(self.matcher.parameters()).device
        asked, answered = (pad(rows)[0].to(device) for rows in (self._encode(pd.Series(prompts)), token))
        with torch.no_grad():
            scores = self.matcher.score(asked, answered).cpu().numpy()
        own = np.diag(scores)
        return ((scores < own).sum(0) + 0.5 * ((scores == own).sum(0) - 1)) / max(1, len(scores) - 1)

    def summary(self, answers: pd.DataFrame) -> Row:
        """All metrics of one set of answers that `per_answer` and `relevance` have been over."""
        texts = answers["word"].tolist()
        return {
            "ms_jaccard": self.ms_jaccard["test"](texts),
            **{f"bleu_{n}": answers[f"bleu_{n}"].mean() for n in ORDERS},
            **{f"self_bleu_{n}": scores.mean() for n, scores in zip(ORDERS, self_bleu(texts, ORDERS), strict=True)},
            "relevance": answers["relevance"].mean(),
            "distinct_1": diversity.distinct(texts, 1),
            "distinct_2": diversity.distinct(texts, 2),
            "duplicates": diversity.duplicate_share(answers["text"].tolist()),
            "copied": answers["copied"].mean(),
            "longest_copied": answers["longest_copied"].mean(),
            "longest_copied_max": int(answers["longest_copied"].max()),
            "words": answers["words"].mean(),
            "length_distance": diversity.wasserstein(answers["words"], self.lengths),
        }

    def against_language_models(self, answers: pd.DataFrame) -> Row:
        """Nats per token: of the answers under real text, and of real text under the answers."""
        return {
            "lm": answers["nats"].sum() / answers["tokens"].sum(),
            "reverse_lm": self._fit(answers["token"].tolist()).cross_entropy(self.test_ids),
        }

    def _fit(self, rows: list[list[int]]) -> WittenBell:
        return WittenBell(rows, self.tokenizer.get_vocab_size(), self.order)

    def _encode(self, texts: "pd.Series[str]") -> list[list[int]]:
        return [e.ids for e in self.tokenizer.encode_batch_fast(texts.tolist(), add_special_tokens=False)]


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and real text as if it had been generated.

    The line of real text is as many validation texts as a system has answers: measured against the same test texts, it
    is what a perfect generator would score. A system's headline is at the temperature whose answers have the highest
    MS-Jaccard with validation texts; all numbers are from test.

    Raises:
        NoSamples: a generator has no samples, or there are fewer than two prompts.
        NotAModelFolder, NoMatcher: a model cannot be loaded.
    """
    configs = {name: folder.read_config(models / path) for name, path in FOLDERS.items()}
    used = [name for name, config in configs.items() if config["kind"] != "none"]
    measures = Yardstick(tokens, dual_encoder.load(models / "judges", device), parameters.language_model_order)
    answers, count = _answers(samples, used, measures, seed)
    answers = measures.per_answer(answers)
    sets: dict[tuple[str, float], pd.DataFrame] = {}
    rows: list[Row] = []
    likelihoods = {}
    with Progress("evaluate", answers.groupby(["model", "temperature"], dropna=False).ngroups + len(used)) as progress:
        for name in used:
            temperatures = sorted({*answers.loc[answers["model"] == name, "temperature"], 1.0})
            generator = folder.load(models / FOLDERS[name], device).model
            likelihoods[name] = _likelihoods(generator, measures.splits["test"], temperatures, device)
            progress.advance()
        for (name, temperature), chosen in answers.groupby(["model", "temperature"], dropna=False, sort=False):
            chosen = chosen.assign(relevance=measures.relevance(chosen["prompt"].tolist(), chosen["token"].tolist()))
            sets[name, temperature] = chosen = chosen.reset_index(drop=True)
            row = {"model": name, "temperature": None if name == "real" else temperature}
            if name != "real":
                row["nll"] = likelihoods[name][temperature]
                row["ms_jaccard_val"] = measures.ms_jaccard["val"](chosen["word"].tolist())
            rows.append({**row, **measures.summary(chosen), **measures.against_language_models(chosen)})
            progress.advance()
    systems: dict[str, Any] = {name: NOT_APPLICABLE for name in FOLDERS if name not in used}
    errors = []
    for name in ["real", *used]:
        best = max((row for row in rows if row["model"] == name), key=lambda row: row.get("ms_jaccard_val", 0.0))
        chosen = next(frame for (model, t), frame in sets.items() if model == name and best["temperature"] in (t, None))
        own = {} if name == "real" else {"temperature": best["temperature"], "nll": likelihoods[name][1.0]}
        systems[name] = {**own, **{metric: best[metric] for metric in HEADLINE}}
        spread = jackknife(count, parameters.jackknife_groups, seed, lambda keep, frame=chosen: _headline(measures, frame, keep))
        errors.append({"system": name, **dict(zip(HEADLINE, spread, strict=True))})
    gaps, sentences = _compare(sets, configs, count, parameters.jackknife_groups, seed)
    metrics = {"text": {**systems, "gap": gaps}, "standard_errors": errors, "verdict": sentences,
               "signature": _signature(measures, parameters, count, seed)}  # fmt: skip
    return Evaluation(_rounded(metrics), rows)
