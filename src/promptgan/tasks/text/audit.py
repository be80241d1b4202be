"""What an audit derives again of a text run: token ids of records, prompts of samples, numbers of both."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.tasks.text.measures import headline
from promptgan.tasks.text.measures.metrics import MEASURES
from promptgan.tasks.text.records.prompts import canonical, chosen
from promptgan.terms.audit import NOTHING, Found, Outputs, compared, compared_curves, differences, near
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import REAL
from promptgan.terms.words import segments

if TYPE_CHECKING:
    import pandas as pd

VALIDATED, TOKENS, SAMPLES = "data/validated", "data/tokens", "samples/generated"
CURVES, EVALUATION = "plots/curves.csv", "metrics/evaluation.json"
LIKELIHOODS = ("nll", "nll_character", "nll_lower", "nll_upper", "nll_samples")
"""What is given at temperature 1, whatever the temperature of the point."""
BATCH = 8192


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    return canonical(records, chosen(section))


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's token ids are what tokenizer.json makes of its records, in their order; meta.json counts them."""
    from promptgan.forms.tokens.tokenizer import load_tokenizer

    tokenizer, meta = load_tokenizer(Path(TOKENS)), run.json(f"{TOKENS}/meta.json")
    limit = run.parameters("tokenize")["tokenize"]["max_tokens"]
    remedy = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"
    facts = {"vocabulary": tokenizer.get_vocab_size(), "max_tokens": limit}
    for key, expected, found in differences(facts, {k: meta.get(k) for k in facts}):
        yield Found(f"{TOKENS}/meta.json {key} -> {TOKENS}/tokenizer.json", str(expected), str(found), remedy)
    for split in [*SPLITS, *(["corpus"] if Path(VALIDATED, "corpus.parquet").is_file() else [])]:
        path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
        tokens, records = run.table(path), run.table(source)
        if tokens["id"].to_pylist() != records["id"].to_pylist():
            yield Found(f"{path} id -> {source} id", f"{len(records)} ids", "other ids or another order", remedy)
            continue
        counts = {"records": len(tokens)}
        for side, part in (("prompt", slice(-limit, None)), ("text", slice(None, limit))):
            counts[f"{side}_tokens"] = 0
            for start in range(0, len(records), BATCH):
                texts, there = (table[side].slice(start, BATCH).to_pylist() for table in (records, tokens))
                encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
                counts[f"{side}_tokens"] += sum(map(len, there))
                for offset, (encoding, ids) in enumerate(zip(encodings, there, strict=True)):
                    if encoding.ids[part] != ids:
                        link = f"{path} {side} of {records['id'][start + offset].as_py()} -> {source}"
                        yield Found(link, f"ids of {texts[offset]!r}", f"{ids}", remedy)
        written = {key: meta["splits"].get(split, {}).get(key) for key in counts}
        for key, expected, found in differences(counts, written):
            yield Found(f"{TOKENS}/meta.json {split} {key} -> {path}", str(expected), str(found), remedy)


def models(run: Outputs) -> Iterator[Found]:
    """The matcher has the vocabulary of data/tokens; there is none where no text there answers a prompt."""
    meta = run.json(f"{TOKENS}/meta.json")
    judge = run.json("models/judges/index.json")
    asked = meta["splits"]["train"]["prompt_tokens"] > 0
    facts = {"vocabulary": meta["vocabulary"]} if asked else {"kind": "none"}
    yield from compared("models/judges/index.json", f"{TOKENS}/meta.json", facts, judge)


