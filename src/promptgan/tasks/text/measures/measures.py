"""Measuring generated answers: quality, diversity, relevance, memorisation, and their curves over temperature."""

from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tokens.likelihood import nll
from promptgan.forms.tokens.pairs import Pairs, in_order, pad
from promptgan.forms.tokens.sampler import Resampler
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.networks import folder
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.measures import bounds, diversity
from promptgan.tasks.text.measures.bleu import bleu, self_bleu
from promptgan.tasks.text.measures.language_model import WittenBell
from promptgan.tasks.text.measures.metrics import MEASURES
from promptgan.tasks.text.measures.parameters import Parameters
from promptgan.tasks.text.samples import samples as samples_of
from promptgan.tasks.text.score.ms_jaccard import MSJaccard
from promptgan.terms import words
from promptgan.terms.comparison import gap_at_equal_diversity, jackknife, sentence
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import MODELS, REAL, RIVALS

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LIKELIHOODS = ("nll", "nll_character")
HEADLINE = [name for name in MEASURES.names if name not in ("temperature", *LIKELIHOODS, *bounds.NAMES)]
"""What metrics/evaluation.json holds of a system, beside its temperature and NLL."""
ORDERS = (2, 3, 4, 5)
NOT_APPLICABLE, NO_VERDICT = "not applicable", "no verdict"
FEWEST, FEWEST_A_GROUP = 100, 5
"""Answers, and answers in each group of the jackknife, that a verdict needs. Twice the standard error covers 95 % where
a mean is near normal, which takes many answers where scores are as skewed as BLEU-4; and the jackknife of what is not
smooth, such as where two curves meet, needs groups of several answers (Shao and Wu, 1989)."""
NO_TEMPERATURE = 1.0
"""The temperature under which real text is kept; it has none."""
BATCH = 128

Curves = dict[str, dict[float, pd.DataFrame]]
"""Of each system, its answers at each temperature."""


class NoSamples(PromptganError):
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
        self.tokenizer = load_tokenizer(tokens)
        self.matcher, self.order = matcher, order
        self.splits = {name: Pairs(tokens / f"{name}.arrow") for name in SPLITS}
        self.words = {name: [words.segments(t) for t in self.texts(name)] for name in ("train", "val", "test")}
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
        """What each answer scores by itself, as new columns: words, BLEU with all test texts, copies, NLL."""
        texts = [words.segments(text) for text in answers["text"]]
        ids = self._encode(answers["text"])
        lengths = np.array([len(row) + 1 for row in ids])
        nats = -np.add.reduceat(self.language_model.log_probabilities(ids), np.cumsum(lengths) - lengths)
        scores = dict(zip(ORDERS, bleu(texts, self.words["test"], ORDERS), strict=True))
        return answers.assign(
            **{f"bleu_{n}": values for n, values in scores.items()},
            word=pd.Series(texts, answers.index),
            token=pd.Series(ids, answers.index),
            words=[len(text) for text in texts],
            copied=diversity.copied(texts, self.words["train"]),
            longest_copied=diversity.longest_copied(texts, self.words["train"]),
            nats=nats,
            tokens=lengths,
        )

    def relevance(self, prompts: list[str], token: list[list[int]]) -> Floats:
        """For each answer, how probably the matcher prefers its own prompt to another of the set; (N,).

        Half where both score the same. 0.5 on average for answers that say nothing of their prompts.
        """
        device = next(self.matcher.parameters()).device
        asked, answered = (pad(rows)[0].to(device) for rows in (self._encode(pd.Series(prompts)), token))
        with torch.no_grad():
            scores = self.matcher.score(asked, answered).cpu().numpy()
        own = np.diag(scores)
        preferred: Floats = ((scores < own).sum(0) + 0.5 * ((scores == own).sum(0) - 1)) / max(1, len(scores) - 1)
        return preferred

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

    The line of real text is as many validation pairs as a system has answers: measured against the same test texts, it
    is what a perfect generator would score. A system's headline is at the temperature whose answers have the highest
    MS-Jaccard with the validation texts; all of its numbers are from test.

    Args:
        tokens: folder of tokenized splits.
        models: holds the model folders and the judges.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the choice of validation pairs, and of the groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples, or there are fewer than two.
        NotAModelFolder, NoMatcher: a model cannot be loaded.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    yardstick = Yardstick(tokens, dual_encoder.load(models / "judges", device), parameters.language_model_order)
    curves = _curves(_answers(samples / "samples.parquet", used, yardstick, seed), yardstick)
    temperatures = sorted({1.0, *(t for name in used for t in curves[name])})
    loaded = {name: samples_of.load(models / MODELS[name], device) for name in used}
    likelihoods = {name: _likelihoods(loaded[name], yardstick, temperatures, device, seed) for name in used}
    rows: list[Row] = []
    systems: dict[str, Any] = {
        name: f"{NOT_APPLICABLE}: {index['reason']}" for name, index in indices.items() if name not in used
    }
    errors = []
    for name, curve in curves.items():
        points = {temperature: yardstick.summary(answers) for temperature, answers in curve.items()}
        for temperature, answers in curve.items():
            own: Row = dict.fromkeys(["temperature", *LIKELIHOODS, "ms_jaccard_val"])
            if name in used:
                fit = yardstick.ms_jaccard["val"](answers["word"].tolist())
                own = {"temperature": temperature, **likelihoods[name][temperature], "ms_jaccard_val": fit}
            rows.append({"model": name, **own, **points[temperature], **yardstick.against_language_models(answers)})
        best = max((row for row in rows if row["model"] == name), key=lambda row: row["ms_jaccard_val"] or 0.0)
        own = {"temperature": best["temperature"], **likelihoods[name][1.0]} if name in used else {}
        systems[name] = {**own, **{metric: best[metric] for metric in HEADLINE}}
        chosen = curve[best["temperature"] or NO_TEMPERATURE]
        errors.append({"system": name, **_standard_errors(chosen, yardstick, parameters, seed)})
    gaps, verdict = _verdict(curves, indices, parameters, seed)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": errors,
        "verdict": verdict,
        "signature": [
            *_signature(curves, yardstick, parameters, seed),
            *bounds.signature({name: model.sampler for name, model in loaded.items()}, len(yardstick.splits["test"])),
        ],
    }
    return Evaluation(_rounded(metrics), _rounded(rows))


