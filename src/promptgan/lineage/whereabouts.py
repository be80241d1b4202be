"""One record: where it lies, what reads it, what is downstream of it, what equals it and what repeats it."""

import bisect
import dataclasses
import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptgan.core.errors import PromptganError
from promptgan.lineage import contents, samples
from promptgan.lineage.contents import BytesNotHere, NotTracked
from promptgan.lineage.impact import Reached, reached, reached_document
from promptgan.lineage.lock import Lock, Stage, lies_in
from promptgan.lineage.trace import run_of
from promptgan.quality.exclusions import LIST, excluded
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd

    from promptgan.quality.duplicates import NearDuplicates

VALIDATED, TOKENS = "data/validated", "data/tokens"
QUARANTINE = "quarantine"
PLACES = (*RANKING, QUARANTINE)
RAW = "data/raw"
KINDS = ("equal", "near", "same text")


class UnknownRecord(PromptganError):
    """No split, quarantine or exclusion list has a record of this id."""

    def __init__(self, record: str, near: str) -> None:
        super().__init__(
            f"{record}: no record of data/validated has this id, nor is it excluded{near}",
            f"ids are the column `id` of {VALIDATED}/*.parquet; `promptgan lineage why SAMPLE` names some",
        )


@dataclass(frozen=True)
class Copy:
    """A record that is equal or nearly equal to another, or has its text."""

    id: str
    place: str
    """The split, or quarantine."""
    prompt: str
    text: str
    kind: str
    """One of `KINDS`."""


@dataclass(frozen=True)
class Use:
    """How a stage is related to a record."""

    reached: Reached
    holders: tuple[str, ...]
    """Its dependencies that hold the record, or a folder with it."""
    reads: tuple[str, ...]
    """The files with the record that it read, as its run.json lists them."""
    recorded: bool
    """Whether it recorded what it read."""


@dataclass(frozen=True)
class Record:
    """A record, and everything that it reaches."""

    id: str
    group: str
    """Its conversation."""
    prompt: str
    text: str
    place: str
    """The split that it is in, or quarantine; empty where it is in no output."""
    rule: str
    """Why it is in quarantine; else empty."""
    reason: str
    """The same as a sentence."""
    excluded: str | None
    """The reason that data/excluded.csv gives; None where it does not list the record."""
    files: tuple[str, ...]
    """What holds it: data/raw as a whole, and files of later stages."""
    uses: tuple[Use, ...]
    """Of every stage that runs again when it is left out, in the order of dvc.yaml."""
    conversation: int
    """Records of its conversation, itself included."""
    copies: tuple[Copy, ...]
    """Equal and near duplicates elsewhere, then other records with the same text."""
    measure: str
    """What makes a near duplicate."""
    repeated_by: tuple[int, ...] | None
    """Rows of the generated samples that are its text, word for word; None where the samples are not here."""
    asked: tuple[int, ...] | None
    """Rows of the generated samples that answer its prompt; None where the samples are not here."""


def find(record: str, locked: Lock) -> Record:
    """Find a record and everything that it reaches.

    Raises:
        UnknownRecord: no output and no exclusion list has it; names near ids.
        BytesNotHere: data/validated is not here.
        ExclusionsUnreadable: data/excluded.csv is broken.
    """
    tables = {place: _table(locked, place) for place in PLACES}
    listed = excluded(_data(locked)).get(record)
    place = next((p for p, table in tables.items() if (table["id"] == record).any()), None)
    if place is None:
        if listed is None:
            raise UnknownRecord(record, _near(record, tables))
        return Record(record, "", "", "", "", "", "", listed, (), (), 0, (), "", (), ())
    table = tables[place]
    row = table[table["id"] == record].iloc[0].fillna("")
    files = tuple(_files(locked, place))
    copies, measure = _copies(row, tables, locked)
    written = _written(locked)
    return Record(
        id=record,
        group=row["group"],
        prompt=row["prompt"],
        text=row["text"],
        place=place,
        rule=row.get("rule", ""),
        reason=row.get("reason", ""),
        excluded=listed,
        files=files,
        uses=tuple(_uses(locked, files)),
        conversation=sum(int((table["group"] == row["group"]).sum()) for table in tables.values()),
        copies=tuple(copies),
        measure=measure,
        repeated_by=None if written is None else tuple(sorted(same_words(row["text"], (text for _, text in written)))),
        asked=None if written is None else tuple(n for n, (prompt, _) in enumerate(written) if prompt == record),
    )


def document(found: Record) -> dict[str, Any]:
    """Everything that is known of a record, as JSON has it."""
    uses = [
        {**reached_document(use.reached), "reads": list(use.reads), "records_what_it_reads": use.recorded}
        for use in found.uses
    ]
    return {**dataclasses.asdict(dataclasses.replace(found, uses=())), "uses": uses}


def run_again(locked: Lock) -> list[Stage]:
    """The stages that run again when data/excluded.csv leaves a record out, in the order of dvc.yaml."""
    return locked.downstream(str(LIST))


