"""Measuring classifiers: on test texts as they are and attacked, and trained on few labels."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
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
from promptgan.tasks.classification.measures import bootstrap, calibration, classification, robustness
from promptgan.tasks.classification.measures.bootstrap import Interval, Statistic
from promptgan.tasks.classification.measures.few_labels import AUGMENTED, Arms, Point
from promptgan.tasks.classification.measures.metrics import MEASURES, UNDER
from promptgan.tasks.classification.measures.parameters import Parameters
from promptgan.tasks.classification.samples.samples import ATTACK, HELD, MISLED, PREDICTION, TRANSFER, WRONG
from promptgan.terms import comparison, words
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, CONTROL, MODELS, REAL, RIVALS, TWIN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Row = dict[str, Any]

LEVEL = bootstrap.LEVEL


class NoSamples(PromptganError):
    """What a classifier says is not there."""


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every classifier, and train every arm again on few labels.

    Args:
        tokens: folder of the arrays.
        models: holds the model folders.
        samples: folder of samples.parquet, and of what it was made with.
        parameters: the `evaluate` section.
        seed: of the bootstrap, and of the draws of labels.
        device: where arms are trained.

    Raises:
        NoSamples: nothing is there of a classifier.
        NotAModelFolder: a model cannot be read.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    made = pd.read_parquet(samples / "samples.parquet")
    if missing := [name for name in _used(indices) if name not in set(made["model"])]:
        raise NoSamples(f"{samples} holds nothing of: {', '.join(missing)}", "run `dvc repro generate`")
    section = json.loads((samples / "run.json").read_text(encoding="utf-8"))["parameters"]["generate"]
    labels, count = labels_of(tokens), len(form.split(tokens, "train"))
    points = Arms(tokens, models, parameters.few_labels, seed, device).measured() if parameters.few_labels else []
    return follows(made, labels, count, indices, section, points, parameters, seed)


def follows(
    made: pd.DataFrame,
    labels: Sequence[str],
    count: int,
    indices: Mapping[str, Row],
    section: Mapping[str, Any],
    points: Sequence[Point],
    parameters: Parameters,
    seed: int,
) -> Evaluation:
    """What is said of a run, without training anything: an audit says it again.

    A row of the curves is a model trained on some labels: the models of the run, which have seen all, and below that
    every arm, whose numbers are means over draws of the labels. ``low`` and ``high`` are the 95 % interval of its
    macro F1, over test texts where ``draws`` is 1, else over draws.

    Args:
        made: samples.parquet.
        labels: in the order of the outputs.
        count: training texts.
        indices: index.json of each system's model folder, by the system's name.
        section: `generate`, with the budget of attacks.
        points: the arms with few labels.
        parameters: the `evaluate` section.
        seed: of the bootstrap.
    """
    used, points = _used(indices), [Point(**rounded(asdict(point))) for point in points]
    rows = {name: made[made["model"] == name] for name in used}
    statistics = {name: statistic(rows[name], labels) for name in used}
    found = {name: _intervals(statistics[name], parameters, seed) for name in used}
    systems: Row = {REAL.name: "not applicable: the labels are the data's own"}
    systems |= {name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used}
    systems |= {name: {"labels": count, **{m: each.value for m, each in found[name].items()}} for name in used}
    curves = [{"model": n, **systems[n], **_ends(found[n][MEASURES.ranked_by]), "draws": 1} for n in used]
    gaps, verdict = _verdict(indices, statistics, points, parameters, seed)
    asked = {name: truth(each[each["kind"] == PREDICTION], labels) for name, each in rows.items()}
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": [{"system": name, **{m: each.error for m, each in found[name].items()}} for name in used],
        "confusion": {name: _confusion(each, labels).tolist() for name, each in rows.items()},
        "sources": {name: by_source(each, labels) for name, each in rows.items()},
        "reliability": {
            name: [part._asdict() for part in calibration.reliability(probabilities, true)]
            for name, (true, probabilities) in asked.items()
        },
        "attacks": [row for name, each in rows.items() for row in _attacks(name, each)],
        "within": {
            by: {name: _within(each, by, section["words"], parameters, seed) for name, each in rows.items()}
            for by in section["attacks"]
        },
        "transfers": _transfers(made),
        "few_labels": [asdict(point) for point in points],
        "verdict": verdict,
        "signature": _signature(made, labels, section, parameters, seed),
    }
    return Evaluation(rounded(metrics), rounded([*curves, *_curves(points, [*systems[used[0]]])]))


def _used(indices: Mapping[str, Row]) -> list[str]:
    return [name for name, index in indices.items() if index["kind"] != "none"]


def _ends(found: Interval) -> Row:
    return {"low": found.low, "high": found.high}


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


def _attacks(model: str, rows: pd.DataFrame) -> list[Row]:
    """What every attack on a classifier came to and took."""
    before: dict[str, str] = dict(rows.loc[rows["kind"] == PREDICTION, ["id", "text"]].itertuples(index=False))
    found = []
    for by, part in rows[rows["kind"] == ATTACK].groupby("by", sort=False):
        length = np.array([len(words.segments(before[each])) for each in part["id"]])
        right, misled = _right_and_misled(part)
        each = robustness.statistic(right, misled, part["changed"].to_numpy(), length, part["queries"].to_numpy())
        measured = each(np.ones((1, len(part))))
        found.append({"by": by, "model": model, "texts": len(part), **{n: x.item() for n, x in measured.items()}})
    return found


def _within(rows: pd.DataFrame, by: str, most: int, parameters: Parameters, seed: int) -> list[Row]:
    """Accuracy under attacks of one kind, by how many words they may change, from none to the budget."""
    part = rows[(rows["kind"] == ATTACK) & (rows["by"] == by)]
    right, misled = _right_and_misled(part)
    each = robustness.within(right, misled, part["changed"].to_numpy(), range(most + 1))
    found = bootstrap.intervals(each, len(part), seed, resamples=parameters.resamples)
    return [{"words": int(budget), "accuracy": x.value, **_ends(x)} for budget, x in found.items()]


def _right_and_misled(attacked: pd.DataFrame) -> tuple[Flags, Flags]:
    return (attacked["verdict"] != WRONG).to_numpy(), (attacked["verdict"] == MISLED).to_numpy()


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
        accuracy = float(np.mean([point.accuracy for point in part]))
        f1 = student([point.macro_f1 for point in part])
        known = {"labels": labels, "accuracy": accuracy, "macro_f1": f1.value}
        rows.append({"model": arm, **dict.fromkeys(columns), **known, **_ends(f1), "draws": len(part)})
    return rows


def _verdict(
    indices: Mapping[str, Row],
    statistics: Mapping[str, Mapping[str, tuple[Statistic, int]]],
    points: Sequence[Point],
    parameters: Parameters,
    seed: int,
) -> tuple[Row, list[str]]:
    """Differences of the adversarial classifier to the others, and sentences that say which are clear of zero.

    The first sentence sums up, the second says what it cost.
    """
    texts = statistics[TWIN.name][PREDICTION][1] if TWIN.name in statistics else 0
    if why := comparison.withheld(indices, texts, 1):
        return {}, [why]
    gaps: Row = {}
    sentences, rivals = [], []
    for rival in (rival.name for rival in RIVALS if rival.name in statistics):
        gaps[rival] = {}
        for part, (ours, size) in statistics[ADVERSARIAL.name].items():
            theirs, _ = statistics[rival][part]
            found = bootstrap.intervals(bootstrap.difference(ours, theirs), size, seed, resamples=parameters.resamples)
            metric = MEASURES.ranked_by if part == PREDICTION else f"under_{part}"
            gaps[rival][metric] = found[metric].value
            over = f"{LEVEL:.0%} interval over {size} texts"
            sentences.append(told(metric, f"{rival} with all labels", found[metric], over))
            if rival == CONTROL.name:
                rivals.append((metric, found[metric]))
    for rival in (TWIN.name, AUGMENTED):
        for size in sorted({point.labels for point in points}):
            interval = paired(points, rival, size)
            over = f"{LEVEL:.0%} interval over draws of the labels"
            sentences.append(told(MEASURES.ranked_by, f"{rival} with {size} labels", interval, over))
            if rival == AUGMENTED:
                rivals.append((f"{MEASURES.ranked_by} with {size} labels", interval))
    cost = costs(indices[ADVERSARIAL.name]["flops"], points)
    return gaps, comparison.verdict([worth(rivals, bool(points)), cost, *sentences])


def worth(rivals: Sequence[tuple[str, Interval]], few: bool) -> str:
    """In one sentence, whether the adversarial part was worth its cost.

    Args:
        rivals: what was compared with what cost as much, or got no better (the control twin, with all labels), or cost
            far less (texts changed at random, with few), and the difference.
        few: whether there are comparisons with few labels.
    """
    ahead, behind = [n for n, each in rivals if each.low > 0], [n for n, each in rivals if each.high < 0]
    answer = {(True, False): "Yes", (False, True): "No", (True, True): "In part"}.get(
        (bool(ahead), bool(behind)), "That is not shown"
    )
    names = ((", ".join(each) or "nothing") for each in (ahead, behind))
    return (
        "Was the adversarial part worth its cost? {}: of {} comparisons with the control twin, which cost as much or"
        " got no better{}, it is ahead in {}, and behind in {}"
    ).format(
        answer, len(rivals), ", and with texts changed at random, which cost next to nothing" if few else "", *names
    )


def costs(flops: float, points: Sequence[Point]) -> str:
    """In one sentence, what training took: the adversarial part with all labels, and every arm with few.

    Args:
        flops: floating-point operations of the former, those of a generator among them.
        points: the arms with few labels, the twin's among them, or none.
    """
    said = f"training cost: with all labels the adversarial part took {flops:.3g} floating-point operations"
    taken: dict[str, list[int]] = defaultdict(list)
    for point in points:
        taken[point.arm].append(point.flops)
    if not taken:
        return said
    twin = float(np.mean(taken.pop(TWIN.name)))
    times = ", ".join(f"{arm} {np.mean(each) / twin:.2f} times as many" for arm, each in taken.items())
    return f"{said}; with few, a training of the twin took {twin:.3g}, and of {times}, what trained a generator aside"


def told(metric: str, rival: str, found: Interval, over: str) -> str:
    """A difference in words, beginning with who is ahead; nobody is where the interval holds zero."""
    clear = found.low > 0 or found.high < 0
    ahead = f"adversarial is {'ahead of' if found.value > 0 else 'behind'} {rival}"
    said = ahead if clear else f"adversarial and {rival} cannot be told apart"
    return f"{metric}: {said}; the difference is {found.value:+.4f}, {over} {found.low:+.4f} to {found.high:+.4f}"


def paired(points: Sequence[Point], rival: str, labels: int) -> Interval:
    """How much higher the macro F1 of the adversarial arm is than a rival's, with `student`'s interval."""
    scores = {(point.arm, point.draw): point.macro_f1 for point in points if point.labels == labels}
    draws = sorted({draw for _, draw in scores})
    return student([scores[ADVERSARIAL.name, draw] - scores[rival, draw] for draw in draws])


def student(values: Sequence[float]) -> Interval:
    """The mean of numbers, one for each draw of the labels, with Student's 95 % interval."""
    mean, count = float(np.mean(values)), len(values)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return Interval(mean, mean - reach, mean + reach)


