"""Derived again: records from the raw files, token ids from the records, and the samples' prompts from both."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from promptgan import base
from promptgan.lineage.checks.evidence import NOTHING, Broken, Evidence, differences
from promptgan.quality.exclusions import excluded
from promptgan.quality.splits import RANKING, Shares, split_of
from promptgan.tasks.text.records.normalise import encodable, normalise

VALIDATED, TOKENS, SAMPLES = "data/validated", "data/tokens", "samples/generated"
SIDES = ("prompt", "text")
BATCH = 8192


def from_raw(evidence: Evidence) -> Iterator[Broken]:
    """Every record of data/validated stands in the raw files, in the split of its group's hash; none is missing."""
    stage = evidence.lock.stages["validate"]
    section = stage.parameters["data"]
    chosen = base.choose("promptgan.data.sets", section["name"], "data.name")
    shares = base.validated(Shares, stage.parameters["validate"]["shares"], "validate.shares")
    frame = chosen.records(Path("data/raw"), base.validated(chosen.Parameters, section, "data"))
    columns = [str(column) for column in frame.columns]
    raw = {row[columns.index("id")]: row for row in zip(*(frame[column] for column in columns), strict=True)}
    unseen = Counter(raw.keys() - excluded(section["name"]).keys())
    remedy = "`dvc checkout data/validated`; where the lock was edited too, `dvc repro --force validate`"
    for name in [*RANKING, "quarantine"]:
        path = f"{VALIDATED}/{name}.parquet"
        table = evidence.table(path)
        for row in zip(*(table[column].to_pylist() for column in columns), strict=True):
            record = dict(zip(columns, row, strict=True))
            unseen[record["id"]] -= 1
            if (source := raw.get(record["id"])) is None:
                yield Broken(f"{path} {record['id']} -> data/raw", "a record of the raw files", NOTHING, remedy)
                continue
            for column, value, found in zip(columns, source, row, strict=True):
                expected = encodable(value)
                if name != "quarantine" and column in SIDES:
                    expected = normalise(expected)
                if expected != found and (isinstance(value, str) or name != "quarantine"):
                    shown = (base.shown(expected), base.shown(found), remedy)
                    yield Broken(f"{path} {record['id']} {column} -> data/raw", *shown)
            if name != "quarantine" and (split := split_of(record["group"], shares)) != name:
                yield Broken(f"{path} {record['id']} -> hash of its group", f"split {split}", f"split {name}", remedy)
    for id, missing in sorted((str(id), count) for id, count in unseen.items() if count):
        found = "in none of the tables" if missing > 0 else "more than once, or though it is excluded"
        yield Broken(f"data/raw {id} -> {VALIDATED}", "in one of the tables", found, remedy)


def to_tokens(evidence: Evidence) -> Iterator[Broken]:
    """Each split's token ids are what tokenizer.json makes of its records, in their order; meta.json counts them."""
    from promptgan.forms.tokens.tokenizer import load_tokenizer

    tokenizer, meta = load_tokenizer(Path(TOKENS)), evidence.json(f"{TOKENS}/meta.json")
    limit = evidence.lock.stages["tokenize"].parameters["tokenize"]["max_tokens"]
    remedy = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"
    for key, expected, found in differences(
        {"vocabulary": tokenizer.get_vocab_size(), "max_tokens": limit},
        {k: meta.get(k) for k in ("vocabulary", "max_tokens")},
    ):
        yield Broken(f"{TOKENS}/meta.json {key} -> {TOKENS}/tokenizer.json", str(expected), str(found), remedy)
    for split in RANKING:
        path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
        tokens, records = evidence.table(path), evidence.table(source)
        if tokens["id"].to_pylist() != records["id"].to_pylist():
            yield Broken(f"{path} id -> {source} id", f"{len(records)} ids", "other ids or another order", remedy)
            continue
        counts = {"records": len(tokens)}
        for side, kept in (("prompt", slice(-limit, None)), ("text", slice(None, limit))):
            counts[f"{side}_tokens"] = 0
            for start in range(0, len(records), BATCH):
                texts, there = (table[side].slice(start, BATCH).to_pylist() for table in (records, tokens))
                encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
                counts[f"{side}_tokens"] += sum(map(len, there))
                for offset, (encoding, ids) in enumerate(zip(encodings, there, strict=True)):
                    if encoding.ids[kept] != ids:
                        name = records["id"][start + offset].as_py()
                        yield Broken(
                            f"{path} {side} of {name} -> {source}", f"ids of {texts[offset]!r}", f"{ids}", remedy
                        )
        written = {key: meta["splits"][split].get(key) for key in counts}
        for key, expected, found in differences(counts, written):
            yield Broken(f"{TOKENS}/meta.json {split} {key} -> {path}", str(expected), str(found), remedy)


