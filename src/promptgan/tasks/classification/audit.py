"""What an audit derives again of a run on labels: ids of texts, what was told and attacked, and numbers of both."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from promptgan.core.parameters import validate_section
from promptgan.quality.normalise import encodable, normalise
from promptgan.terms.audit import REMEDY, Found, Outputs, compared, near, undue_verdict
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import ADVERSARIAL

if TYPE_CHECKING:
    import pandas as pd

VALIDATED, TOKENS, SAMPLES = "data/validated", "data/tokens", "samples/generated"
CURVES, EVALUATION, JUDGES = "plots/curves.csv", "metrics/evaluation.json", "models/judges/index.json"


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    records = records.astype(object).map(encodable)
    return records.assign(text=[normalise(x) if isinstance(x, str) else x for x in records["text"]])


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's ids are what tokenizer.json makes of its texts and labels, in their order."""
    from promptgan.forms.tokens.labels import labels_of
    from promptgan.forms.tokens.tokenizer import load_tokenizer
    from promptgan.tasks.classification.arrays.arrays import encoded
    from promptgan.tasks.classification.arrays.parameters import Parameters

    tokenizer, meta = load_tokenizer(Path(TOKENS)), run.json(f"{TOKENS}/meta.json")
    parameters = validate_section(Parameters, run.parameters("tokenize")["tokenize"], "tokenize")
    remedy = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"
    facts = {"labels": labels_of(Path(TOKENS)), "max_tokens": parameters.max_tokens}
    yield from compared(f"{TOKENS}/meta.json", f"{TOKENS}/tokenizer.json", facts, meta)
    for split in SPLITS:
        path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
        tokens, records = run.table(path), run.table(source)
        if tokens["id"].to_pylist() != records["id"].to_pylist():
            yield Found(f"{path} id -> {source} id", f"{len(records)} ids", "other ids or another order", remedy)
            continue
        counts = {"records": len(records)}
        for side, expected in zip(("prompt", "text"), encoded(tokenizer, records, parameters), strict=True):
            there = tokens[side].to_pylist()
            counts[f"{side}_tokens"] = sum(map(len, there))
            for identifier, ids, found in zip(records["id"].to_pylist(), expected, there, strict=True):
                if ids != found:
                    yield Found(f"{path} {side} of {identifier} -> {source}", f"{ids}", f"{found}", remedy)
        yield from compared(f"{TOKENS}/meta.json {split}", path, counts, meta["splits"][split])


def models(run: Outputs) -> Iterator[Found]:
    """The judge is of the kind and of the vocabulary that the run has, and has counted the whole judge split."""
    facts = {
        "classifier": run.parameters("judges")["judges"]["kind"],
        "vocabulary": run.json(f"{TOKENS}/meta.json")["vocabulary"],
        "texts": len(run.table(f"{TOKENS}/judge.arrow")),
    }
    yield from compared(JUDGES, f"dvc.lock (stage judges), {TOKENS}", facts, run.json(JUDGES))


def samples(run: Outputs) -> Iterator[Found]:
    """Predictions are of every test text as it is, attacks of test texts within their budget, samples.txt of both."""
    from promptgan.tasks.classification.samples.samples import ATTACK, PREDICTION, readable

    path, section = f"{SAMPLES}/samples.parquet", run.parameters("generate")["generate"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    source = f"{VALIDATED}/test.parquet"
    test, table = run.table(source).to_pandas(), run.table(path).to_pandas()
    known = dict(zip(test["id"], zip(test["text"], test["label"], strict=True), strict=True))
    asked = table[table["kind"] == PREDICTION]
    for model, part in asked.groupby("model", sort=False):
        if part["id"].tolist() != test["id"].tolist():
            yield Found(f"{path} predictions of {model} -> {source}", f"{len(test)} ids in order", "others", remedy)
    for row in asked.to_dict("records"):
        if (row["text"], row["label"]) != known.get(row["id"]):
            link = f"{path} {row['model']} on {row['id']} -> {source}"
            yield Found(link, str(known.get(row["id"])), str((row["text"], row["label"])), remedy)
    for row in table[table["kind"] == ATTACK].to_dict("records"):
        link = f"{path} {row['by']} against {row['model']} of {row['id']}"
        if row["id"] not in known or row["label"] != known[row["id"]][1]:
            yield Found(f"{link} -> {source}", "a test text and its label", row["label"], remedy)
        if row["queries"] > section["queries"] or row["changed"] > section["words"]:
            said = f"{row['queries']} queries, {row['changed']} words"
            yield Found(f"{link} -> dvc.lock (stage generate)", "within its budget", said, remedy)
    if run.text(f"{SAMPLES}/samples.txt") != readable(table, section["shown"]):
        yield Found(f"{SAMPLES}/samples.txt -> {path}", "the texts for people", "other text", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """What plots/curves.csv says of the models of the run, computed again from what they told."""
    from promptgan.tasks.classification.measures.measures import statistic

    source, labels = f"{SAMPLES}/samples.parquet", run.json(f"{TOKENS}/meta.json")["labels"]
    table = run.table(source).to_pandas()
    for row in run.rows(CURVES):
        if row["draws"] != "1":
            continue
        facts = {"labels": float(len(run.table(f"{TOKENS}/train.arrow")))}
        for each, texts in statistic(table[table["model"] == row["model"]], labels).values():
            facts |= {name: round(value.item(), 4) for name, value in each(np.ones((1, texts))).items()}
        written = {name: float(row[name]) for name in facts}
        yield from near(f"{CURVES} {row['model']}", source, facts, written)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats the models of the curves; its differences are of these numbers."""
    metrics = run.json(EVALUATION)
    for row in run.rows(CURVES):
        if row["draws"] == "1":
            written = metrics["systems"][row["model"]]
            yield from near(
                f"{EVALUATION} systems.{row['model']}", CURVES, {k: float(row[k]) for k in written}, written
            )
    for rival, gaps in metrics["gaps"].items():
        ours, theirs = (metrics["systems"][name] for name in (ADVERSARIAL.name, rival))
        for name, gap in gaps.items():
            if abs(ours[name] - theirs[name] - gap) > 0.0002:  # all three are rounded
                expected = f"{ours[name] - theirs[name]:+.4f}"
                yield Found(f"{EVALUATION} gaps.{rival}.{name} -> systems", expected, f"{gap:+.4f}", REMEDY)
    yield from undue_verdict(run, EVALUATION, metrics)


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
