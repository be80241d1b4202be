"""Measuring generated sequences by the oracle that drew the data, over temperatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch.nn.functional import cross_entropy

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.likelihood import real_positions
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.networks import folder
from promptgan.tasks.oracle.measures import oracle as oracles
from promptgan.tasks.oracle.measures.metrics import MEASURES
from promptgan.tasks.oracle.measures.oracle import Oracle
from promptgan.tasks.oracle.measures.parameters import Parameters
from promptgan.tasks.oracle.samples.samples import load
from promptgan.terms import comparison
from promptgan.terms.comparison import NO_VERDICT, difference, jackknife
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, MODELS, REAL, RIVALS

Row = dict[str, Any]
Rows = Sequence[Sequence[int]]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PUBLISHED = 1.0
"""The temperature of the headline, at which numbers are published."""
BATCH = 64


class NoSamples(PromptganError):
    """There are no samples of a generator."""


@dataclass(frozen=True)
class Point:
    """What a system's sequences cost at one temperature, and what the test sequences cost it; in nats."""

    rows: Rows
    """N sequences of the oracle's tokens."""
    oracle: Floats
    """Under the oracle, (N,)."""
    own: Floats
    """Under the system itself, (N,)."""
    test: Floats
    """The test sequences under the system, (M,)."""

    @property
    def tokens(self) -> Integers:
        """Of each sequence, (N,)."""
        return np.array([len(row) for row in self.rows])


class Yardstick:
    """The oracle and the test sequences, that every system is measured by.

    Args:
        tokens: folder of the arrays.
        device: where the oracle runs.
    """

    def __init__(self, tokens: Path, device: torch.device) -> None:
        self.oracle = oracles.load(tokens / oracles.FILE, device)
        self.test, self.judge = (_split(tokens, name) for name in ("test", "judge"))
        self.tokens = np.array([len(row) for row in self.test])
        self.costs = under_oracle(self.oracle, self.test)

    def summary(self, point: Point, keep: Integers | None = None) -> Row:
        """All metrics of a system at one temperature; of the sequences ``keep`` alone where given.

        The oracle gives no probability to a sequence that is shorter than its own: of a system that makes such there is
        no divergence (NaN).
        """
        chosen = np.arange(len(point.rows)) if keep is None else keep
        drawn = max(1, point.tokens[chosen].sum())
        nll_oracle, entropy = point.oracle[chosen].sum() / drawn, point.own[chosen].sum() / drawn
        nll_gen = point.test.sum() / self.tokens.sum()
        full = (point.tokens == self.tokens.max()).all()
        divergence = (nll_oracle - entropy + nll_gen - self.costs.sum() / self.tokens.sum()) / 2
        return {
            "nll_oracle": nll_oracle,
            "nll_gen": nll_gen,
            "entropy": entropy,
            "divergence": divergence if full else np.nan,
            "duplicates": 1 - len({tuple(point.rows[i]) for i in chosen}) / len(chosen),
            "length": drawn / len(chosen),
        }

    def standard_errors(self, point: Point, groups: int, seed: int) -> Row:
        """Of each metric that is defined: over the generated sequences, over the test sequences, or over both."""

        def over_samples(keep: Integers) -> list[float]:
            return list(self.summary(point, keep).values())

        found = dict(zip(MEASURES.names, jackknife(len(point.rows), groups, seed, over_samples), strict=True))
        of_test = jackknife(len(self.test), groups, seed, lambda keep: self._of_test(point.test, self.costs, keep))
        found |= {"nll_gen": of_test[0], "divergence": float(np.hypot(found["divergence"], of_test[1] / 2))}
        return _defined(found)

    def gap(self, ours: Point, theirs: Point, groups: int, seed: int) -> tuple[float, float]:
        """Our divergence minus theirs, and its standard error: systems draw with the same numbers and share a test."""

        def over_samples(keep: Integers) -> list[float]:
            return [self.summary(ours, keep)["divergence"] - self.summary(theirs, keep)["divergence"]]

        count = min(len(ours.rows), len(theirs.rows))
        of_samples = jackknife(count, groups, seed, over_samples)[0]
        of_test = jackknife(len(self.test), groups, seed, lambda keep: self._of_test(ours.test, theirs.test, keep))[1]
        return over_samples(np.arange(count))[0], float(np.hypot(of_samples, of_test / 2))

    def _of_test(self, costs: Floats, others: Floats, keep: Integers) -> list[float]:
        return [float(x[keep].sum() / self.tokens[keep].sum()) for x in (costs, costs - others)]


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system at every temperature, and the oracle's own sequences as if they had been generated.

    The line of real data is the judge split, which nobody has seen, and the oracle as the generator of it: its NLL of
    the test sequences is the least that there is. A system's headline is at temperature 1, as numbers are published.

    Args:
        tokens: folder of the arrays and of the oracle.
        models: holds the model folders.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples.
        NotAModelFolder, NoOracle: a model or the oracle cannot be loaded.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    made = _read(samples / "samples.parquet")
    if missing := [name for name in used if (name, PUBLISHED) not in made]:
        raise NoSamples(f"{samples} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    yardstick = Yardstick(tokens, device)
    real = under_oracle(yardstick.oracle, yardstick.judge)
    points: dict[tuple[str, float | None], Point] = {
        (REAL.name, None): Point(yardstick.judge, real, real, yardstick.costs)
    }
    with Progress("evaluate", sum(name in used for name, _ in made)) as progress:
        for name in used:
            generator = load(models / MODELS[name], device).generator
            for temperature, rows in ((t, rows) for (model, t), rows in made.items() if model == name):
                costs = (under_generator(generator, each, temperature) for each in (rows, yardstick.test))
                points[name, temperature] = Point(rows, under_oracle(yardstick.oracle, rows), *costs)
                progress.advance()
    headline = {name: point for (name, t), point in points.items() if t in (None, PUBLISHED)}
    systems: dict[str, Any] = {name: _defined(yardstick.summary(point)) for name, point in headline.items()}
    systems |= {name: f"not applicable: {index['reason']}" for name, index in indices.items() if name not in used}
    gaps, verdict = _verdict(headline, indices, yardstick, parameters, seed)
    errors = {
        name: yardstick.standard_errors(point, parameters.jackknife_groups, seed) for name, point in headline.items()
    }
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": [{"system": name, **spread} for name, spread in errors.items()],
        "verdict": verdict,
        "signature": _signature(headline, yardstick, parameters, seed),
    }
    curves = [{"model": name, "temperature": t, **yardstick.summary(point)} for (name, t), point in points.items()]
    return Evaluation(rounded(metrics), rounded(curves))


