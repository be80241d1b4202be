"""What an audit derives again of a run on an oracle: ids of records, numbers of samples, the oracle's NLL."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.core.record import sha256
from promptgan.tasks.oracle.measures.metrics import MEASURES
from promptgan.terms.audit import REMEDY, ROUNDING, Found, Outputs, compared, near, told_error, undue_verdict
from promptgan.terms.comparison import difference
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import ADVERSARIAL, RIVALS

if TYPE_CHECKING:
    import pandas as pd

RAW, VALIDATED, TOKENS, SAMPLES = "data/raw", "data/validated", "data/tokens", "samples/generated"
CURVES, EVALUATION, JUDGES = "plots/curves.csv", "metrics/evaluation.json", "models/judges/index.json"
LAST_BITS = 0.001
"""How much of a mean in nats another machine may differ by."""


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    return records


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's ids are its records' tokens behind the special ones; the oracle beside them is that of data/raw."""
    from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
    from promptgan.tasks.oracle.arrays.arrays import ORACLE

    remedy = "`dvc checkout data/validated data/tokens`; where the lock was edited too, `dvc repro --force validate`"
    raw = sha256(Path(RAW, ORACLE))
    for folder in (VALIDATED, TOKENS):
        if (found := sha256(Path(folder, ORACLE))) != raw:
            yield Found(f"{folder}/{ORACLE} -> {RAW}/{ORACLE}", f"sha256 {raw}", f"sha256 {found}", remedy)
    meta, section = run.json(f"{TOKENS}/meta.json"), run.parameters("tokenize")["tokenize"]
    facts = {
        "vocabulary": section["vocabulary"] + len(SPECIAL_TOKENS),
        "max_tokens": section["max_tokens"],
    }
    yield from compared(f"{TOKENS}/meta.json", "dvc.lock (stage tokenize)", facts, meta)
    for split in SPLITS:
        path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
        tokens, records = run.table(path), run.table(source)
        if tokens["id"].to_pylist() != records["id"].to_pylist():
            yield Found(f"{path} id -> {source} id", f"{len(records)} ids", "other ids or another order", remedy)
            continue
        rows = tokens["text"].to_pylist()
        counts = {"records": len(rows), "text_tokens": sum(map(len, rows))}
        yield from compared(f"{TOKENS}/meta.json {split}", path, counts, meta["splits"][split])
        for identifier, text, ids in zip(records["id"].to_pylist(), records["text"].to_pylist(), rows, strict=True):
            if [int(token) + len(SPECIAL_TOKENS) for token in text.split()] != ids:
                yield Found(f"{path} text of {identifier} -> {source}", f"ids of {text}", f"{ids}", remedy)


def models(run: Outputs) -> Iterator[Found]:
    """There is no judge."""
    facts = {"kind": run.parameters("judges")["judges"]["kind"]}
    yield from compared(JUDGES, "dvc.lock (stage judges)", facts, run.json(JUDGES))


def samples(run: Outputs) -> Iterator[Found]:
    """There are as many sequences as the section generate asks for, of its seed; samples.txt shows the first."""
    from promptgan.tasks.oracle.samples.samples import readable

    path, parameters = f"{SAMPLES}/samples.parquet", run.parameters("generate")
    section, seed = parameters["generate"], parameters["seed"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    table = run.table(path).to_pandas()
    if seeds := set(table["seed"]) - {seed}:
        yield Found(f"{path} seed -> dvc.lock (stage generate)", str(seed), str(sorted(seeds)), remedy)
    for name, part in table.groupby("model", sort=False):
        counts = {float(t): len(rows) for t, rows in part.groupby("temperature")}
        wanted = dict.fromkeys(section["temperatures"], section["count"])
        if counts != wanted:
            link = f"{path} {name} -> dvc.lock (stage generate)"
            yield Found(link, f"sequences by temperature: {wanted}", str(counts), remedy)
    if run.text(f"{SAMPLES}/samples.txt") != readable(table, section["shown"]):
        yield Found(f"{SAMPLES}/samples.txt -> {path}", "the sequences for people", "other text", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """What plots/curves.csv says of the samples, computed again where quick: repeats, lengths, the oracle's NLL."""
    import pandas as pd

    from promptgan.tasks.oracle.measures.measures import under_oracle
    from promptgan.tasks.oracle.measures.oracle import FILE, load

    source = f"{SAMPLES}/samples.parquet"
    table: pd.DataFrame = run.table(source).to_pandas()
    oracle = load(Path(TOKENS, FILE))
    for row in (row for row in run.rows(CURVES) if row["temperature"]):
        chosen = table[(table["model"] == row["model"]) & (table["temperature"] == float(row["temperature"]))]
        rows = [[int(token) for token in text.split()] for text in chosen["text"]]
        tokens = max(1, sum(map(len, rows)))
        facts = {"duplicates": 1 - chosen["text"].nunique() / max(1, len(rows)), "length": tokens / max(1, len(rows))}
        link = f"{CURVES} {row['model']} at {row['temperature']}"
        written = {key: float(row[key]) for key in facts}
        yield from near(link, source, {key: round(value, 4) for key, value in facts.items()}, written)
        again, said = under_oracle(oracle, rows).sum() / tokens, float(row["nll_oracle"])
        if abs(again - said) > LAST_BITS:
            yield Found(f"{link} nll_oracle -> {source}, {TOKENS}/{FILE}", f"about {again:.4f}", str(said), REMEDY)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats the curves at temperature 1; its gaps and verdict follow from that."""
    metrics, metric = run.json(EVALUATION), MEASURES.ranked_by
    systems = metrics["systems"]
    for row in run.rows(CURVES):
        if not row["temperature"] or float(row["temperature"]) == 1:
            facts = {key: float(row[key]) for key in systems[row["model"]]}
            yield from near(f"{EVALUATION} systems.{row['model']}", CURVES, facts, systems[row["model"]])
    for rival in RIVALS:
        if gap := metrics["gaps"].get(rival.name):
            again, link = (
                systems[ADVERSARIAL.name][metric] - systems[rival.name][metric],
                f"{EVALUATION} gaps.{rival.name}",
            )
            if abs(again - gap[metric]) > ROUNDING:
                yield Found(f"{link} -> {EVALUATION} systems", f"about {again:.4f}", str(gap[metric]), REMEDY)
            said = next(
                (
                    s
                    for s in metrics["verdict"]
                    if s.startswith(f"{metric}: ") and f" {rival.name} " in f"{s.partition(';')[0]} "
                ),
                "",
            )
            if said not in (expected := _sentences(rival.name, gap[metric], said)):
                yield Found(
                    f"{EVALUATION} verdict -> {link}", " or ".join(expected), said or "no such sentence", REMEDY
                )
    yield from undue_verdict(run, EVALUATION, metrics)


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many of its sequences at temperature 1 a model gives again, and how many there are.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    from promptgan.forms.tokens.tokenizer import decode
    from promptgan.tasks.oracle.samples.samples import load, sequences

    drawn = drawn[drawn["temperature"] == 1.0]
    loaded = load(model, device)
    again = decode(loaded.tokenizer, sequences(loaded, len(drawn), int(drawn["seed"].iloc[0])))
    return sum(text == stored for text, stored in zip(again, drawn["text"], strict=True)), len(drawn)


def _sentences(other: str, gap: float, said: str) -> list[str]:
    """What the verdict may say of a gap, given the standard error that it ends with; both are rounded."""
    error, clear = told_error(said, gap)
    return [difference(MEASURES[MEASURES.ranked_by], other, gap, error, "sequences", clear=each) for each in clear]
