"""The next version of the data: what was there, and what feedback teaches, as own data in the store."""

import json
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_text
from promptgan.core.parameters import load_params, validate_section
from promptgan.data import own_store
from promptgan.data.sets import local_text
from promptgan.data.tables.reading import WrongColumn, read_table
from promptgan.learning.accepted import Pair
from promptgan.learning.withdrawal import FEWEST
from promptgan.quality import exclusions
from promptgan.quality.normalise import normalise
from promptgan.tasks.text import own_data
from promptgan.terms.splits import SPLITS

VALIDATED = Path("data/validated")
SUFFIX = "+feedback.jsonl"
GIVEN = ("source", "feedback", "consent")
COLUMNS = ("prompt", "text", "group", *GIVEN)
DATA = "data"
"""The source of what was there before any feedback."""


class NothingNew(PromptganError):
    """Feedback teaches nothing that the data does not hold already."""


class CannotLearn(PromptganError):
    """The recipe's task takes no feedback as data."""


class Version(NamedTuple):
    """A new version of own data."""

    section: dict[str, Any]
    """`data` of params.yaml."""
    known: list[str]
    """Ids of the records that were there before."""
    old: int
    """Rows that were there before."""
    new: int
    """Pairs that feedback brought."""
    excluded: int
    """Pairs left out because data/excluded.csv lists them."""


def make(pairs: Sequence[Pair], root: Path) -> Version:
    """Merge pairs with the data of params.yaml, and import the whole as own data; params.yaml is left as it is.

    Of own data every row stays, of a built-in data set all that is validated, each in its group, and with that in its
    split: what was held out still is, so that it can tell what is forgotten. Records that data/excluded.csv lists are
    left out, whether they were there or feedback brings them.

    Args:
        pairs: what feedback teaches.
        root: the repository.

    Raises:
        CannotLearn: the task makes no texts.
        NothingNew: there is no pair that is not there already, and none to be left out.
        TooFewPairs, NotTracked: see `own_data.import_own_data`.
    """
    document = load_params(root / "params.yaml")
    if document["task"] != "text":
        raise CannotLearn(
            f"the recipe's task is {document['task']}: feedback becomes data of text recipes alone",
            "for other tasks read the log's table `feedback`, and import what you make of it with `promptgan use`",
        )
    data = document["data"]
    withdrawn = exclusions.excluded(own_data.DATA, root / exclusions.LIST)
    rows, out = _there(data, withdrawn, root)
    there = {(_uniform(row["prompt"]), _uniform(row["text"])) for row in rows}
    new = [
        dict(zip(COLUMNS, (pair.prompt, pair.text, None, pair.source, pair.feedback, 1), strict=True))
        for pair in pairs
        if (pair.prompt, pair.text) not in there
    ]
    stem = str(data.get("file", data["name"])).removesuffix(SUFFIX).partition(".")[0]
    with tempfile.TemporaryDirectory() as folder:  # the store has it then; no original stays that could change
        file = Path(folder, stem + SUFFIX)
        digests = {each.rpartition("-")[0] for each in withdrawn}
        taught = [row for row, id_ in zip(new, _ids(file, new), strict=True) if id_.rpartition("-")[0] not in digests]
        if not (taught or out):
            raise NothingNew(
                f"feedback holds nothing that the data does not: {len(pairs)} accepted pair(s)",
                "gather more; `promptgan feedback list` says what the log holds and what is not accepted",
            )
        ids = _ids(file, [*rows, *taught])
        named = {"prompt": "prompt", "text": "text", "group": "group"}
        section = own_data.import_own_data(file, **named, first_words=1, root=root)
    return Version(section, ids[: len(rows)], len(rows), len(taught), out + len(new) - len(taught))


def implied(document: dict[str, Any], version: Version) -> dict[str, Any]:
    """Values that must change with the data, by dotted key: the fewest rows, where a part of them is all there is."""
    rows = version.old + version.new
    least = document["validate"]["min_rows"]
    return {"validate.min_rows": rows // 2} if least > 0.8 * rows else {}


def record_of(feedback: str, data: dict[str, Any], root: Path) -> str | None:
    """The id of the record that a piece of feedback became; None where it became none.

    Args:
        feedback: its id, or the beginning of it that is told.
        data: the section of params.yaml that tells the data.
        root: the repository.
    """
    file = root / own_store.STORE / str(data.get("sha256")) / str(data.get("file"))
    if len(feedback) < FEWEST or not file.name.endswith(SUFFIX) or not file.is_file():
        return None
    records = local_text.records(file.parent, validate_section(local_text.Parameters, data, "data"))
    given = zip(records["id"], _further(file, len(records)), strict=True)
    found = [identifier for identifier, (_, said, _) in given if said and str(said).startswith(feedback)]
    return str(found[0]) if len(found) == 1 else None


def _there(data: dict[str, Any], withdrawn: Collection[str], root: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of the data as it is, in its order, and how many are left out because they are withdrawn."""
    if data["name"] != own_data.DATA:
        import pandas as pd

        try:
            run = json.loads((root / VALIDATED / "run.json").read_bytes())
            mine = run["parameters"]["data"] == data
            files = [root / VALIDATED / f"{split}.parquet" for split in SPLITS]
        except (OSError, ValueError, KeyError):
            mine = False
        if not mine or not all(file.is_file() for file in files):
            raise CannotLearn(
                f"{VALIDATED} does not hold the data set of params.yaml, {data['name']}",
                "run `dvc checkout` or `make validate`: feedback is added to it",
            )
        frame = pd.concat([pd.read_parquet(file, columns=["prompt", "text", "group"]) for file in files])
        return [dict(zip(COLUMNS, (*row, DATA, None, None), strict=True)) for row in frame.itertuples(index=False)], 0
    parameters = validate_section(local_text.Parameters, data, "data")
    folder = root / own_store.STORE / parameters.sha256
    records = local_text.records(folder, parameters)
    given = _further(folder / parameters.file, len(records))
    kept = [
        dict(zip(COLUMNS, (record.prompt, record.text, record.group, *more), strict=True))
        for record, more in zip(records.itertuples(index=False), given, strict=True)
        if record.id not in withdrawn
    ]
    return kept, len(records) - len(kept)


def _further(file: Path, count: int) -> list[tuple[Any, ...]]:
    """Source, feedback and consent of each row, which a version that was made here has."""
    if not file.name.endswith(SUFFIX):
        return [(DATA, None, None)] * count
    table = read_table(file)
    try:
        return list(zip(*(table.column(file, name) for name in GIVEN), strict=True))
    except WrongColumn:  # a file of the user's with that name
        return [(DATA, None, None)] * count


def _ids(file: Path, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Write rows into a file; the ids of the records that they are."""
    write_text(file, "".join(json.dumps(row) + "\n" for row in rows))
    if not rows:
        return []
    named = {"name": own_data.DATA, "file": file.name, "sha256": "0" * 64, "prompt": "prompt", "text": "text"}
    parameters = validate_section(local_text.Parameters, {**named, "first_words": 1}, "data")  # groups leave ids alone
    return list(local_text.records(file.parent, parameters)["id"])


def _uniform(text: object) -> object:
    return normalise(text) if isinstance(text, str) else text
