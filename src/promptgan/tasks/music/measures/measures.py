"""Measuring music on test, side by side: likelihood, statistics, voice leading, copies, obedience, and their curves."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.core.record import sha256
from promptgan.media.music.piece import from_json
from promptgan.networks import folder
from promptgan.tasks.music.judges import extractor as judge
from promptgan.tasks.music.judges.tampering import HOP, QUARTERS
from promptgan.tasks.music.measures.copies import RUN
from promptgan.tasks.music.measures.metrics import MEASURES
from promptgan.tasks.music.measures.obedience import SENTENCES
from promptgan.tasks.music.measures.parameters import Parameters
from promptgan.tasks.music.measures.verdict import Curves, verdict
from promptgan.tasks.music.measures.yardstick import Yardstick
from promptgan.tasks.music.samples.samples import CURVE, load
from promptgan.terms.comparison import jackknife
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import MODELS, REAL

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]

LIKELIHOODS = ("nll", "nll_quarter")
HEADLINE = [name for name in MEASURES.names if name not in ("temperature", *LIKELIHOODS)]
"""What metrics/evaluation.json holds of every system; generators have a temperature and a likelihood beside it."""
NO_TEMPERATURE = 1.0
"""The temperature under which real music is kept; it has none."""
FEWEST = 4
"""Pieces of a system: the jackknife leaves half of them out where it has two groups."""


class NoSamples(PromptganError):
    """There are no samples of a generator, or too few."""


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and real music as if it had been generated.

    The line of real music is as many validation passages as a system has pieces: measured against the same test
    passages, it is what a perfect generator would score. A system's headline is at the temperature whose pieces are
    nearest to validation music by Frechet distance; all of its numbers are from test.

    Args:
        tokens: folder of the splits.
        models: holds the model folders and the judge.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the choice of validation passages, and of the groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples, or there are fewer than four.
        NotAModelFolder, NoExtractor: a model cannot be loaded.
        TooFewWindows: there is too little music for a Frechet distance.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    yardstick = Yardstick(tokens, judge.load(models / "judges", device))
    curves = _curves(samples / "samples.parquet", used, yardstick, seed)
    systems: dict[str, Any] = {
        name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used
    }
    rows, errors = list[Row](), list[Row]()
    with Progress("evaluate", len(curves)) as progress:
        for name, curve in curves.items():
            own = _points(curve, yardstick)
            if name in used:
                model = load(models / MODELS[name], device)
                likelihoods = yardstick.form.likelihoods(model, tokens, yardstick.quarters, tuple(curve), device)
                own = [{**row, **likelihoods.get(row["temperature"], {})} for row in own]
            best = min(own, key=lambda row: np.nan_to_num(row["frechet_music_val"], nan=np.inf))
            chosen = curve[best["temperature"]]
            spread = _standard_errors(chosen, yardstick, parameters.jackknife_groups, seed)
            errors.append({"system": name, **{metric: error for metric, error in spread.items() if error >= 0}})
            told = {metric: best[metric] for metric in HEADLINE if not np.isnan(best[metric])}
            if name in used:
                told = {"temperature": best["temperature"], **likelihoods.get(1.0, {}), **told}
            else:
                own = [{**row, "temperature": np.nan, "frechet_music_val": np.nan} for row in own]
            systems[name] = told
            rows += [{"model": name, **dict.fromkeys(LIKELIHOODS, np.nan), **row} for row in own]
            progress.advance()
    gaps, said = verdict(curves, indices, parameters.jackknife_groups, seed)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": errors,
        "verdict": said,
        "signature": _signature(curves, models, yardstick, parameters, seed),
    }
    return Evaluation(rounded(metrics), rounded(rows))


def _curves(path: Path, used: list[str], yardstick: Yardstick, seed: int) -> Curves:
    """What each piece scores by itself, of every set the same number, real music among them."""
    samples = pd.read_parquet(path)
    drawn = samples[samples["purpose"] == CURVE]
    sizes = drawn.groupby(["model", "temperature"]).size()
    if missing := [name for name in used if name not in sizes.index.get_level_values("model")]:
        raise NoSamples(f"{path} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    val = yardstick.real["val"]
    count = min(int(sizes.min()), len(val))
    if count < FEWEST:
        raise NoSamples(
            f"{path} and the validation split leave {count} pieces to compare, and {FEWEST} are the least",
            "give the pipeline more music",
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(len(val))[:count])
    curves: Curves = {REAL.name: {NO_TEMPERATURE: yardstick.per_piece(val.iloc[chosen].reset_index(drop=True))}}
    for key, whole in drawn.groupby(["model", "temperature"], sort=False):
        name, temperature = cast("tuple[str, float]", key)
        part = whole.head(count).reset_index(drop=True)
        pieces = part.assign(piece=part["music"].map(from_json))
        curves.setdefault(name, {})[float(temperature)] = yardstick.per_piece(pieces)
    return {name: curves[name] for name in (REAL.name, *used)}


def _points(curve: dict[float, pd.DataFrame], yardstick: Yardstick) -> list[Row]:
    """All metrics at every temperature, and the distance to validation music by which one is chosen."""
    return [
        {
            "temperature": temperature,
            "frechet_music_val": yardstick.frechet(pieces, "val"),
            **yardstick.summary(pieces),
        }
        for temperature, pieces in curve.items()
    ]


def _standard_errors(pieces: pd.DataFrame, yardstick: Yardstick, groups: int, seed: int) -> dict[str, float]:
    def statistic(keep: Integers) -> list[float]:
        summary = yardstick.summary(pieces.iloc[keep])
        return [summary[metric] for metric in HEADLINE]

    return dict(zip(HEADLINE, jackknife(len(pieces), groups, seed, statistic), strict=True))


def _signature(curves: Curves, models: Path, yardstick: Yardstick, parameters: Parameters, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    sizes = {split: len(passages) for split, passages in yardstick.real.items()}
    weights, windows = sha256(models / "judges" / judge.WEIGHTS), {k: len(v) for k, v in yardstick.windows.items()}
    count = len(curves[REAL.name][NO_TEMPERATURE])
    given = f"; without {', '.join(yardstick.given)}, which is given" if yardstick.given else ""
    repeated = ", the melody that answers repeat included" if yardstick.given else ""
    return [
        f"pieces: {count} a system and temperature, sampled with top_p 1; real: {count} of {sizes['val']} validation"
        f" passages, seed {seed}, measured as if generated",
        f"nll: nats {yardstick.form.SENTENCE}; nll_quarter: the nats of the {sizes['test']} test passages over"
        f" {yardstick.quarters:g} quarters that are to be written, voices together{repeated}; a sixteenth is a"
        " quarter of it; in systems at temperature 1; not defined for real music, nor where one of several candidates"
        " is taken",
        f"frechet_music, judged_real: windows of {QUARTERS} quarters, every {HOP}, heard by the extractor in"
        f" models/judges, fitted on the judge split, weights sha256 {weights[:16]}; against {windows['test']} windows"
        f" of test; frechet_music_val, by which the temperature is chosen: against {windows['val']} of validation;"
        " judged_real: mean probability of the class to which nothing was done, classes equally probable before",
        "clean, parallel_fifths, parallel_octaves: of the changes of what the voices sing; two voices that move in the"
        " same direction between perfect fifths, or octaves or unisons, octaves aside; crossings: of sonorities; mean"
        " over the pieces in which every voice sings one note at a time",
        f"obedience, to prompts of kind {yardstick.kind}: {SENTENCES[yardstick.kind]}",
        "variety: different pairs of successive harmonies over all pairs; a harmony is the pitch classes above the"
        " lowest note",
        "empty_bars, used_pitch_classes, qualified_notes, tonal_distance: after MuseGAN (arXiv:1709.06298), but of all"
        " voices together: over bars, notes of a thirty-second or longer, pairs of voices bar by bar; polyphony,"
        " groove_consistency, in_scale (scale consistency): MusPy (arXiv:2008.01951); repeated_bars: of bars with"
        " notes, from the second on; means over pieces",
        f"pitch_distance, interval_distance, duration_distance, onset_distance: total variation from {sizes['test']}"
        " test passages, all pieces together; intervals within a voice, durations in ticks, onsets from the bar line"
        + given,
        f"copied_runs: runs of {RUN} notes of a voice whose intervals and times between onsets stand in one of"
        f" {sizes['train']} training passages; longest_copied: mean over pieces of the longest such run" + given,
        "duplicates: the same intervals and onsets in every voice; mended: pieces with a word that could not stand",
        "verdict: a curve dominates another where it is nowhere lower and somewhere higher over the whole range of"
        " variety that both have, straight between its points; else they cross",
        f"standard errors: over pieces, jackknife of {parameters.jackknife_groups} groups, seed {seed}; not over"
        " training seeds",
    ]
