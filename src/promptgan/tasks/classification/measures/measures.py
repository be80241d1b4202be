"""Measuring classifiers: on test texts as they are and attacked, and trained on few labels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy import stats

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens import form
from promptgan.forms.tokens.labels import labels_of
from promptgan.networks import folder
from promptgan.tasks.classification.measures import bootstrap, calibration, classification
from promptgan.tasks.classification.measures.bootstrap import Interval, Statistic
from promptgan.tasks.classification.measures.few_labels import AUGMENTED, Arms, Point
from promptgan.tasks.classification.measures.metrics import UNDER
from promptgan.tasks.classification.measures.parameters import Parameters
from promptgan.tasks.classification.samples.samples import ATTACK, HELD, MISLED, PREDICTION, TRANSFER, WRONG
from promptgan.terms import comparison, words
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, MODELS, REAL, RIVALS, TWIN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Row = dict[str, Any]

LEVEL = bootstrap.LEVEL


class NoSamples(PromptganError):
    """What a classifier says is not there."""


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every classifier, and train every arm again on few labels.

    A row of the curves is a model trained on some labels: the models of the run, which have seen all, and below that
    every arm, whose numbers are means over draws of the labels.

    Args:
        tokens: folder of the arrays.
        models: holds the model folders.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the bootstrap, and of the draws of labels.
        device: where arms are trained.

    Raises:
        NoSamples: nothing is there of a classifier.
        NotAModelFolder: a model cannot be read.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    made = pd.read_parquet(samples / "samples.parquet")
    if missing := [name for name in used if name not in set(made["model"])]:
        raise NoSamples(f"{samples} holds nothing of: {', '.join(missing)}", "run `dvc repro generate`")
    labels, count = labels_of(tokens), len(form.split(tokens, "train"))
    statistics = {name: statistic(made[made["model"] == name], labels) for name in used}
    found = {name: _intervals(statistics[name], parameters, seed) for name in used}
    systems: Row = {REAL.name: "not applicable: the labels are the data's own"}
    systems |= {name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used}
    systems |= {name: {"labels": count, **{m: each.value for m, each in found[name].items()}} for name in used}
    points = Arms(tokens, models, parameters.few_labels, seed, device).measured() if parameters.few_labels else []
    curves = [{"model": name, **systems[name], "draws": 1} for name in used]
    curves += _curves(points, [metric for metric in curves[0] if metric not in ("model", "draws")])
    gaps, verdict = _verdict(indices, statistics, points, parameters, seed)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": [{"system": name, **{m: each.error for m, each in found[name].items()}} for name in used],
        "confusion": {name: _confusion(made[made["model"] == name], labels).tolist() for name in used},
        "sources": {name: by_source(made[made["model"] == name], labels) for name in used},
        "transfers": _transfers(made),
        "verdict": verdict,
        "signature": _signature(made, labels, indices, parameters, seed),
    }
    return Evaluation(rounded(metrics), rounded(curves))


def statistic(rows: pd.DataFrame, labels: Sequence[str]) -> dict[str, tuple[Statistic, int]]:
    """Numbers of a classifier by what they are over, each a statistic and how many texts it weighs.

    Args:
        rows: of samples.parquet, of one model.
        labels: in the order of its outputs.
    """
    asked = rows[rows["kind"] == PREDICTION]
    true, probabilities = truth(asked, labels)
    plain = classification.statistic(true, probabilities.argmax(1), len(labels))
    calibrated = calibration.statistic(probabilities, true)

    def clean(weights: Floats) -> dict[str, Floats]:
        return {**plain(weights), **{name: x for name, x in calibrated(weights).items() if name != "brier"}}

    found: dict[str, tuple[Statistic, int]] = {PREDICTION: (clean, len(asked))}
    for name in UNDER:
        attacked = rows[(rows["kind"] == ATTACK) & (rows["by"] == name)]
        if len(attacked):
            found[name] = (_under(name, attacked), len(attacked))
    return found


def _under(name: str, attacked: pd.DataFrame) -> Statistic:
    held = (attacked["verdict"] == HELD).to_numpy(float)
    return lambda weights: {f"under_{name}": weights @ held / weights.sum(1)}


def truth(rows: pd.DataFrame, labels: Sequence[str]) -> tuple[Integers, Floats]:
    """The true labels of rows as places in ``labels``, (N,), and the probabilities told, (N, K)."""
    places = {label: place for place, label in enumerate(labels)}
    true = np.array([places[label] for label in rows["label"]], dtype=np.int64)
    return true, np.stack(rows["probabilities"].to_list()).astype(np.float64)


def _intervals(
    statistics: Mapping[str, tuple[Statistic, int]], parameters: Parameters, seed: int
) -> dict[str, Interval]:
    found: dict[str, Interval] = {}
    for each, texts in statistics.values():
        found |= bootstrap.intervals(each, texts, seed, resamples=parameters.resamples)
    return found


def _confusion(rows: pd.DataFrame, labels: Sequence[str]) -> Integers:
    true, probabilities = truth(rows[rows["kind"] == PREDICTION], labels)
    return classification.confusion(true, probabilities.argmax(1), len(labels))


def by_source(rows: pd.DataFrame, labels: Sequence[str]) -> dict[str, Row]:
    """Texts, accuracy and macro F1 of each source, where there are several."""
    asked = rows[rows["kind"] == PREDICTION]
    if asked["source"].nunique() < 2:
        return {}
    return {
        str(source): {"texts": len(part), "accuracy": found["accuracy"].item(), "macro_f1": found["macro_f1"].item()}
        for source, part in asked.groupby("source")
        if (found := classification.scores(_confusion(part, labels).astype(float)))
    }


def _transfers(made: pd.DataFrame) -> list[Row]:
    """How often texts that misled one classifier are still told right by another."""
    rows = made[made["kind"] == TRANSFER].assign(right=lambda frame: frame["label"] == frame["predicted"])
    return [
        {"by": by, "misled": against, "model": model, "texts": len(part), "accuracy": float(part["right"].mean())}
        for (by, against, model), part in rows.groupby(["by", "against", "model"], sort=False)
    ]


def _curves(points: Sequence[Point], columns: Sequence[str]) -> list[Row]:
    cells: dict[tuple[str, int], list[Point]] = defaultdict(list)
    for point in points:
        cells[point.arm, point.labels].append(point)
    rows = []
    for (arm, labels), part in cells.items():
        blank: Row = dict.fromkeys(columns)
        means = {name: float(np.mean([getattr(p, name) for p in part])) for name in ("accuracy", "macro_f1")}
        rows.append({"model": arm, **blank, "labels": labels, **means, "draws": len(part)})
    return rows


def _verdict(
    indices: Mapping[str, Row],
    statistics: Mapping[str, Mapping[str, tuple[Statistic, int]]],
    points: Sequence[Point],
    parameters: Parameters,
    seed: int,
) -> tuple[Row, list[str]]:
    """Differences of the adversarial classifier to the others, and sentences that say which are clear of zero."""
    texts = statistics[TWIN.name][PREDICTION][1] if TWIN.name in statistics else 0
    if why := comparison.withheld(indices, texts, 1):
        return {}, [why]
    gaps: Row = {}
    sentences = []
    for rival in (rival.name for rival in RIVALS if rival.name in statistics):
        gaps[rival] = {}
        for part, (ours, size) in statistics[ADVERSARIAL.name].items():
            theirs, _ = statistics[rival][part]
            found = bootstrap.intervals(bootstrap.difference(ours, theirs), size, seed, resamples=parameters.resamples)
            for metric in ["macro_f1"] if part == PREDICTION else [f"under_{part}"]:
                gaps[rival][metric] = found[metric].value
                over = f"{LEVEL:.0%} interval over {size} texts"
                sentences.append(told(metric, f"{rival} with all labels", found[metric], over))
    for rival in (TWIN.name, AUGMENTED):
        for size in sorted({point.labels for point in points}):
            interval = paired(points, rival, size)
            over = f"{LEVEL:.0%} interval over draws of the labels"
            sentences.append(told("macro_f1", f"{rival} with {size} labels", interval, over))
    return gaps, comparison.verdict(sentences)


def told(metric: str, rival: str, found: Interval, over: str) -> str:
    """A difference in words, beginning with who is ahead; nobody is where the interval holds zero."""
    clear = found.low > 0 or found.high < 0
    ahead = f"adversarial is {'ahead of' if found.value > 0 else 'behind'} {rival}"
    said = ahead if clear else f"adversarial and {rival} cannot be told apart"
    return f"{metric}: {said}; the difference is {found.value:+.4f}, {over} {found.low:+.4f} to {found.high:+.4f}"


def paired(points: Sequence[Point], rival: str, labels: int) -> Interval:
    """How much higher the macro F1 of the adversarial arm is than a rival's, with Student's interval over draws."""
    scores = {(point.arm, point.draw): point.macro_f1 for point in points if point.labels == labels}
    draws = sorted({draw for _, draw in scores})
    gaps = np.array([scores[ADVERSARIAL.name, draw] - scores[rival, draw] for draw in draws])
    reach = stats.t.ppf((1 + LEVEL) / 2, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return Interval(float(gaps.mean()), float(gaps.mean() - reach), float(gaps.mean() + reach))


def _signature(
    made: pd.DataFrame, labels: Sequence[str], indices: Mapping[str, Row], parameters: Parameters, seed: int
) -> list[str]:
    """What one needs to know to compute the same numbers."""
    texts = made[made["kind"] == PREDICTION]["id"].nunique()
    lines = [
        words.SIGNATURE,
        f"texts: {texts} of the test split, labels {', '.join(labels)}",
        "precision, recall, macro_f1: means over labels, 0 where a label is never told, as scikit-learn's",
        f"ece: {calibration.BINS} bins of equal width over the probability of the label that is told; nll in nats",
        f"intervals and standard errors: percentiles of {parameters.resamples} bootstrap samples of the texts, seed"
        f" {seed}, paired for differences; not over training seeds",
    ]
    for name in UNDER:
        attacked = made[(made["kind"] == ATTACK) & (made["by"] == name)]
        if len(attacked):
            one = attacked[attacked["model"] == TWIN.name]
            misled = one[one["verdict"] == MISLED]
            lines.append(
                f"under_{name}: of {one['id'].nunique()} test texts, against each classifier anew; of the twin"
                f" {(one['verdict'] == WRONG).sum()} were told wrong before, misled texts have"
                f" {misled['changed'].mean():.1f} words changed and took {misled['queries'].mean():.0f} queries"
            )
    if flops := indices[ADVERSARIAL.name].get("flops"):
        control = indices["control"].get("cost_of_adversarial", "no")
        lines.append(f"cost: {flops:.3g} operations of the adversarial training; control spent {control} times as many")
    if (few := parameters.few_labels) is not None:
        lines.append(
            f"few labels: {few.draws} draws of the training labels, the same for every arm, {few.steps} steps each"
            " without validation; where the recipe has a generator it has seen all texts, and of labels only these"
        )
    return lines
