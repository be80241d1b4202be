"""Text records (prompt -> text): normalisation, row rules, splits, table rules."""

from typing import TYPE_CHECKING, Any

from promptgan.quality.examination import Examination
from promptgan.quality.normalise import foreign_share
from promptgan.quality.output import Validated
from promptgan.quality.splits import near_copies_across_splits, split_of
from promptgan.tasks.text.records.duplicates import words_of_pairs
from promptgan.tasks.text.records.parameters import Keywords, Parameters, Prefix
from promptgan.tasks.text.records.prompts import canonical
from promptgan.terms.splits import RANKING
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd


COLUMNS = ["id", "group", "prompt", "text"]
SIDES = ["prompt", "text"]


def validate(records: "pd.DataFrame", parameters: Parameters, context: Any = None) -> Validated:
    """Make records canonical, quarantine bad rows, split the rest by group, and check the table.

    Args:
        records: columns id, group, prompt, text, and label where the data set has labels.
        parameters: the section `validate`.
        context: of `expectations.new_context`, which may keep what it finds; one in memory where None.

    Raises:
        TableRuleBroken: names every expectation that the table as a whole does not meet.
        NoLabels: prompts are to be labels, and there are none.
    """
    from promptgan.quality import expectations as ex

    found = Examination(records, context)
    frame = sound(found, parameters)
    columns = [str(column) for column in found.source]
    frame = frame.assign(split=[split_of(group, parameters.shares) for group in frame["group"]])
    equal = [*columns[2:], "split"]
    first = frame.groupby(equal, sort=False)["id"].transform("first")
    frame = frame.assign(duplicate_of=first.where(frame.duplicated(equal), None))
    frame = found.rows("duplicates", frame, [ex.ExpectNoExactDuplicate(column="duplicate_of")])
    if "label" in columns:
        frame = frame.assign(labels_of_pair=frame.groupby(SIDES, sort=False)["label"].transform("nunique"))
        frame = found.rows("labels", frame, [ex.ExpectOneLabel(column="labels_of_pair")])
    sides = words_of_pairs(frame["prompt"], frame["text"])
    frame = frame.assign(copy_of=near_copies_across_splits(frame, sides, parameters.near_duplicates))
    frame = found.rows("splits", frame, [ex.ExpectNoDuplicateAcrossSplits(column="copy_of")])

    found.quarantine_rules(parameters.max_defect_share, parameters.max_quarantine_share)
    check_splits(found, frame, parameters)
    found.stop_if_broken(_details(frame, len(found.source), parameters))
    return found.validated(
        frame,
        columns,
        mean_words={side: round(float(frame[f"{side}_words"].mean()), 4) for side in SIDES},
        repeated={side: int(frame.duplicated(side).sum()) for side in SIDES},
    )


def sound(found: Examination, parameters: Parameters) -> "pd.DataFrame":
    """Reduce the source to canonical columns; note the rows that break a rule by themselves, and return the others.

    Args:
        found: holds records as `validate` takes them.
        parameters: the section `validate`.

    Returns:
        The columns of ``found.source``, their sides canonical, and `SIDE_words` and `SIDE_foreign_share`.

    Raises:
        TableRuleBroken: a column is missing, or an id is repeated.
        NoLabels: prompts are to be labels, and there are none.
    """
    from promptgan.quality import text_rules as rules

    prompt = parameters.prompt
    columns = COLUMNS + [column for column in ["label"] if column in found.source]
    frame = found.texts(columns, [column for column in columns if column != "prompt" or prompt.kind == "given"])
    frame = frame.assign(**canonical(found.source, prompt).loc[frame.index, SIDES])
    characters = (rules.ExpectNotEmpty, rules.ExpectNoControlCharacters, rules.ExpectNoContactDetails)
    sides = SIDES if prompt.kind != "none" else ["text"]
    long_enough = [rules.ExpectPrompt(column="prompt")] if isinstance(prompt, Prefix | Keywords) else []
    expected = [*(rule(column=side) for rule in characters for side in sides), *long_enough]
    frame = found.rows("characters", frame, expected)
    return found.rows(
        "measures",
        _measured(frame, parameters.script),
        [
            rules.ExpectFewWords(column="prompt_words", max_value=parameters.max_prompt_words),
            rules.ExpectFewWords(column="text_words", max_value=parameters.max_text_words),
            rules.ExpectScript(column="prompt_foreign_share", max_value=parameters.max_foreign_share),
            rules.ExpectScript(column="text_foreign_share", max_value=parameters.max_foreign_share),
        ],
    )


def check_splits(found: Examination, frame: "pd.DataFrame", parameters: Parameters) -> None:
    """Hold the rows that are left to the table rules: their number, the splits, leakage, labels.

    Args:
        found: notes what it breaks.
        frame: canonical columns and `split`.
        parameters: the section `validate`.
    """
    from promptgan.quality import expectations as ex
    from promptgan.quality import text_rules as rules

    facts = frame.assign(
        splits_of_group=frame.groupby("group", sort=False)["split"].transform("nunique"),
        splits_of_pair=frame.groupby(SIDES, sort=False)["split"].transform("nunique"),
    )
    wanted = [
        ex.ExpectEnoughRows(min_value=parameters.min_rows),
        ex.ExpectEverySplit(column="split", min_value=len(RANKING)),
        ex.ExpectGroupInOneSplit(column="splits_of_group"),
        rules.ExpectPairInOneSplit(column="splits_of_pair"),
    ]
    if "label" in frame:
        facts["label_share"] = frame.groupby("label", sort=False)["label"].transform("size") / max(1, len(frame))
        wanted.append(ex.ExpectBalancedLabels(column="label_share", max_value=parameters.max_label_share))
    found.table("table", facts, wanted)


def _measured(frame: "pd.DataFrame", script: str) -> "pd.DataFrame":
    return frame.assign(
        **{f"{side}_words": [len(words(value)) for value in frame[side]] for side in SIDES},
        **{
            f"{side}_foreign_share": [foreign_share(value, script) if script != "any" else 0.0 for value in frame[side]]
            for side in SIDES
        },
    )


def _details(frame: "pd.DataFrame", read: int, parameters: Parameters) -> dict[str, str]:
    left, groups = len(frame), frame["group"].nunique()
    empty = [split for split in RANKING if split not in set(frame["split"])]
    return {
        "too-few-rows": f"observed {left}: {read} were read, {read - left} of them are quarantined, and"
        f" validate.min_rows is {parameters.min_rows}",
        "empty-split": f"none in {', '.join(empty)}: a group lies in one split whole, and {left} row(s) make {groups}"
        " group(s)",
    }
