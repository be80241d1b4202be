"""What an audit derives again of a run on labels: ids of texts, what was told and attacked, and numbers of both."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from promptgan.core.flat import flat
from promptgan.core.parameters import validate_section
from promptgan.sentences.audit import META, TOKENS, VALIDATED, compared_ids, compared_judge, kept
from promptgan.terms.audit import NOTHING, REMEDY, ROUNDING, Found, Outputs, compared, differences, undue_verdict
from promptgan.terms.metrics import Evaluation
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import MODELS

__all__ = ["arrays", "drawn_again", "evaluation", "kept", "measures", "models", "samples"]

SAMPLES = "samples/generated"
REMADE = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
CURVES, EVALUATION = "plots/curves.csv", "metrics/evaluation.json"


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's ids are what tokenizer.json makes of its texts and labels, in their order."""
    from promptgan.forms.tokens.labels import labels_of
    from promptgan.forms.tokens.tokenizer import load_tokenizer
    from promptgan.tasks.classification.arrays.arrays import CORPUS, encoded
    from promptgan.tasks.classification.arrays.parameters import Parameters

    tokenizer, meta = load_tokenizer(Path(TOKENS)), run.json(META)
    parameters = validate_section(Parameters, run.parameters("tokenize")["tokenize"], "tokenize")
    facts = {"labels": labels_of(Path(TOKENS)), "max_tokens": parameters.max_tokens}
    yield from compared(META, f"{TOKENS}/tokenizer.json", facts, meta)
    for split in [*SPLITS, *([CORPUS] if Path(VALIDATED, f"{CORPUS}.parquet").is_file() else [])]:
        records = run.table(f"{VALIDATED}/{split}.parquet")
        identifiers, sides = records["id"].to_pylist(), encoded(tokenizer, records, parameters)
        yield from compared_ids(run, split, identifiers, sides, len(records))


def models(run: Outputs) -> Iterator[Found]:
    """The judge is of the kind and of the vocabulary that the run has, and has counted the whole judge split."""
    yield from compared_judge(run, "texts")


def samples(run: Outputs) -> Iterator[Found]:
    """Every row agrees with the text it is about, with its probabilities, and an attack with its budget and verdict."""
    from promptgan.tasks.classification.samples.samples import (
        ATTACK,
        DRAWN,
        MISLED,
        PREDICTION,
        TRANSFER,
        attacked,
        readable,
    )

    path, sections = f"{SAMPLES}/samples.parquet", run.parameters("generate")
    section = sections["generate"]
    table, labels = run.table(path).to_pandas(), run.json(META)["labels"]
    test, train = (run.table(f"{VALIDATED}/{split}.parquet").to_pandas() for split in ("test", "train"))
    source = f"{VALIDATED}/test.parquet"
    wanted = {PREDICTION: test, ATTACK: attacked(test, section["attacked"], sections["seed"])}
    for kind, records in wanted.items():
        for (model, by), part in table[table["kind"] == kind].groupby(["model", "by"], sort=False):
            if part["id"].tolist() != records["id"].tolist():
                link = f"{path} {kind} {by} of {model} -> {source}"
                yield Found(link, f"{len(records)} ids in order", "others", REMADE)
    known = {
        name: (text, label)
        for frame in (train, test)
        for name, text, label in zip(frame["id"], frame["text"], frame["label"], strict=True)
    }
    right = {
        (row["model"], row["id"]): row["predicted"] == row["label"]
        for row in table[table["kind"] == PREDICTION].to_dict("records")
    }
    misled: set[tuple[str, str, str, str]] = set()
    for row in table.to_dict("records"):
        link = f"{path} {row['kind']} {row['by']} of {row['model']} on {row['id']}"
        text, label = known.get(row["id"], (NOTHING, NOTHING))
        if row["label"] != label:
            origin = f"{VALIDATED}/train.parquet" if row["kind"] == DRAWN else source
            yield Found(f"{link} -> {origin}", f"label {label}", str(row["label"]), REMADE)
        chances = dict(zip(labels, row["probabilities"], strict=True))
        if chances.get(row["predicted"]) != max(chances.values()):
            yield Found(f"{link} predicted -> its probabilities", f"{chances}", row["predicted"], REMADE)
        if row["kind"] == PREDICTION and row["text"] != text:
            yield Found(f"{link} -> {source}", text, row["text"], REMADE)
        if row["kind"] == ATTACK:
            yield from _attack(row, str(text), right.get((row["model"], row["id"]), False), section, link)
            if row["verdict"] == MISLED:
                misled.add((row["model"], row["by"], row["id"], row["text"]))
        if row["kind"] == TRANSFER and (row["against"], row["by"], row["id"], row["text"]) not in misled:
            yield Found(f"{link} -> attacks on {row['against']}", "a text that misled it", row["text"], REMADE)
    if run.text(f"{SAMPLES}/samples.txt") != readable(table, section["shown"]):
        yield Found(f"{SAMPLES}/samples.txt -> {path}", "the texts for people", "other text", REMADE)


