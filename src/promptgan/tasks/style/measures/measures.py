"""Measuring transfers: whether the style changed, the content stayed and the text is fluent, over temperature."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tokens import word_models
from promptgan.networks import folder
from promptgan.sentences import judge
from promptgan.tasks.style.measures.metrics import MEASURES
from promptgan.tasks.style.measures.parameters import Parameters
from promptgan.tasks.style.measures.yardstick import Transfers, Yardstick
from promptgan.tasks.style.score.content import bleu
from promptgan.terms import comparison, words
from promptgan.terms.comparison import NO_VERDICT, Points, gap_at_equal_diversity, jackknife, sentence, standing
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, MODELS, REAL, RIVALS

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
Curves = dict[str, dict[float, Transfers]]

ACROSS, (UP,) = str(MEASURES.diversity), MEASURES.qualities
"""Curves are style accuracy over content BLEU."""
MEASURED = [name for name in MEASURES.names if name != "temperature"]
OF_REAL = ["style_accuracy", "perplexity"]
"""What sentences have that nobody made of others."""
NO_TEMPERATURE = 1.0
"""The temperature under which the sentences themselves are kept; they have none."""


class NoSamples(PromptganError):
    """There are no samples of a generator."""


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and the test sentences themselves.

    The line of real data is the same test sentences, with the style that they have as the one that was wanted. A
    system's headline is at the temperature that the section `generate` names, so nothing is chosen by these numbers.

    Args:
        tokens: folder of the arrays.
        models: holds the model folders and the judge.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the groups of the jackknife.
        device: unused; nothing here runs on one.

    Raises:
        NoSamples: a generator has no samples.
        NotAModelFolder, NoJudge: a model or the judge cannot be read.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    made = pd.read_parquet(samples / "samples.parquet")
    if missing := [name for name in used if name not in set(made["model"])]:
        raise NoSamples(f"{samples} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    yardstick = Yardstick(tokens, judge.load(models / "judges"), parameters.language_model_order)
    curves = _curves(made[made["model"].isin([*used, REAL.name])], yardstick)
    at = {REAL.name: NO_TEMPERATURE, **dict.fromkeys(used, float(made.loc[made["headline"], "temperature"].iloc[0]))}
    systems: Row = {name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used}
    errors = []
    for name, temperature in at.items():
        transfers, measured = curves[name][temperature], OF_REAL if name == REAL.name else MEASURED
        summary = transfers.summary()
        own = {} if name == REAL.name else {"temperature": temperature}
        systems[name] = {**own, **{metric: summary[metric] for metric in measured}}
        errors.append({"system": name, **_standard_errors(transfers, measured, parameters, seed)})
    gaps, verdict = _verdict(curves, indices, parameters, seed)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": errors,
        "verdict": verdict,
        "signature": _signature(curves, yardstick, parameters, seed),
    }
    rows = [
        {"model": name, "temperature": t, **transfers.summary()}
        for name, curve in curves.items()
        for t, transfers in curve.items()
    ]
    blank = {"temperature": None, **{metric: None for metric in MEASURED if metric not in OF_REAL}}
    return Evaluation(rounded(metrics), rounded([row | blank if row["model"] == REAL.name else row for row in rows]))


def _curves(made: pd.DataFrame, yardstick: Yardstick) -> Curves:
    """Of every system its transfers at each temperature; first the sentences themselves."""
    first = made[(made["model"] == made["model"].iloc[0]) & (made["temperature"] == made["temperature"].iloc[0])]
    sentences = first["prompt"].tolist()
    own = [yardstick.styles[1 - yardstick.styles.index(style)] for style in first["style"]]
    curves: Curves = {REAL.name: {NO_TEMPERATURE: yardstick(sentences, sentences, own)}}
    sets = made.groupby(["model", "temperature"], sort=False)
    with Progress("evaluate", sets.ngroups) as progress:
        for key, part in sets:
            name, temperature = cast("tuple[str, float]", key)
            columns = (part[column].tolist() for column in ("text", "prompt", "style"))
            curves.setdefault(name, {})[temperature] = yardstick(*columns)
            progress.advance()
    return curves


def _standard_errors(transfers: Transfers, measured: Sequence[str], parameters: Parameters, seed: int) -> Row:
    def statistic(keep: Integers) -> list[float]:
        summary = transfers.summary(keep)
        return [summary[metric] for metric in measured]

    errors = jackknife(len(transfers.changed), parameters.jackknife_groups, seed, statistic)
    return dict(zip(measured, errors, strict=True))


def _verdict(curves: Curves, indices: dict[str, Row], parameters: Parameters, seed: int) -> tuple[Row, list[str]]:
    """How the adversarial curve lies to each other one at equal content BLEU: mean differences, and sentences."""
    count = len(curves[REAL.name][NO_TEMPERATURE].changed)
    if why := comparison.withheld(indices, count, parameters.jackknife_groups):
        return {}, [why]

    def points(name: str, keep: Integers) -> Points:
        return [(bleu(each.matches[keep]), float(each.changed[keep].mean())) for each in curves[name].values()]

    def statistic(keep: Integers) -> list[float]:
        ours = points(ADVERSARIAL.name, keep)
        found = (gap_at_equal_diversity(ours, points(rival, keep)) for rival in rivals)
        return [float("nan") if gap is None else gap for gap in found]

    rivals = [rival.name for rival in RIVALS if rival.name in curves]
    everything = np.arange(count)
    errors = jackknife(count, parameters.jackknife_groups, seed, statistic)
    gaps: Row = {}
    sentences = []
    for rival, gap, error in zip(rivals, statistic(everything), errors, strict=True):
        stands = standing(points(ADVERSARIAL.name, everything), points(rival, everything))
        if stands is None or np.isnan([gap, error]).any():
            sentences.append(f"{UP} against {rival}: {NO_VERDICT}, the curves share no range of {ACROSS}")
            continue
        gaps[rival] = {UP: gap}
        sentences.append(sentence(UP, rival, stands, gap, error, clear=abs(gap) > 2 * error, at=ACROSS))
    return gaps, comparison.verdict(sentences)


def _signature(curves: Curves, yardstick: Yardstick, parameters: Parameters, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    real = curves[REAL.name][NO_TEMPERATURE]
    copies = 1 - real.changed.mean()
    return [
        words.SIGNATURE,
        f"transfers: of {len(real.changed)} test sentences to the other style, a system and temperature",
        f"style_accuracy: by naive Bayes over tokens and pairs of them, fitted on {yardstick.judge.texts.sum()} judge"
        f" sentences; real: the test sentences with their own style; unchanged copies have {copies:.4f}",
        f"flipped: over the {int(real.changed.sum())} sentences whose own style the judge recognises",
        "content_bleu: corpus BLEU-4 of the words, case left aside, one reference, no smoothing",
        f"perplexity: exp of {word_models.signature(parameters.language_model_order)}; fitted on {yardstick.fitted}"
        f" judge sentences, vocabulary their {yardstick.words.words} words, every other word is the same <unk>",
        "verdict: a curve dominates another where it is nowhere lower and somewhere higher over the whole range of"
        " content_bleu that both have, straight between its points; else they cross",
        f"standard errors: over sentences, jackknife of {parameters.jackknife_groups} groups, seed {seed}; not over"
        " training seeds",
    ]
