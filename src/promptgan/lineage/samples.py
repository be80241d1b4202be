"""One generated sample: what it was drawn with, and the training records that it may have been copied from."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptgan.core.errors import PromptganError
from promptgan.lineage import contents
from promptgan.lineage.lock import File, Lock

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = "samples/generated/samples.parquet"
TRAIN = "data/validated/train.parquet"
MODELS = "models"
NEAREST = 5
ORDERS = (1, 2, 3)
MEASURE = (
    "longest run of words shared with the sample, then Jaccard similarity of the sets of 1- to 3-word runs of the two"
    " texts, then of the two prompts; words as evaluation counts them (punctuation marks are words), case left aside"
)

Words = Sequence[str]


class SampleUnreadable(PromptganError):
    """The name of a sample is not FILE#ROW, the file is no file of samples, or has no such row."""


@dataclass(frozen=True)
class Neighbour:
    """A training record near a sample."""

    id: str
    group: str
    """Its conversation."""
    prompt: str
    text: str
    shared: str
    """The longest run of words that it shares with the sample."""
    run: int
    """How many words that is."""
    similarity: float
    """Jaccard similarity of the texts; 1 for equal ones."""
    prompt_similarity: float
    """Of the prompts."""


@dataclass(frozen=True)
class Why:
    """Where a sample may come from."""

    name: str
    sample: dict[str, Any]
    """Its row: prompt_id, prompt, text, model, purpose, temperature, top_p, seed."""
    model: File | None
    """The folder of its model, as dvc.lock has it."""
    words: int
    """Of the sample."""
    records: int
    """Of the training split."""
    equal: int
    """Training records whose text is the sample's, word for word."""
    conversations: int
    """In how many conversations."""
    equal_to_prompt: int
    """How many of them answer the sample's own prompt."""
    longest: int
    """Words of the longest run that the sample shares with a training text."""
    holding_longest: int
    """Training records that hold a run of that length."""
    nearest: tuple[Neighbour, ...]
    """By `MEASURE`."""
    others: dict[str, str]
    """What the other models answered to the same prompt with the same settings."""
    stale: tuple[str, ...]
    """Inputs that were made anew after the samples: the chain is then not that of this sample."""

    @property
    def verdict(self) -> str:
        """Whether the model copied, in a sentence."""
        if not self.words:
            return "the sample is empty"
        if self.equal:
            own = f"{self.equal_to_prompt} of them to this prompt" if self.equal_to_prompt else "none to this prompt"
            common = "a common answer" if self.conversations > 1 else "one conversation alone says it"
            return (
                f"copied word for word: {self.equal:,} of {self.records:,} training records say exactly this, in"
                f" {counted(self.conversations, 'conversation')}, {own}; {common}"
            )
        if self.longest < 2:
            return "nothing near: the sample shares no run of two words with any training text"
        shared = self.nearest[0].shared
        whole = "all" if self.longest == self.words else str(self.longest)
        return (
            f"not a training text; {whole} of its {self.words} words stand together in {self.holding_longest:,} of"
            f" {self.records:,} training records, as in: {shared}"
        )


def parse(name: str) -> tuple[str, int]:
    """The file and the row, counted from 0, of a sample's name.

    Raises:
        SampleUnreadable: the name is not FILE#ROW.
    """
    path, mark, row = name.partition("#")
    if not mark or not row.isdecimal():
        raise SampleUnreadable(
            f"{name}: a sample is FILE#ROW, its row counted from 0", f"as in `promptgan lineage why {SAMPLES}#17`"
        )
    return path, int(row)


def read_row(locked: Lock, path: str, row: int) -> dict[str, Any]:
    """The columns of a sample, from the very bytes that dvc.lock has.

    Raises:
        SampleUnreadable: it is no file of samples, or has no such row.
        NotTracked, BytesNotHere: the file cannot be had.
    """
    table = _samples(locked, path)
    return _row(table, path, row)