def _data(locked: Lock) -> str:
    sections = [s.parameters["data"]["name"] for s in locked.stages.values() if "data" in s.parameters]
    return str(sections[0]) if sections else ""


def _table(locked: Lock, place: str) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(contents.recorded(locked, f"{VALIDATED}/{place}.parquet"))


def _files(locked: Lock, place: str) -> Iterator[str]:
    yield RAW
    for path in (f"{VALIDATED}/{place}.parquet", f"{TOKENS}/{place}.arrow"):
        try:
            contents.md5_in_lock(locked, path)
        except NotTracked:  # quarantine is not tokenized
            continue
        except BytesNotHere:
            pass
        yield path


def _uses(locked: Lock, files: tuple[str, ...]) -> Iterator[Use]:
    for each in reached(str(LIST), locked):
        run = run_of(each.stage)
        inputs = run["inputs"] if run else {}
        reads = tuple(file for file in files if any(lies_in(path, file) for path in inputs))
        paths = (dep.path for dep in each.stage.dependencies)
        holders = tuple(path for path in paths if any(lies_in(file, path) for file in files))
        yield Use(each, holders, reads, run is not None)


def _copies(row: "pd.Series[Any]", tables: "dict[str, pd.DataFrame]", locked: Lock) -> tuple[list[Copy], str]:
    """Equal and near duplicates as validation measures them, then equal texts under other prompts."""
    import pandas as pd

    from promptgan.quality.duplicates import NearDuplicates
    from promptgan.tasks.text.records.duplicates import copies_of_pairs
    from promptgan.tasks.text.records.normalise import normalise

    everything = pd.concat([table.assign(place=place) for place, table in tables.items()], ignore_index=True)
    everything = everything[everything["id"] != row["id"]].fillna("")
    pair = normalise(row["prompt"]), normalise(row["text"])
    others = [
        (normalise(prompt), normalise(text)) if place == QUARANTINE else (prompt, text)
        for prompt, text, place in everything[["prompt", "text", "place"]].to_numpy()
    ]
    measure = NearDuplicates.model_validate(
        next(s.parameters["validate"] for s in locked.stages.values() if "validate" in s.parameters)["near_duplicates"]
    )
    possible = candidates(pair, others, measure)
    pairs = [pair, *(others[position] for position in possible)]
    prompts, texts = ([each[side] for each in pairs] for side in (0, 1))
    copies = copies_of_pairs(prompts, texts, [0] + [1] * len(possible), measure)
    near = {position for position, copy in zip(possible, copies[1:], strict=True) if copy == 0}
    kinds: dict[str, list[Copy]] = {kind: [] for kind in KINDS}
    same = same_words(pair[1], [text for _, text in others])
    for position in sorted(near | same):
        kind = "equal" if others[position] == pair else "near" if position in near else "same text"
        found = everything.iloc[position]
        kinds[kind].append(Copy(found["id"], found["place"], found["prompt"], found["text"], kind))
    says = f"Jaccard similarity of {measure.shingle_words}-word shingles at least {measure.threshold}"
    return [copy for each in kinds.values() for copy in each], says


def candidates(pair: tuple[str, str], others: list[tuple[str, str]], measure: "NearDuplicates") -> list[int]:
    """The pairs that may be near duplicates of one; no near duplicate is missed.

    Of m shingles, a near duplicate lacks at most (1 - threshold) m, and with them at most the words in these: so it
    holds all other words, which is quickly looked up.
    """
    from promptgan.terms.words import words

    sides = [words(side) for side in pair]
    shingles = max(1, sum(max(1, len(side)) for side in sides) + 2 - measure.shingle_words)
    wanted = {word for side in sides for word in side}
    least = len(wanted) - measure.shingle_words * math.floor((1 - measure.threshold) * shingles + 1e-9)
    joined = ("\t".join(other).casefold() for other in others)
    return [n for n, both in enumerate(joined) if sum(word in both for word in wanted) >= least]


def same_words(text: str, others: Iterable[str]) -> set[int]:
    """The positions of the texts that are this text, word for word."""
    own, letters = samples.words_of(text), "".join(text.casefold().split())
    return {
        n
        for n, other in enumerate(others)
        if "".join(other.casefold().split()) == letters and samples.words_of(other) == own
    }


def _written(locked: Lock) -> list[tuple[str, str]] | None:
    """The prompt's id and the text of each generated sample; None where they are not here."""
    import pandas as pd

    try:
        path = contents.recorded(locked, samples.SAMPLES)
    except (NotTracked, BytesNotHere):
        return None
    table = pd.read_parquet(path, columns=["prompt_id", "text"])
    return list(zip(table["prompt_id"], table["text"], strict=True))


def _near(record: str, tables: "dict[str, pd.DataFrame]") -> str:
    """The known id that begins most like this one, as a clause."""
    ids = sorted(name for table in tables.values() for name in table["id"] if isinstance(name, str))
    place = bisect.bisect(ids, record)
    close = difflib.get_close_matches(record, ids[max(0, place - 20) : place + 20], n=1)
    return f" (did you mean {close[0]}?)" if close else ""
