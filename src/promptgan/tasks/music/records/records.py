"""Passages of music: row rules, splits, table rules."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from promptgan.media.music.piece import Piece, from_json
from promptgan.media.music.prompts import asked
from promptgan.media.music.records import COLUMNS
from promptgan.quality.examination import Examination
from promptgan.quality.output import Validated
from promptgan.quality.splits import near_copies_across_splits, split_of
from promptgan.tasks.music.records.parameters import Parameters
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Ask each passage its prompt, quarantine bad ones, split the rest by piece, and check the table.

    A passage that stands in a split of higher rank too, in whatever key, exactly or nearly, goes to quarantine; one
    that a piece repeats goes as well.

    Args:
        records: columns id, group, prompt (empty), music (a JSON line, or why the file is none) and source.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
    """
    import pandas as pd

    from promptgan.quality import expectations as ex
    from promptgan.tasks.music.records import rules

    p = parameters
    found = Examination(records, context)
    frame = found.canonical(COLUMNS)
    problems = [None if is_music(line) else str(line) for line in frame["music"]]
    frame = frame.assign(problem=pd.Series(problems, index=frame.index, dtype=object))
    frame = found.rows("files", frame, [rules.ExpectMusic(column="problem")])
    frame = frame.assign(**_facts([from_json(line) for line in frame["music"]], p))
    frame = found.rows(
        "passages",
        frame,
        [
            rules.ExpectMetre(column="metre", value_set=p.metres),
            rules.ExpectVoices(column="voices", value_set=[p.voices]),
            rules.ExpectOneNoteAtATime(column="overlap"),
            rules.ExpectKey(column="key"),
            rules.ExpectPitches(column="outside"),
            rules.ExpectGrid(column="beside"),
            rules.ExpectSound(column="empty", max_value=p.max_empty_share),
        ],
    )
    frame = frame.assign(prompt=prompts(frame, p.prompt.model_dump()))
    frame = frame.assign(split=[split_of(group, p.shares) for group in frame["group"]])
    sides = [intervals(from_json(line)) for line in frame["music"]]
    frame = frame.assign(sides=[" / ".join(map(" ".join, side)) for side in sides])
    equal = ["group", "sides"]
    first = frame.groupby(equal, sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(equal), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    sides = [[voice.split() for voice in side.split(" / ")] for side in frame["sides"]]
    frame = frame.assign(copy_of=near_copies_across_splits(frame, sides, p.near_duplicates))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

    found.quarantine_rules(p.max_defect_share, p.max_quarantine_share)
    found.table(
        "table",
        frame[["split"]].assign(splits_of_group=frame.groupby("group", sort=False)["split"].transform("nunique")),
        [
            ex.ExpectEnoughRows(min_value=p.min_rows),
            ex.ExpectEverySplit(column="split", min_value=len(RANKING)),
            ex.ExpectGroupInOneSplit(column="splits_of_group"),
        ],
    )
    found.stop_if_broken()
    counted = {name: _counts(frame[name]) for name in ("key", "metre")}
    return found.validated(frame, COLUMNS, bars=int(frame["bars"].sum()), **counted)


def is_music(line: Any) -> bool:
    """Whether a value of the column `music` is a piece, and not why there is none."""
    return isinstance(line, str) and line.startswith("{")


def prompts(records: "pd.DataFrame", prompt: dict[str, Any]) -> list[str]:
    """The prompt of each record that holds music; of others what stands there.

    Args:
        records: columns prompt and music.
        prompt: of the section `validate`.
    """
    return [
        str(asked(from_json(line), **prompt)) if is_music(line) else given
        for line, given in zip(records["music"], records["prompt"], strict=True)
    ]


def intervals(piece: Piece) -> list[list[str]]:
    """The notes of each voice as words that know no key: semitones from the note before, duration, rest before it."""
    return [
        [
            f"{note.pitch - before.pitch:+d}:{note.duration}:{note.onset - before.end}"
            for before, note in pairwise(voice.notes)
        ]
        for voice in piece.voices
    ]


def _facts(pieces: list[Piece], p: Parameters) -> dict[str, list[Any]]:
    """What the rules ask, by column: of what must not be, the first such thing or None."""
    notes = [[note for voice in piece.voices for note in voice.notes] for piece in pieces]
    times = [[time for note in each for time in (note.onset, note.end)] for each in notes]
    pairs = [[pair for voice in piece.voices for pair in pairwise(voice.notes)] for piece in pieces]
    return {
        "metre": [piece.metre for piece in pieces],
        "key": [piece.key or None for piece in pieces],
        "bars": [piece.ticks // piece.bar_ticks for piece in pieces],
        "voices": [len(piece.voices) for piece in pieces],
        "overlap": [_first(b.onset for a, b in each if b.onset < a.end) for each in pairs],
        "outside": [_first(n.pitch for n in each if not p.lowest <= n.pitch <= p.highest) for each in notes],
        "beside": [_first(time for time in each if time % p.grid) for each in times],
        "empty": [_empty_share(piece) for piece in pieces],
    }


def _first(values: Any) -> Any:
    return next((str(value) for value in values), None)


def _empty_share(piece: Piece) -> float:
    """Of the bars, those in which nothing sounds."""
    bars = range(0, piece.ticks, piece.bar_ticks)
    notes = [note for voice in piece.voices for note in voice.notes]
    empty = sum(not any(n.onset < start + piece.bar_ticks and n.end > start for n in notes) for start in bars)
    return empty / max(1, len(bars))


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}