def _defined(numbers: Row) -> Row:
    return {name: number for name, number in numbers.items() if not np.isnan(number)}


def under_oracle(oracle: Oracle, rows: Rows) -> Floats:
    """Nats of sequences of the oracle's tokens, (N,)."""
    device = oracle.output.bias.device
    costs = [np.zeros(0)]
    for start in range(0, len(rows), BATCH):
        ids, lengths = pad([list(row) for row in rows[start : start + BATCH]])
        nats = oracle.nll(ids.to(device)).cpu().double()
        costs.append((nats * (torch.arange(ids.shape[1]) < lengths[:, None])).sum(1).numpy())
    return np.concatenate(costs)


@torch.no_grad()
def under_generator(generator: TextGenerator, rows: Rows, temperature: float) -> Floats:
    """Nats of sequences of the oracle's tokens under what the generator draws from at a temperature, (N,).

    Of the tokens alone: an end is not counted, nor do tokens that are never drawn have a probability.
    """
    device = next(generator.parameters()).device
    costs = [np.zeros(0)]
    for start in range(0, len(rows), BATCH):
        part = [[token + len(SPECIAL_TOKENS) for token in row] for row in rows[start : start + BATCH]]
        batch = Batch(*pad([[]] * len(part)), *pad(part)).to(device)
        features, targets = real_positions(generator, batch)
        logits = generator.logits(features).float()
        logits[:, generator.example.undrawn] = -torch.inf
        nats = cross_entropy(logits / temperature, targets, reduction="none").double()
        owners = torch.arange(len(part), device=device).repeat_interleave(batch.text_lengths)
        costs.append(torch.bincount(owners, nats, minlength=len(part)).cpu().numpy())
    return np.concatenate(costs)


def _split(tokens: Path, name: str) -> list[list[int]]:
    """The sequences of a split, as the oracle's tokens."""
    pairs = form.split(tokens, name)
    rows = pairs.rows("text", np.arange(len(pairs)))
    return [[token - len(SPECIAL_TOKENS) for token in row] for row in rows]


def _read(samples: Path) -> dict[tuple[str, float], list[list[int]]]:
    """The sequences of every model and temperature, as the oracle's tokens, in the order of the file."""
    table = pd.read_parquet(samples, columns=["model", "temperature", "text"])
    made: dict[tuple[str, float], list[list[int]]] = {}
    for model, temperature, text in zip(table["model"], table["temperature"], table["text"], strict=True):
        made.setdefault((model, temperature), []).append([int(token) for token in text.split()])
    return made


def _verdict(
    headline: dict[str, Point], indices: dict[str, Row], yardstick: Yardstick, parameters: Parameters, seed: int
) -> tuple[dict[str, Row], list[str]]:
    """How far the adversarial model's divergence is from each rival's, as numbers and as sentences."""
    groups, metric = parameters.jackknife_groups, MEASURES[MEASURES.ranked_by]
    count = min(len(yardstick.test), *(len(headline[name].rows) for name in headline if name != REAL.name))
    if reason := comparison.withheld(indices, count, groups):
        return {}, [reason]
    ours, gaps, sentences = headline[ADVERSARIAL.name], {}, []
    for rival in (rival for rival in RIVALS if rival.name in headline):
        gap, error = yardstick.gap(ours, headline[rival.name], groups, seed)
        if np.isnan(gap):
            reason = "sequences end early, which the oracle's never do"
            sentences.append(f"{metric.name} against {rival.name}: {NO_VERDICT}, {reason}")
            continue
        gaps[rival.name] = {metric.name: gap}
        sentences.append(difference(metric, rival.name, gap, error, "sequences", clear=abs(gap) > 2 * error))
    return gaps, comparison.verdict(sentences)


def _signature(headline: dict[str, Point], yardstick: Yardstick, parameters: Parameters, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    vocabulary, test = yardstick.oracle.output.out_features, len(yardstick.test)
    counts = sorted({len(point.rows) for name, point in headline.items() if name != REAL.name})
    return [
        f"oracle: an LSTM of {yardstick.oracle.cell.hidden_size} units over {vocabulary} tokens, weights in"
        " data/tokens; numbers of another oracle are other numbers",
        f"nll_oracle, entropy: nats per token of {', '.join(map(str, counts))} sequences a system and temperature,"
        " under the oracle and under the system at that temperature; ends are not counted",
        f"nll_gen: nats per token of the {test} test sequences under the system at that temperature, which it has not"
        " seen; published numbers are often of training sequences",
        "divergence: half of (nll_oracle - entropy) + (nll_gen - the oracle's own nats of the same test sequences);"
        " not defined for a system of which a sequence ends early",
        f"real: the {len(yardstick.judge)} sequences of the judge split, under the oracle",
        "systems: at temperature 1",
        f"standard errors: over sequences, jackknife of {parameters.jackknife_groups} groups, seed {seed}; not over"
        " training seeds",
    ]
