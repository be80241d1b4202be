"""What is alike in texts: a record and the others, a sample and the training data."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptgan.core.parameters import validate_section
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.quality.normalise import normalise
from promptgan.tasks.text.records.duplicates import words_of_pairs
from promptgan.tasks.text.records.prompts import canonical, chosen
from promptgan.terms.words import segments, words

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("prompt", "text")
MIN_WORDS = 6
"""Of a side that is recognised by its words: a shorter one would be by coincidence."""
NEAREST = 5
ORDERS = (1, 2, 3)
MEASURE = (
    "longest run of words shared with the sample, then Jaccard similarity of the sets of 1- to 3-word runs of the two"
    " texts, then of the two prompts; words as evaluation counts them (punctuation marks are words), case left aside"
)

Words = Sequence[str]


def relatives(ours: "pd.DataFrame", others: "pd.DataFrame", section: Mapping[str, Any]) -> list[str]:
    """What each of the other records has of ours, in words; empty for most.

    Args:
        ours: records, as validated or, where their `split` is quarantine, as they came.
        others: likewise, all others of the data set.
        section: `validate`, which says what a near duplicate is, and what a text answers.
    """
    near = validate_section(NearDuplicates, section["near_duplicates"], "validate.near_duplicates")
    pairs = _validated([ours, others], section)
    mine, theirs = pairs[: len(ours)], pairs[len(ours) :]
    prompts, texts = ([pair[side] for pair in [*mine, *theirs]] for side in (0, 1))
    copies = higher_ranked_copies(words_of_pairs(prompts, texts), [0] * len(mine) + [1] * len(theirs), near)[
        len(mine) :
    ]
    same, long = {pair for pair in mine if any(pair)}, _long(mine)
    return [
        "of the same prompt and text" if pair in same
        else "nearly the same" if copy is not None
        else "with its prompt or its text as one side" if long.intersection(pair)
        else ""
        for pair, copy in zip(theirs, copies, strict=True)
    ]  # fmt: skip


def phrases(ours: "pd.DataFrame", others: "pd.DataFrame") -> tuple[str, ...]:
    """The words by which our records are known elsewhere: long sides that no other record has, nor a part of one."""
    kept = "\n".join(side for pair in _sides(others) for side in pair).casefold()
    return tuple(side for side in sorted(_long(_sides(ours))) if side.casefold() not in kept)


def repeats(record: Mapping[str, Any], samples: "pd.DataFrame") -> list[int]:
    """The rows of samples that are the record's text, word for word."""
    if not isinstance(record["text"], str):  # quarantine may hold anything
        return []
    own = words_of(normalise(record["text"]))
    return [row for row, text in enumerate(samples["text"]) if words_of(text) == own]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Whether a sample was copied: a verdict, and the training records nearest to it, by `MEASURE`.

    Args:
        sample: its row of ``samples``.
        samples: all of samples.parquet.
        train: the training split.
    """
    own, texts = words_of(sample["text"]), [words_of(text) for text in train["text"]]
    prompt = words_of(sample["prompt"])
    runs = shared_runs(own, texts)
    longest = int(runs.max(initial=0))
    holding = int((runs == longest).sum()) if longest else 0
    equal = train[[text == own for text in texts]]
    asked = sum(words_of(each) == prompt for each in equal["prompt"])
    answers = f", {f'{asked} of them' if asked else 'none'} to this prompt" if prompt else ""
    groups = equal["group"].nunique()
    near = _nearest(own, prompt, train, texts, runs)
    if not own:
        verdict = "the sample is empty"
    elif len(equal):
        verdict = (
            f"copied word for word: {len(equal):,} of {len(train):,} training records say exactly this, in {groups:,}"
            f" conversation{'' if groups == 1 else 's'}{answers};"
            f" {'a common answer' if groups > 1 else 'one conversation alone says it'}"
        )
    elif longest < 2:
        verdict = "nothing near: the sample shares no run of two words with any training text"
    else:
        verdict = (
            f"not a training text; {'all' if longest == len(own) else longest} of its {len(own)} words stand together"
            f" in {holding:,} of {len(train):,} training records, as in: {near[0]['shared']}"
        )
    settings = [name for name in ("prompt_id", "purpose", "temperature", "top_p", "seed") if name in samples]
    same = samples[(samples[settings] == [sample[name] for name in settings]).all(axis=1)]
    others = dict(zip(same["model"], same["text"], strict=True))
    return {
        "verdict": verdict,
        "others": {model: text for model, text in others.items() if model != sample["model"]},
        "equal": len(equal),
        "longest": longest,
        "nearest": near,
        "measure": MEASURE,
    }


def words_of(text: str) -> list[str]:
    """The words by which texts are compared: those of evaluation, case left aside."""
    return segments(text.casefold())


def shared_runs(own: Words, texts: Sequence[Words]) -> Any:
    """For each text, the words of the longest run that it shares with ``own``; whole numbers, (texts,)."""
    import numpy as np

    from promptgan.tasks.text.score.ngrams import ngrams

    longest = np.zeros(len(texts), dtype=np.int64)
    for order, (owner, gram) in enumerate(ngrams([own, *texts], len(own)), start=1):
        ours = np.zeros(gram.max(initial=-1) + 1, dtype=bool)
        ours[gram[owner == 0]] = True
        found = owner[ours[gram] & (owner > 0)] - 1
        if not len(found):
            break
        longest[found] = order
    return longest


def similarity(one: Words, other: Words) -> float:
    """Jaccard similarity of the sets of 1- to 3-word runs; 0 where one has no word."""
    a, b = ({tuple(text[i : i + n]) for n in ORDERS for i in range(len(text) - n + 1)} for text in (one, other))
    return len(a & b) / len(a | b) if a and b else 0.0


def _nearest(
    own: Words, prompt: Words, train: "pd.DataFrame", texts: list[list[str]], runs: Any
) -> list[dict[str, Any]]:
    best = [int(n) for n in (-runs).argsort(kind="stable")[:NEAREST] if runs[n]]
    if not best:
        return []
    columns = {name: train[name].tolist() for name in ("id", "group", *SIDES)}
    found = []
    for n in (runs >= runs[best[-1]]).nonzero()[0].tolist():
        asked = similarity(prompt, words_of(columns["prompt"][n]))
        found.append((-int(runs[n]), -similarity(own, texts[n]), -asked, n))
    return [
        {
            **{name: values[n] for name, values in columns.items()},
            "shared": " ".join(_shared(own, texts[n], -run)),
            "run": -run,
            "similarity": round(-likeness, 4),
            **({"prompt_similarity": round(-asked, 4)} if prompt else {}),
        }
        for run, likeness, asked, n in sorted(found)[:NEAREST]
    ]


def _shared(own: Words, text: Words, length: int) -> Words:
    """The first run of ``length`` words that both have."""
    theirs = {tuple(text[i : i + length]) for i in range(len(text) - length + 1)}
    runs = (own[i : i + length] for i in range(len(own) - length + 1))
    return next(run for run in runs if tuple(run) in theirs)


def _validated(frames: "Sequence[pd.DataFrame]", section: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Prompt and text of all records as validation makes them, which quarantine keeps as they came."""
    import pandas as pd

    records = pd.concat(frames, ignore_index=True)
    made = canonical(records, chosen(section))
    if "split" in records:
        made = made.where(records["split"] == "quarantine", records)
    return _sides(made)


def _sides(frame: "pd.DataFrame") -> list[tuple[str, str]]:
    """Prompt and text, normalised; of quarantine, what is no string is nothing."""
    prompts, texts = ([normalise(x) if isinstance(x, str) else "" for x in frame[side]] for side in SIDES)
    return list(zip(prompts, texts, strict=True))


def _long(pairs: list[tuple[str, str]]) -> set[str]:
    return {side for pair in pairs for side in pair if len(words(side)) >= MIN_WORDS}
