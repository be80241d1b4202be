"""Measuring generated answers: quality, diversity, relevance, memorisation, and their curves over temperature."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tokens import word_models
from promptgan.forms.tokens.latent import LatentGenerator, TextEncoder
from promptgan.forms.tokens.likelihood import nll
from promptgan.forms.tokens.pairs import in_order
from promptgan.forms.tokens.sampler import Resampler
from promptgan.networks import folder
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.measures import bound, bounds, embedded, headline, minilm, neighbours
from promptgan.tasks.text.measures.metrics import MEASURES
from promptgan.tasks.text.measures.parameters import Parameters
from promptgan.tasks.text.measures.verdict import Curves, verdict
from promptgan.tasks.text.measures.yardstick import Yardstick
from promptgan.tasks.text.samples import samples as samples_of
from promptgan.terms import words
from promptgan.terms.comparison import jackknife
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import MODELS, REAL

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]

LIKELIHOODS = ("nll", "nll_character")
BOUNDS = (*bound.NAMES, *bounds.NAMES)
HEADLINE = [name for name in MEASURES.names if name not in ("temperature", *LIKELIHOODS, *BOUNDS)]
"""What metrics/evaluation.json holds of every system; generators have a temperature and a likelihood beside it."""
NOT_APPLICABLE = "not applicable"
NO_TEMPERATURE = 1.0
"""The temperature under which real text is kept; it has none."""
FEWEST = 4
"""Answers of a system: the jackknife leaves half of them out where it has two groups, and Self-BLEU compares two."""
BATCH = 128


class NoSamples(PromptganError):
    """There are no samples of a generator, or too few."""


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and real text as if it had been generated.

    The line of real text is as many validation pairs as a system has answers: measured against the same test texts, it
    is what a perfect generator would score. A system's headline is at the temperature whose answers are as near to the
    validation texts as training texts are, in MS-Jaccard (see `headline`); all of its numbers are from test.

    Args:
        tokens: folder of tokenized splits.
        models: holds the model folders and the judges.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the choice of validation pairs, and of the groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples, or there are fewer than two.
        NotAModelFolder, NoMatcher, NoEmbedder: a model cannot be loaded.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    matcher = dual_encoder.load(models / "judges", device)
    yardstick = Yardstick(tokens, matcher, parameters.language_model_order, verse=parameters.verse)
    answers = _answers(samples / "samples.parquet", used, yardstick, seed)
    curves = _curves(answers, yardstick)
    space = embedded.Space(minilm.load(device), yardstick.answered(answers["prompt_id"]), seed)
    temperatures = sorted({1.0, *(t for name in used for t in curves[name])})
    loaded = {name: samples_of.load(models / MODELS[name], device) for name in used}
    likelihoods, spreads = dict[str, dict[float, Row]](), dict[str, Row]()
    for name, model in loaded.items():
        likelihoods[name], spreads[name] = _likelihoods(
            model, models / MODELS[name], yardstick, temperatures, parameters, seed, device
        )
    rows: list[Row] = []
    systems: dict[str, Any] = {
        name: f"{NOT_APPLICABLE}: {index['reason']}" for name, index in indices.items() if name not in used
    }
    best: dict[str, Row] = {}
    known = pd.Series(yardstick.words["train"])
    count = min(len(known), len(curves[REAL.name][NO_TEMPERATURE]))
    real = _fit(yardstick, known.sample(count, random_state=seed))
    for name, curve in curves.items():
        fits = {t: _fit(yardstick, drawn["word"]) if name in used else real for t, drawn in curve.items()}
        points: dict[float, Row] = {}
        for temperature, drawn in curve.items():
            own: Row = dict.fromkeys(["temperature", *LIKELIHOODS])
            if name in used:
                own = {"temperature": temperature, **likelihoods[name][temperature]}
            found = {**yardstick.summary(drawn), **yardstick.against_language_models(drawn)}
            points[temperature] = {"model": name, **own, "ms_jaccard_val": fits[temperature], **found}
        rows += points.values()
        best[name] = points[headline.temperature(fits, real)]
    chosen = {name: curves[name][row["temperature"] or NO_TEMPERATURE] for name, row in best.items()}
    seen = {
        name: space.see(drawn["text"].tolist(), drawn["prompt"].tolist() if yardstick.matcher else None)
        for name, drawn in chosen.items()
    }
    distances = yardstick.to_training(chosen)
    errors = []
    for name, row in best.items():
        row.update(space.numbers(seen[name]), nearest_training=distances[name])
        own = {"temperature": row["temperature"], **likelihoods[name][1.0]} if name in used else {}
        measured = {metric: row[metric] for metric in HEADLINE if not np.isnan(row.get(metric, np.nan))}
        systems[name] = {**own, **measured}
        spread = _standard_errors(chosen[name], seen[name], yardstick, space, parameters, seed)
        errors.append({"system": name, **spreads.get(name, {}), **spread})
    gaps, said = verdict(curves, indices, parameters, seed)
    signature = _signature(curves, yardstick, parameters, seed)
    if yardstick.verse is not None:
        signature.append(yardstick.verse.signature(yardstick.texts("test", "prompt"), yardstick.texts("test")))
    if any("encoder" in model.index["networks"] for model in loaded.values()):
        signature.append(bound.SIGNATURE)
    signature += bounds.signature(
        {name: model.sampler for name, model in loaded.items()}, len(yardstick.splits["test"])
    )
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": errors,
        "verdict": said,
        "signature": signature,
    }
    return Evaluation(rounded(metrics), rounded(rows))


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
    if count < FEWEST:
        raise NoSamples(
            f"{path} and data/tokens/val.arrow leave {count} answers to compare, and {FEWEST} are the least",
            "give the pipeline more data",
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(len(val))[:count])
    real = pd.DataFrame({"prompt": yardstick.texts("val", "prompt"), "text": yardstick.texts("val")}).iloc[chosen]
    real = real.assign(model=REAL.name, temperature=NO_TEMPERATURE)
    return pd.concat([real, curves.groupby(["model", "temperature"], sort=False).head(count)], ignore_index=True)


def _fit(yardstick: Yardstick, texts: "pd.Series[Any]") -> float:
    """MS-Jaccard of texts with those of validation, as plots/curves.csv has it."""
    return float(rounded(yardstick.ms_jaccard["val"](texts.tolist())))


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
    model: samples_of.TextModel,
    path: Path,
    yardstick: Yardstick,
    temperatures: list[float],
    parameters: Parameters,
    seed: int,
    device: torch.device,
) -> tuple[dict[float, Row], Row]:
    """NLL of the test texts in nats at each temperature, ends included, padding not: per token, and per character.

    Of a model with latent vectors, which has an encoder, it is a bound; the numbers of `bound` stand beside it, the
    same at each temperature. Of one that resamples there are `bounds` per token, at temperature 1 alone, and behind
    all of that their standard errors.
    """
    test, numbers = yardstick.splits["test"], dict[str, float]()
    totals, tokens = torch.zeros(len(temperatures), dtype=torch.float64), 0
    if "encoder" in model.index["networks"]:
        encoder = cast("TextEncoder", folder.load(path, device, ["encoder"]).networks["encoder"])
        latent = cast("LatentGenerator", model.generator)
        totals, tokens, numbers = bound.bounds(encoder, latent, test, tuple(temperatures), seed, device)
    else:
        for batch in in_order(test, BATCH):
            sums, count = nll(model.generator, batch.to(device), tuple(temperatures))
            totals, tokens = totals + sums, tokens + count
    if isinstance(model.sampler, Resampler):
        own = totals[temperatures.index(1.0)].item() / tokens
        known = bounds.nll_bounds(model.sampler, test, own, parameters.jackknife_groups, seed)
        return {temperature: known.numbers if temperature == 1.0 else {} for temperature in temperatures}, known.errors
    units = dict(zip(LIKELIHOODS, (tokens, sum(map(len, yardstick.texts("test")))), strict=True))
    return {
        temperature: {**{name: total / count for name, count in units.items()}, **numbers}
        for temperature, total in zip(temperatures, totals.tolist(), strict=True)
    }, {}


def _standard_errors(
    answers: pd.DataFrame,
    seen: embedded.Embedded,
    yardstick: Yardstick,
    space: embedded.Space,
    parameters: Parameters,
    seed: int,
) -> Row:
    def statistic(keep: Integers) -> list[float]:
        summary = {**yardstick.summary(answers.iloc[keep]), **space.numbers(seen, keep)}
        return [summary.get(metric, np.nan) for metric in HEADLINE]

    errors = jackknife(len(answers), parameters.jackknife_groups, seed, statistic)
    return {metric: error for metric, error in zip(HEADLINE, errors, strict=True) if not np.isnan(error)}


def _signature(curves: Curves, yardstick: Yardstick, parameters: Parameters, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    count = len(curves[REAL.name][NO_TEMPERATURE])
    size = {name: len(pairs) for name, pairs in yardstick.splits.items()}
    asked = [
        "rouge: F1 with the test text of an answer's own prompt, without stemming; not defined for real text",
        "relevance: chance that the matcher prefers an answer's own prompt to another of the set; ties one half",
    ]
    return [
        words.SIGNATURE,
        f"answers: {count} a system and temperature, sampled with top_p 1",
        f"real: {count} of {size['val']} validation pairs, seed {seed}, measured as if generated",
        f"bleu: nltk method1, references all {size['test']} test texts; self_bleu: references the other answers",
        *(asked if yardstick.matcher else [f"rouge, relevance: {NOT_APPLICABLE}, since texts answer no prompt"]),
        f"ms_jaccard: orders 1 to 4, against all {size['test']} test texts; ms_jaccard_val: orders 1 to"
        f" {yardstick.orders['val']}, against {size['val']} validation texts, real: of {min(count, size['train'])} of"
        f" {size['train']} training texts, seed {seed}; the temperature is the nearest to it, from that of the highest"
        " on",
        "nll: nats per token of the test texts, ends counted, padding not; nll_character: the same nats over the"
        " characters of these texts; in systems at temperature 1",
        *embedded.signature(count, relevance=yardstick.matcher is not None),
        neighbours.signature(size["train"]),
        "measures of embeddings and nearest_training: at the chosen temperature alone",
        f"lm, reverse_lm: {word_models.signature(parameters.language_model_order)}; lm fitted on {size['judge']}"
        f" judge texts, reverse_lm on the {count} answers and read on test; vocabulary of both: the"
        f" {yardstick.language_models.words} words of the judge texts, every other word is the same <unk>",
        "verdict: a curve dominates another where it is nowhere lower and somewhere higher over the whole range of"
        " self_bleu_4 that both have, straight between its points; else they cross",
        f"standard errors: over prompts, jackknife of {parameters.jackknife_groups} groups, seed {seed};"
        " not over training seeds",
    ]
