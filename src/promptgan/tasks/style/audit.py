"""What an audit derives again of a run on styles: prompts and ids of records, sentences of samples, numbers of both."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from promptgan.core.parameters import validate_section
from promptgan.sentences.audit import JUDGES, META, TOKENS, VALIDATED, compared_ids, compared_judge, kept
from promptgan.tasks.style.measures.metrics import MEASURES
from promptgan.terms.audit import NOTHING, Found, Outputs, compared, compared_curves, near
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import REAL

__all__ = ["arrays", "drawn_again", "evaluation", "kept", "measures", "models", "samples"]

SAMPLES = "samples/generated"
CURVES, EVALUATION = "plots/curves.csv", "metrics/evaluation.json"


def arrays(run: Outputs) -> Iterator[Found]:
    """Markers are those of the training sentences; each split's ids are what they and tokenizer.json make of it."""
    from promptgan.forms.tokens.form import MARKERS
    from promptgan.forms.tokens.tokenizer import load_tokenizer
    from promptgan.tasks.style.arrays.arrays import encoded, marking
    from promptgan.tasks.style.arrays.parameters import Parameters

    tokenizer, meta = load_tokenizer(Path(TOKENS)), run.json(META)
    parameters = validate_section(Parameters, run.parameters("tokenize")["tokenize"], "tokenize")
    facts = {"vocabulary": tokenizer.get_vocab_size(), "max_tokens": parameters.max_tokens}
    yield from compared(META, f"{TOKENS}/tokenizer.json", facts, meta)
    train = f"{VALIDATED}/train.parquet"
    markers = marking(tokenizer, run.table(train), parameters)
    yield from compared(f"{TOKENS}/{MARKERS}", train, markers.grams, run.json(f"{TOKENS}/{MARKERS}"))
    for split in SPLITS:
        records = run.table(f"{VALIDATED}/{split}.parquet")
        identifiers, *sides = encoded(tokenizer, markers, split, records, parameters)
        yield from compared_ids(run, split, identifiers, sides, len(records))


def models(run: Outputs) -> Iterator[Found]:
    """The judge is of the kind and of the vocabulary that the run has, and has counted the whole judge split."""
    yield from compared_judge(run, "sentences")


def samples(run: Outputs) -> Iterator[Found]:
    """The samples are of sentences of the test split, to their other style, as the section generate asks for them."""
    from promptgan.tasks.style.samples.samples import readable

    path, parameters = f"{SAMPLES}/samples.parquet", run.parameters("generate")
    section, seed = parameters["generate"], parameters["seed"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    test, styles = run.table(f"{VALIDATED}/test.parquet"), set(run.json(META)["styles"])
    known = {
        identifier: (text, *(styles - {label}))
        for identifier, text, label in zip(*(test[name].to_pylist() for name in ("id", "text", "label")), strict=True)
    }
    table = run.table(path)
    sizes: Counter[tuple[str, float]] = Counter()
    for row in table.to_pylist():
        link = f"{path} {row['model']} at {row['temperature']} of {row['prompt_id']}"
        expected, found = known.get(row["prompt_id"], NOTHING), (row["prompt"], row["style"])
        if found != expected:
            yield Found(f"{link} -> {VALIDATED}/test.parquet", str(expected), str(found), remedy)
        if row["seed"] != seed or row["headline"] != (row["temperature"] == section["temperature"]):
            said = f"seed {row['seed']}, headline {row['headline']}"
            yield Found(f"{link} -> dvc.lock (stage generate)", "settings of the section generate", said, remedy)
        sizes[row["model"], row["temperature"]] += 1
    wanted = {(m, t): min(section["count"], len(test)) for m, _ in sizes for t in section["temperatures"]}
    if sizes != wanted:
        yield Found(f"{path} -> dvc.lock (stage generate)", f"transfers: {wanted}", str(dict(sizes)), remedy)
    if run.text(f"{SAMPLES}/samples.txt") != readable(table.to_pandas(), section["shown"]):
        yield Found(f"{SAMPLES}/samples.txt -> {path}", "the transfers for people", "other text", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """What plots/curves.csv says of the samples, computed again by the judge and from the words."""
    from promptgan.sentences.judge import load
    from promptgan.tasks.style.measures.yardstick import Yardstick

    source, order = f"{SAMPLES}/samples.parquet", run.parameters("evaluate")["evaluate"]["language_model_order"]
    yardstick = Yardstick(Path(TOKENS), load(Path(JUDGES).parent), order)
    table = run.table(source).to_pandas()
    for row in run.rows(CURVES):
        if row["model"] == REAL.name:
            continue
        part = table[(table["model"] == row["model"]) & (table["temperature"] == float(row["temperature"]))]
        again = yardstick(*(part[column].tolist() for column in ("text", "prompt", "style"))).summary()
        facts = {name: round(value, 4) for name, value in again.items()}
        written = {name: float(row[name]) for name in facts}
        yield from near(f"{CURVES} {row['model']} at {row['temperature']}", source, facts, written)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats a point of each curve; its gaps and verdict follow from the curves."""
    metrics = run.json(EVALUATION)
    curves: dict[str, list[dict[str, str]]] = {}
    for row in run.rows(CURVES):
        curves.setdefault(row["model"], []).append(row)
    for system, rows in curves.items():
        written = metrics["systems"][system]
        at = written.get("temperature")
        row = next((row for row in rows if at is None or float(row["temperature"]) == at), rows[0])
        facts = {name: float(row[name]) for name in written}
        yield from near(f"{EVALUATION} systems.{system}", CURVES, facts, written)
    yield from compared_curves(run, EVALUATION, CURVES, curves, MEASURES)


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many of its transfers of the headline a model gives again, and how many there are.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    from promptgan.tasks.style.samples.samples import load, transfer

    drawn = drawn[drawn["headline"]]
    seed, temperature = int(drawn["seed"].iloc[0]), float(drawn["temperature"].iloc[0])
    sentences, styles = drawn["prompt"].tolist(), drawn["style"].tolist()
    texts = transfer(load(model, device), sentences, styles, seed=seed, temperature=temperature)
    return sum(text == stored for text, stored in zip(texts, drawn["text"], strict=True)), len(texts)