def to_samples(evidence: Evidence) -> Iterator[Broken]:
    """The samples answer prompts of the test split or of params.yaml, at its temperatures; samples.txt shows them."""
    path = f"{SAMPLES}/samples.parquet"
    stage = evidence.lock.stages["generate"]
    section, seed = stage.parameters["generate"], stage.parameters["seed"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    test = evidence.table(f"{VALIDATED}/test.parquet")
    prompts = dict(zip(test["id"].to_pylist(), test["prompt"].to_pylist(), strict=True))
    own = {f"user-{number}": prompt for number, prompt in enumerate(section["prompts"])}
    curve = {(temperature, 1.0) for temperature in section["temperatures"]}
    allowed = {"curve": (prompts, curve), "read": (own | prompts, {(section["temperature"], section["top_p"])})}
    rows = evidence.table(path).to_pylist()
    for row in rows:
        known, settings = allowed[row["purpose"]]
        link, expected = (
            f"{path} {row['model']} {row['purpose']} {row['prompt_id']}",
            known.get(row["prompt_id"], NOTHING),
        )
        if row["prompt"] != expected:
            yield Broken(f"{link} -> {VALIDATED}/test.parquet", str(expected), row["prompt"], remedy)
        if (row["temperature"], row["top_p"]) not in settings or row["seed"] != seed:
            found = f"temperature {row['temperature']}, top_p {row['top_p']}, seed {row['seed']}"
            yield Broken(f"{link} -> dvc.lock (stage generate)", "settings of the section generate", found, remedy)
    sizes = Counter((row["model"], row["temperature"]) for row in rows if row["purpose"] == "curve")
    for model in dict.fromkeys(row["model"] for row in rows):
        for temperature in section["temperatures"]:
            if sizes[model, temperature] != (wanted := min(section["count"], len(test))):
                link = f"{path} {model} at {temperature} -> dvc.lock (stage generate)"
                yield Broken(link, f"{wanted} answers", f"{sizes[model, temperature]} answers", remedy)
    if evidence.text(f"{SAMPLES}/samples.txt") != _readable(rows):
        yield Broken(f"{SAMPLES}/samples.txt -> {path}", "the answers for people", "other text", remedy)


def _readable(rows: Iterable[dict[str, Any]]) -> str:
    """What samples.txt shows of the samples: how they were drawn, then under each prompt a line of each model."""
    read = [row for row in rows if row["purpose"] == "read"]
    drawn = [f"temperature {r['temperature']:g}, top_p {r['top_p']:g}, seed {r['seed']}" for r in read[:1]]
    by_model = [list(group) for _, group in groupby(read, key=lambda row: row["model"])]
    blocks = [
        "\n".join([answers[0]["prompt"], *(f"  {row['model']:<12} {row['text']}" for row in answers)])
        for answers in zip(*by_model, strict=True)
    ]
    return "\n\n".join([*(f"Answers of every model, drawn with {settings}" for settings in drawn), *blocks]) + "\n"