def _signature(
    made: pd.DataFrame, labels: Sequence[str], section: Mapping[str, Any], parameters: Parameters, seed: int
) -> list[str]:
    """What one needs to know to compute the same numbers; the same for all that compare."""
    texts = made[made["kind"] == PREDICTION]["id"].nunique()
    attacked = made[made["kind"] == ATTACK]["id"].nunique()
    lines = [
        words.SIGNATURE,
        f"texts: {texts} of the test split, labels {', '.join(labels)}",
        "precision, recall, macro_f1: means over labels, 0 where a label is never told, as scikit-learn's",
        f"ece: {calibration.BINS} bins of equal width over the probability of the label that is told; nll in nats",
        f"intervals and standard errors: percentiles of {parameters.resamples} bootstrap samples of the texts, seed"
        f" {seed}, paired for differences; not over training seeds",
        f"under attack: {attacked} test texts, attacked anew for each classifier, by at most {section['queries']}"
        f" queries and {section['words']} changed words a text; neighbours of words: {section['vectors']}",
    ]
    if (few := parameters.few_labels) is not None:
        lines.append(
            f"few labels: {few.draws} draws of the training labels, the same for every arm, {few.steps} steps each"
            " without validation; where the recipe has a generator it has seen all texts, and of labels only these"
        )
    return lines