def _answers(path: Path, used: list[str], yardstick: Yardstick, seed: int) -> pd.DataFrame:
    """The answers of the curves, of every set the same number, and real ones: model, temperature, prompt, text."""
    samples = pd.read_parquet(path)
    curves = samples[samples["purpose"] == "curve"]
    curves = curves.drop_duplicates(["model", "temperature", "prompt_id"])
    sizes = curves.groupby(["model", "temperature"]).size()
    if missing := [name for name in used if name not in sizes.index.get_level_values("model")]:
        raise NoSamples(f"{path} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    val = yardstick.splits["val"]
    count = min(int(sizes.min()), len(val))
    if count < 2:
        raise NoSamples(
            f"{path} and data/tokens/val.arrow leave {count} answers to compare", "give the pipeline more data"
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(len(val))[:count])
    real = pd.DataFrame({"prompt": yardstick.texts("val", "prompt"), "text": yardstick.texts("val")}).iloc[chosen]
    real = real.assign(model=REAL.name, temperature=NO_TEMPERATURE)
    return pd.concat([real, curves.groupby(["model", "temperature"], sort=False).head(count)], ignore_index=True)


def _curves(answers: pd.DataFrame, yardstick: Yardstick) -> Curves:
    curves: Curves = {name: {} for name in [REAL.name, *MODELS] if (answers["model"] == name).any()}
    answers = yardstick.per_answer(answers)
    sets = answers.groupby(["model", "temperature"])
    with Progress("evaluate", sets.ngroups) as progress:
        for key, chosen in sets:
            name, temperature = cast("tuple[str, float]", key)
            relevance = yardstick.relevance(chosen["prompt"].tolist(), chosen["token"].tolist())
            curves[name][temperature] = chosen.assign(relevance=relevance).reset_index(drop=True)
            progress.advance()
    return curves


def _likelihoods(
    model: samples_of.TextModel, yardstick: Yardstick, temperatures: list[float], device: torch.device, seed: int
) -> dict[float, dict[str, float]]:
    """NLL of the test texts in nats at each temperature, ends included, padding not: per token, and per character.

    Of a model that resamples, its bounds per token at temperature 1 alone.
    """
    totals, tokens = torch.zeros(len(temperatures), dtype=torch.float64), 0
    for batch in in_order(yardstick.splits["test"], BATCH):
        sums, count = nll(model.generator, batch.to(device), tuple(temperatures))
        totals, tokens = totals + sums, tokens + count
    if isinstance(model.sampler, Resampler):
        own = totals[temperatures.index(1.0)].item() / tokens
        known = bounds.nll_bounds(model.sampler, yardstick.splits["test"], own, seed)
        return {temperature: known if temperature == 1.0 else {} for temperature in temperatures}
    units = dict(zip(LIKELIHOODS, (tokens, sum(map(len, yardstick.texts("test")))), strict=True))
    return {
        temperature: {name: total / count for name, count in units.items()}
        for temperature, total in zip(temperatures, totals.tolist(), strict=True)
    }


def _standard_errors(answers: pd.DataFrame, yardstick: Yardstick, parameters: Parameters, seed: int) -> Row:
    def statistic(keep: Integers) -> list[float]:
        summary = yardstick.summary(answers.iloc[keep])
        return [summary[metric] for metric in HEADLINE]

    return dict(zip(HEADLINE, jackknife(len(answers), parameters.jackknife_groups, seed, statistic), strict=True))


def _verdict(curves: Curves, indices: dict[str, Row], parameters: Parameters, seed: int) -> tuple[Row, list[str]]:
    """How far the adversarial curve lies above each other one at equal Self-BLEU-4, as numbers and as sentences."""
    gaps: Row = {}
    sentences = []
    if "adversarial" not in curves:
        return gaps, [f"{NO_VERDICT}: the recipe trains no adversarial model"]
    if indices["twin"].get("converged") is False:
        return gaps, [f"{NO_VERDICT}: the likelihood twin was still improving when its training ended"]
    count = len(next(iter(curves["adversarial"].values())))
    if count < (needed := max(FEWEST, FEWEST_A_GROUP * parameters.jackknife_groups)):
        return gaps, [
            f"{NO_VERDICT}: {count} answers a system and temperature are too few for a standard error over prompts;"
            f" it takes {needed}, at least {FEWEST_A_GROUP} in each of the {parameters.jackknife_groups} jackknife"
            " groups"
        ]

    def statistic(keep: Integers) -> list[float]:
        points = {
            name: {t: (self_bleu([a["word"][i] for i in keep], [4]).mean(), a) for t, a in curve.items()}
            for name, curve in curves.items()
            if name != REAL.name
        }
        values = []
        for other, quality in product(others, MEASURES.qualities):
            ours, theirs = (
                [(x, a[quality].to_numpy()[keep].mean()) for x, a in points[name].values()]
                for name in ("adversarial", other)
            )
            gap = gap_at_equal_diversity(ours, theirs)
            values.append(float("nan") if gap is None else gap)
        return values

    others = [rival.name for rival in RIVALS if rival.name in curves]
    values = statistic(np.arange(count))
    spreads = jackknife(count, parameters.jackknife_groups, seed, statistic)
    for (other, quality), gap, spread in zip(product(others, MEASURES.qualities), values, spreads, strict=True):
        if np.isnan([gap, spread]).any():
            sentences.append(f"{quality} against {other}: {NO_VERDICT}, the curves share no range of self_bleu_4")
            continue
        gaps.setdefault(other, {})[quality] = gap
        sentences.append(sentence(quality, other, gap, spread, clear=abs(gap) > 2 * spread))
    return gaps, [
        *sentences,
        "one training seed: how far another would move these numbers is not known, so none is called significant",
    ]


def _signature(curves: Curves, yardstick: Yardstick, parameters: Parameters, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    count = len(curves[REAL.name][NO_TEMPERATURE])
    size = {name: len(pairs) for name, pairs in yardstick.splits.items()}
    return [
        words.SIGNATURE,
        f"answers: {count} a system and temperature, sampled with top_p 1",
        f"real: {count} of {size['val']} validation pairs, seed {seed}, measured as if generated",
        f"bleu: nltk method1, references all {size['test']} test texts; self_bleu: references the other answers",
        f"ms_jaccard: orders 1 to 4, against all {size['test']} test texts; ms_jaccard_val, by which the temperature is"
        f" chosen: against {size['val']} validation texts",
        "nll: nats per token of the test texts, ends counted, padding not; nll_character: the same nats over the"
        " characters of these texts; in systems at temperature 1",
        "relevance: chance that the matcher prefers an answer's own prompt to another of the set; ties one half",
        f"copied, longest_copied: against {size['train']} training texts, in words",
        f"lm, reverse_lm: nats per token, Witten-Bell, order {parameters.language_model_order}, tokens of data/tokens;"
        f" lm fitted on {size['judge']} judge texts, reverse_lm on the {count} answers and read on test",
        f"standard errors: over prompts, jackknife of {parameters.jackknife_groups} groups, seed {seed};"
        " not over training seeds",
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(float(value), 4) if isinstance(value, float | np.floating) else value
