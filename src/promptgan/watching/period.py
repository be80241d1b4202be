"""A period of a service in numbers: what its log says, and how far that lies from what the models learnt from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from promptgan.serving.log import Asked, Feedback, last_words, rows
from promptgan.watching import drift
from promptgan.watching.drift import H
from promptgan.watching.reference import SIDES, Reference, embedded, sample, scripts

REFUSED, FAILED = 429, 500
"""Status of a request that the queue or a limit turned away; the first of those that are the service's own fault."""
OTHERS = ("/v1/score", "/v1/recommend")
"""Routes of which nothing is compared: a client's own answers, and items, which are no records of the pipeline."""
LABELS = "/v1/classify"
"""Its answers are labels, a line for each text."""
SPANS = (60, 300, 900, 3600, 6 * 3600, 86400, 7 * 86400)
"""Seconds that a point of a curve may span."""
POINTS = 60
"""Of a curve, at most."""


class Number(NamedTuple):
    """A gauge of a period."""

    name: str
    """As Prometheus has it, after `promptgan_period_`."""
    title: str
    value: float
    format: str = ".2%"


class Drift(NamedTuple):
    """How far something moved from the training data."""

    name: str
    """What moved."""
    measure: str
    """PSI or MMD²."""
    value: float
    beside: str
    """What chance alone would make of it, in words."""
    moved: bool
    requests: int
    """That it is measured on."""


@dataclass(frozen=True)
class Period:
    """What happened from ``since`` until ``until``, seconds since 1970."""

    since: float
    until: float
    asked: list[Asked]
    """Without those that nobody saw."""
    feedback: list[Feedback]
    """The last word of each source on each answer."""
    unseen: list[Asked] = field(default_factory=list)
    """What shadows answered."""

    @property
    def answered(self) -> list[Asked]:
        """Those that got what they asked for."""
        return [each for each in self.asked if each.answered]


def read(log: Path, since: float, until: float) -> Period:
    """A period of a log.

    Raises:
        NoLog, LogUnusable: there is no log, or it is none.
    """
    asked: tuple[list[Asked], list[Asked]] = ([], [])
    for row in rows(log, Asked, since, until):
        asked[row.shadow].append(row)
    seen, unseen = asked
    return Period(since, until, seen, last_words(rows(log, Feedback, since, until)), unseen)


def numbers(asked: Sequence[Asked], feedback: Sequence[Feedback]) -> list[Number]:
    """The gauges of requests and of what was said of their answers; those that nothing is known of are left out."""
    answered = [each for each in asked if each.answered]
    found = [Number("requests", "requests", len(asked), ",.0f")]
    if asked:
        found += [
            Number("failed_share", "failed by the service's own fault", _share(a.status >= FAILED for a in asked)),
            Number("refused_share", "turned away by the queue or a limit", _share(a.status == REFUSED for a in asked)),
            Number("moderated_share", "refused by moderation", _share(bool(a.verdict) for a in asked)),
        ]
    if answered:
        for percent in (50, 95, 99):
            below = float(np.percentile([a.seconds for a in answered], percent))
            found.append(Number(f"seconds_p{percent}", f"seconds to an answer, {percent} % below", below, ".3f"))
        queued = float(np.percentile([a.queued for a in answered], 95))
        found.append(Number("queued_p95", "seconds in the queue, 95 % below", queued, ".3f"))
        if working := sum(max(0.0, a.seconds - a.queued) for a in answered):
            rate = sum(a.tokens for a in answered) / working
            found.append(Number("tokens_per_second", "tokens a second of work", rate, ",.1f"))
        repeated, judged = _share(bool(a.repeated) for a in answered), {f.request for f in feedback}
        found += [
            Number("repeated_share", "answers that repeat one before", repeated),
            Number("feedback_share", "answers that somebody judged", _share(a.id in judged for a in answered)),
        ]
    if scores := [each.score for each in answered if each.score is not None]:
        found.append(Number("score", "the discriminator's score, mean", float(np.mean(scores)), "+.3f"))
    if thumbs := [each.thumb for each in feedback if each.thumb]:
        found.append(Number("liked_share", "thumbs that are up", thumbs.count(1) / len(thumbs)))
    return found