def _attack(row: Mapping[Any, Any], text: str, right: bool, section: Mapping[str, Any], link: str) -> Iterator[Found]:
    from promptgan.tasks.classification.samples.samples import HELD, MISLED, WRONG

    if row["queries"] > section["queries"] or row["changed"] > section["words"]:
        said = f"{row['queries']} queries, {row['changed']} words"
        yield Found(f"{link} -> dvc.lock (stage generate)", "within its budget", said, REMADE)
    verdict = WRONG if not right else HELD if row["predicted"] == row["label"] else MISLED
    if row["verdict"] != verdict:
        yield Found(f"{link} verdict -> what was told before and after", verdict, row["verdict"], REMADE)
    if (row["text"] == text) != (row["changed"] == 0):
        yield Found(f"{link} -> {VALIDATED}/test.parquet", f"{row['changed']} words changed", row["text"], REMADE)


def measures(run: Outputs) -> Iterator[Found]:
    """plots/curves.csv follows from what was told, and from what every arm came to with few labels."""
    _, curves = _again(run)
    rows = run.rows(CURVES)
    if len(rows) != len(curves):
        yield Found(f"{CURVES} -> {EVALUATION} few_labels", f"{len(curves)} rows", f"{len(rows)} rows", REMEDY)
    for again, there in zip(curves, rows, strict=False):
        written = {name: _number(there.get(name, NOTHING)) for name in again}
        yield from _unequal(f"{CURVES} {again['model']} with {again['labels']} labels", again, written)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json says what follows from the samples, its verdict among it."""
    metrics, _ = _again(run)
    written = {name: value for name, value in run.json(EVALUATION).items() if name != "task"}
    yield from undue_verdict(run, EVALUATION, written)
    yield from _unequal(EVALUATION, metrics, written)


def _again(run: Outputs) -> Evaluation:
    from promptgan.tasks.classification.measures.few_labels import Point
    from promptgan.tasks.classification.measures.measures import follows
    from promptgan.tasks.classification.measures.parameters import Parameters

    sections = run.parameters("evaluate")
    return follows(
        run.table(f"{SAMPLES}/samples.parquet").to_pandas(),
        run.json(META)["labels"],
        len(run.table(f"{TOKENS}/train.arrow")),
        {name: run.json(f"models/{folder}/index.json") for name, folder in MODELS.items()},
        run.parameters("generate")["generate"],
        [Point(**point) for point in run.json(EVALUATION)["few_labels"]],
        validate_section(Parameters, sections["evaluate"], "evaluate"),
        sections["seed"],
    )


def _unequal(path: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Found]:
    """What differs by more than numbers that are rounded may."""
    for key, again, there in differences(dict(flat(expected)), dict(flat(found))):
        numbers = all(isinstance(each, int | float) for each in (again, there))
        if not numbers or abs(again - there) > ROUNDING:
            yield Found(f"{path} {key} -> {SAMPLES}/samples.parquet", str(again), str(there), REMEDY)


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many of the test texts a model tells the same label of again, and how many there are.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    from promptgan.tasks.classification.samples.prediction import load
    from promptgan.tasks.classification.samples.samples import PREDICTION

    asked = drawn[drawn["kind"] == PREDICTION]
    classifier = load(model, device)
    told = classifier.probabilities(asked["text"].tolist()).argmax(1)
    same = sum(classifier.labels[place] == label for place, label in zip(told, asked["predicted"], strict=True))
    return same, len(asked)