def why(locked: Lock, name: str) -> Why:
    """Find what a sample was drawn with and the training records nearest to it; see `MEASURE`.

    Raises:
        SampleUnreadable: there is no such sample.
        NotTracked, BytesNotHere: the samples or the training split cannot be had.
    """
    import pandas as pd

    path, row = parse(name)
    samples = _samples(locked, path)
    sample = _row(samples, path, row)
    train = pd.read_parquet(contents.recorded(locked, TRAIN), columns=["id", "group", "prompt", "text"])
    own, texts = words_of(sample["text"]), [words_of(text) for text in train["text"]]
    runs = shared_runs(own, texts)
    equal = train[[text == own for text in texts]]
    prompt = words_of(sample["prompt"])
    longest = int(runs.max(initial=0))
    return Why(
        name=name,
        sample=sample,
        model=_model(locked, sample["model"]),
        words=len(own),
        records=len(train),
        equal=len(equal),
        conversations=int(equal["group"].nunique()),
        equal_to_prompt=sum(words_of(each) == prompt for each in equal["prompt"]),
        longest=longest,
        holding_longest=int((runs == longest).sum()) if longest else 0,
        nearest=tuple(_nearest(own, prompt, train, texts, runs)),
        others=_others(samples, sample),
        stale=_stale(locked, path),
    )


def counted(count: int, what: str) -> str:
    """A number and its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def document(found: Why) -> dict[str, Any]:
    """Everything that is known of a sample, as JSON has it."""
    return {"verdict": found.verdict, **dataclasses.asdict(found), "measure": MEASURE}


def words_of(text: str) -> list[str]:
    """The words by which texts are compared: those of evaluation, case left aside."""
    from promptgan.terms.words import segments

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


def _nearest(own: Words, prompt: Words, train: "pd.DataFrame", texts: list[list[str]], runs: Any) -> list[Neighbour]:
    near = [int(n) for n in (-runs).argsort(kind="stable")[:NEAREST] if runs[n]]
    if not near:
        return []
    columns = {name: train[name].tolist() for name in ("id", "group", "prompt", "text")}
    found = []
    for n in (runs >= runs[near[-1]]).nonzero()[0].tolist():
        asked = similarity(prompt, words_of(columns["prompt"][n]))
        found.append((-int(runs[n]), -similarity(own, texts[n]), -asked, n))
    return [
        Neighbour(
            **{name: values[n] for name, values in columns.items()},
            shared=" ".join(_shared(own, texts[n], -run)),
            run=-run,
            similarity=round(-likeness, 4),
            prompt_similarity=round(-asked, 4),
        )
        for run, likeness, asked, n in sorted(found)[:NEAREST]
    ]


def _shared(own: Words, text: Words, length: int) -> Words:
    """The first run of ``length`` words that both have."""
    theirs = {tuple(text[i : i + length]) for i in range(len(text) - length + 1)}
    runs = (own[i : i + length] for i in range(len(own) - length + 1))
    return next(run for run in runs if tuple(run) in theirs)


def _samples(locked: Lock, path: str) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow import ArrowInvalid

    try:
        return pd.read_parquet(contents.recorded(locked, path))
    except ArrowInvalid as error:
        raise SampleUnreadable(f"{path}: not a readable Parquet file", f"samples lie in {SAMPLES}") from error


def _row(samples: "pd.DataFrame", path: str, row: int) -> dict[str, Any]:
    if missing := sorted({"prompt_id", "prompt", "text", "model", "seed", "temperature"} - set(samples.columns)):
        raise SampleUnreadable(f"{path} holds no samples: no column {', '.join(missing)}", f"samples lie in {SAMPLES}")
    if row >= len(samples):
        raise SampleUnreadable(f"{path}#{row}: the file has {len(samples):,} rows", f"rows are 0 to {len(samples) - 1}")
    return {str(k): v.item() if hasattr(v, "item") else v for k, v in samples.iloc[row].items()}


def _model(locked: Lock, name: str) -> File | None:
    from promptgan.terms.systems import MODELS as FOLDERS

    path = f"{MODELS}/{FOLDERS.get(name, name)}"
    return next((out for _, out in locked.outputs() if out.path == path), None)


def _others(samples: "pd.DataFrame", sample: dict[str, Any]) -> dict[str, str]:
    settings = [name for name in ("prompt_id", "purpose", "temperature", "top_p", "seed") if name in samples]
    same = samples[(samples[settings] == [sample[name] for name in settings]).all(axis=1)]
    answers = zip(same["model"].tolist(), same["text"].tolist(), strict=True)
    return {model: text for model, text in answers if model != sample["model"]}


def _stale(locked: Lock, path: str) -> tuple[str, ...]:
    maker = locked.producer(path)
    before = [maker] if maker else []
    found: dict[str, None] = {}
    seen = set()
    while before:
        stage = before.pop()
        if stage.name not in seen:
            seen.add(stage.name)
            found |= dict.fromkeys(used.path for used, _ in locked.stale(stage))
            before += locked.upstream(stage)
    return tuple(sorted(found))