def by_model(period: Period) -> dict[str, list[Number]]:
    """The gauges of each model that was asked, by its name and the first digits of its revision."""
    found = {}
    for name in sorted({each.name for each in period.asked if each.model}):
        asked = [each for each in period.asked if each.name == name]
        ids = {each.id for each in asked}
        found[name] = numbers(asked, [each for each in period.feedback if each.request in ids])
    return found


def curves(period: Period) -> dict[str, list[tuple[float, float]]]:
    """How gauges went: by title, of each part of the period that has requests its middle, in hours, and the value."""
    span = next((each for each in SPANS if (period.until - period.since) / each <= POINTS), SPANS[-1])
    parts: dict[int, list[Asked]] = {}
    for each in period.asked:
        parts.setdefault(int((each.at - period.since) // span), []).append(each)
    found: dict[str, list[tuple[float, float]]] = {}
    for place, asked in sorted(parts.items()):
        for number in numbers(asked, []):
            if number.name in ("requests", "seconds_p50", "seconds_p99", "score", "repeated_share"):
                found.setdefault(number.title, []).append(((place + 0.5) * span / 3600, number.value))
    return found


def drifts(period: Period, reference: Reference) -> list[Drift]:
    """How far prompts and answers moved from the training data; what too few requests tell is left out.

    Lengths are always known. Scripts and embeddings take the texts, which are there where the service logs them;
    labels are the answers of a classifier.

    Args:
        period: what is compared.
        reference: with what.
    """
    told = [each for each in period.answered if each.route not in OTHERS]
    asked = [[*map(len, _labelled(each))] or [each.prompt_length] for each in told]
    lengths = {
        "prompt": [length for each in asked for length in each if length],  # others asked with a file, or nothing
        "answer": [each.answer_length for each in told],
    }
    texts = {
        "prompt": [text for each in told if each.prompt for text in _labelled(each) or [each.prompt]],
        "answer": [answer for each in told if each.answer for answer in each.answer.split("\n")],
    }
    found: list[Drift | None] = []
    for side in (side for side in SIDES if reference.lengths.get(side)):
        found += [
            _of_counts(f"{side}s by length", *drift.binned(reference.lengths[side], lengths[side])),
            _of_counts(f"{side}s by script", reference.scripts[side], scripts(texts[side])),
            _of_embeddings(f"{side}s by meaning", reference.texts[side], texts[side]),
        ]
    if reference.labels:
        said = (each.answer.split("\n") for each in told if each.route == LABELS and each.answer)
        found.append(_of_counts("answers by label", reference.labels, Counter(chain.from_iterable(said))))
    return [each for each in found if each]


def _labelled(asked: Asked) -> list[str]:
    """The texts of a request to label several, a line each; none where there are not as many labels as lines."""
    lines, labels = ((side or "").split("\n") for side in (asked.prompt, asked.answer))
    return lines if asked.route == LABELS and 1 < len(lines) == len(labels) else []


def _of_counts(name: str, expected: Mapping[H, int], observed: Mapping[H, int]) -> Drift | None:
    index = drift.psi(expected, observed)
    if index is None:
        return None
    beside = f"chance: up to {index.critical:.4f}"
    return Drift(name, "PSI", index.value, beside, index.moved, sum(observed.values()))


def _of_embeddings(name: str, reference: list[str], observed: list[str]) -> Drift | None:
    if min(len(reference), len(observed)) < drift.FEWEST:
        return None
    found = drift.mmd(embedded(tuple(reference)), embedded(tuple(sample(observed))))
    return found and Drift(name, "MMD²", found.value, f"chance: p {found.p:.3f}", found.moved, len(observed))


def _share(held: Iterable[bool]) -> float:
    return float(np.mean([*held]))