def samples(run: Outputs) -> Iterator[Found]:
    """The samples answer prompts of the test split or of params.yaml, at its temperatures; samples.txt shows them."""
    from promptgan.tasks.text.samples.samples import readable

    path = f"{SAMPLES}/samples.parquet"
    parameters = run.parameters("generate")
    section, seed = parameters["generate"], parameters["seed"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    test = run.table(f"{VALIDATED}/test.parquet")
    prompts = dict(zip(test["id"].to_pylist(), test["prompt"].to_pylist(), strict=True))
    own = {f"user-{number}": prompt for number, prompt in enumerate(section["prompts"])}
    curve = {(temperature, 1.0) for temperature in section["temperatures"]}
    allowed = {"curve": (prompts, curve), "read": (own | prompts, {(section["temperature"], section["top_p"])})}
    table = run.table(path)
    rows = table.to_pylist()
    for row in rows:
        known, settings = allowed[row["purpose"]]
        link, expected = f"{path} {row['model']} {row['purpose']} {row['prompt_id']}", known.get(row["prompt_id"])
        if row["prompt"] != expected:
            yield Found(f"{link} -> {VALIDATED}/test.parquet", str(expected or NOTHING), row["prompt"], remedy)
        if (row["temperature"], row["top_p"]) not in settings or row["seed"] != seed:
            found = f"temperature {row['temperature']}, top_p {row['top_p']}, seed {row['seed']}"
            yield Found(f"{link} -> dvc.lock (stage generate)", "settings of the section generate", found, remedy)
    sizes = Counter((row["model"], row["temperature"]) for row in rows if row["purpose"] == "curve")
    for model in dict.fromkeys(row["model"] for row in rows):
        for temperature in section["temperatures"]:
            if sizes[model, temperature] != (wanted := min(section["count"], len(test))):
                link = f"{path} {model} at {temperature} -> dvc.lock (stage generate)"
                yield Found(link, f"{wanted} answers", f"{sizes[model, temperature]} answers", remedy)
    if run.text(f"{SAMPLES}/samples.txt") != readable(table.to_pandas()):
        yield Found(f"{SAMPLES}/samples.txt -> {path}", "the answers for people", "other text", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """What plots/curves.csv says of the samples, counted again where quick: distinct n-grams, repeats, words."""
    from promptgan.tasks.text.measures.diversity import distinct, duplicate_share

    source = f"{SAMPLES}/samples.parquet"
    answers: dict[tuple[str, float], list[str]] = {}
    for row in run.table(source).to_pylist():
        if row["purpose"] == "curve":
            answers.setdefault((row["model"], row["temperature"]), []).append(row["text"])
    count = min(len(run.table(f"{VALIDATED}/val.parquet")), *map(len, answers.values()))
    for row in run.rows(CURVES):
        if row["model"] == REAL.name:
            continue
        texts = answers.get((row["model"], float(row["temperature"])), [""])[:count]
        split = [segments(text) for text in texts]
        facts = {
            "distinct_1": distinct(split, 1),
            "distinct_2": distinct(split, 2),
            "duplicates": duplicate_share(texts),
            "words": sum(map(len, split)) / len(split),
        }
        rounded = {key: round(float(value), 4) for key, value in facts.items()}
        written = {key: float(row[key]) for key in facts}
        yield from near(f"{CURVES} {row['model']} at {row['temperature']}", source, rounded, written)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats the chosen point of each curve; its gaps and verdict follow from the curves."""
    metrics = run.json(EVALUATION)
    curves: dict[str, list[dict[str, str]]] = {}
    for row in run.rows(CURVES):
        curves.setdefault(row["model"], []).append(row)
    real = float(curves[REAL.name][0]["ms_jaccard_val"] or 1)  # before it was measured, the highest was taken
    for system, rows in curves.items():
        written = metrics["systems"][system]
        points = {float(row["temperature"]): row for row in rows if row["temperature"]}
        fits = {temperature: float(row["ms_jaccard_val"]) for temperature, row in points.items()}
        best = points[headline.temperature(fits, real)] if fits else rows[0]
        facts = {key: float(best[key] or "nan") for key in written if key not in LIKELIHOODS}
        if at_one := [row for row in rows if row["temperature"] and float(row["temperature"]) == 1]:
            facts |= {key: float(at_one[0][key]) for key in LIKELIHOODS if at_one[0].get(key)}
        yield from near(f"{EVALUATION} systems.{system}", CURVES, facts, written)
    yield from compared_curves(run, EVALUATION, CURVES, curves, MEASURES)


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many of the answers for people a model gives again, and how many there are.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    from promptgan.tasks.text.samples.samples import answer, load

    drawn = drawn[drawn["purpose"] == "read"]
    first = drawn.iloc[0]
    seed, temperature, top_p = int(first["seed"]), float(first["temperature"]), float(first["top_p"])
    prompts = drawn["prompt"].tolist()
    texts = answer(load(model, device), prompts, seed=seed, temperature=temperature, top_p=top_p)
    return sum(text == released for text, released in zip(texts, drawn["text"], strict=True)), len(texts)
