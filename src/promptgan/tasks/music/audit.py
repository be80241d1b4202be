"""What an audit derives again of a run of music: prompts, token ids or rolls, what the drawn words say, numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.media.music.piece import TICKS_PER_QUARTER, from_json, to_json
from promptgan.media.music.prompts import assembled, parse
from promptgan.tasks.music.measures.metrics import MEASURES
from promptgan.tasks.music.records.records import prompts
from promptgan.terms.audit import NOTHING, REMEDY, Found, Outputs, compared, compared_curves, near
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import REAL

if TYPE_CHECKING:
    import pandas as pd

VALIDATED, TOKENS, SAMPLES = "data/validated", "data/tokens", "samples/generated"
META = f"{TOKENS}/meta.json"
ARRAYS_REMEDY = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"
LIKELIHOODS = ("nll", "nll_quarter")
"""What is given at temperature 1, whatever the temperature of the point."""
CURVES, EVALUATION, JUDGES = "plots/curves.csv", "metrics/evaluation.json", "models/judges/index.json"


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them: each has its prompt.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    return records.assign(prompt=prompts(records, section["prompt"]))


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's ids, or rolls and labels, are those of its records, in every key that `tokenize.transpose` says."""
    yield from _words(run) if run.parameters("tokenize")["tokenize"]["height"] is None else _rolls(run)


def _words(run: Outputs) -> Iterator[Found]:
    from promptgan.forms.tokens.tokenizer import load_tokenizer
    from promptgan.tasks.music.arrays.tokens import encoded, pairs_of, tokenizer_of
    from promptgan.tasks.music.arrays.transposition import range_of

    rules, section = (run.parameters(stage)[stage] for stage in ("validate", "tokenize"))
    tokenizer, meta = load_tokenizer(Path(TOKENS)), run.json(META)
    if tokenizer.get_vocab() != tokenizer_of(rules).get_vocab():
        link = f"{TOKENS}/tokenizer.json -> dvc.lock (stage validate)"
        yield Found(link, "its vocabulary", "another", ARRAYS_REMEDY)
        return
    facts = {"form": "tokens", "vocabulary": tokenizer.get_vocab_size(), "max_tokens": section["max_tokens"]}
    yield from compared(META, "dvc.lock (stages validate, tokenize)", facts, meta)
    for split in SPLITS:
        path, source = f"{TOKENS}/{split}.arrow", f"{VALIDATED}/{split}.parquet"
        records, table = run.table(source).to_pylist(), run.table(path)
        within = range_of(split, rules, section["transpose"])
        pairs = [pair for record in records for pair in pairs_of(record, within)]
        if table["id"].to_pylist() != [pair.id for pair in pairs]:
            yield Found(f"{path} id -> {source} id", f"{len(pairs)} ids", "other ids or another order", ARRAYS_REMEDY)
            continue
        counts = {"records": len(pairs), "passages": len(records)}
        for side in ("prompt", "text"):
            expected, found = encoded(tokenizer, [getattr(pair, side) for pair in pairs]), table[side].to_pylist()
            counts[f"{side}_tokens"] = sum(map(len, found))
            for pair, ours, theirs in zip(pairs, expected, found, strict=True):
                if ours != theirs:
                    link = f"{path} {side} of {pair.id} -> {source}"
                    yield Found(link, f"ids of {' '.join(getattr(pair, side))}", str(theirs), ARRAYS_REMEDY)
        yield from compared(f"{META} {split}", path, counts, meta["splits"][split])


def _rolls(run: Outputs) -> Iterator[Found]:
    import numpy as np

    from promptgan.forms.tensors import form
    from promptgan.tasks.music.arrays.tensors import columns, examples, labels
    from promptgan.tasks.music.arrays.transposition import range_of

    read, section, meta = run.parameters("validate"), run.parameters("tokenize")["tokenize"], run.json(META)
    shape = {"channels": read["validate"]["voices"], "height": section["height"], "width": columns(read)}
    facts = {"form": "tensors", **shape, "condition": "label", "classes": labels(read)}
    yield from compared(META, "dvc.lock (stages validate, tokenize)", facts, meta)
    for split in SPLITS:
        path, source = f"{TOKENS}/{split}.images.npy", f"{VALIDATED}/{split}.parquet"
        records, data = run.table(source).to_pylist(), form.split(Path(TOKENS), split)
        within = range_of(split, read["validate"], section["transpose"])
        each = [each for record in records for each in examples(record, section["height"], shape["width"], within)]
        counts = {"records": len(each), "passages": len(records)}
        yield from compared(f"{META} {split}", source, counts, meta["splits"][split])
        if len(data) != len(each):
            yield Found(f"{path} -> {source}", f"{len(each)} rolls", f"{len(data)} rolls", ARRAYS_REMEDY)
            continue
        for example, roll, label in zip(each, data.images, data.labels, strict=True):
            if not np.array_equal(example.roll, roll):
                yield Found(f"{path} of {example.id} -> {source}", "its notes", "other notes", ARRAYS_REMEDY)
            if meta["classes"][label] != example.prompt:
                link = f"{TOKENS}/{split}.labels.npy of {example.id} -> {source}"
                yield Found(link, example.prompt, meta["classes"][label], ARRAYS_REMEDY)


def models(run: Outputs) -> Iterator[Found]:
    """The judge has the sizes that were asked for."""
    section = run.parameters("judges")["judges"]
    facts = {name: section[name] for name in ("width", "features")}
    yield from compared(JUDGES, "dvc.lock (stage judges)", facts, run.json(JUDGES))


def samples(run: Outputs) -> Iterator[Found]:
    """The samples answer prompts of the test split at the temperatures asked for, and are what their words say."""
    path, parameters = f"{SAMPLES}/samples.parquet", run.parameters("generate")
    section, seed = parameters["generate"], parameters["seed"]
    voices, rolls = run.parameters("validate")["validate"]["voices"], run.json(META)["form"] == "tensors"
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    test = run.table(f"{VALIDATED}/test.parquet")
    asked = dict(zip(test["id"].to_pylist(), test["prompt"].to_pylist(), strict=True))
    curve = {(temperature, 1.0) for temperature in section["temperatures"]}
    allowed = {"curve": curve, "read": {(section["temperature"], section["top_p"])}}
    rows = run.table(path).to_pylist()
    for row in rows:
        link, expected = f"{path} {row['model']} {row['purpose']} {row['prompt_id']}", asked.get(row["prompt_id"])
        if row["prompt"] != expected:
            yield Found(f"{link} -> {VALIDATED}/test.parquet", str(expected or NOTHING), row["prompt"], remedy)
            continue
        if (row["temperature"], row["top_p"]) not in allowed[row["purpose"]] or row["seed"] != seed:
            found = f"temperature {row['temperature']}, top_p {row['top_p']}, seed {row['seed']}"
            yield Found(f"{link} -> dvc.lock (stage generate)", "settings of the section generate", found, remedy)
        piece, mended = assembled(parse(row["prompt"]), row["text"].split(), voices)
        if rolls:  # what was mended of a roll is not in the words that it says
            mended += row["mended"]
        if (to_json(piece), mended) != (row["music"], row["mended"]):
            yield Found(f"{link} music -> its text", "what the words say", "other music", remedy)
    sizes = Counter((row["model"], row["temperature"]) for row in rows if row["purpose"] == "curve")
    for model in dict.fromkeys(row["model"] for row in rows):
        for temperature in section["temperatures"]:
            if sizes[model, temperature] != (wanted := min(section["count"], len(test))):
                link = f"{path} {model} at {temperature} -> dvc.lock (stage generate)"
                yield Found(link, f"{wanted} answers", f"{sizes[model, temperature]} answers", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """What plots/curves.csv says of the samples, counted again where no judge is asked: statistics, voice leading."""
    import pandas as pd

    from promptgan.tasks.music.measures.distributions import progressions, variety
    from promptgan.tasks.music.measures.obedience import obedience
    from promptgan.tasks.music.measures.statistics import statistics
    from promptgan.tasks.music.measures.voice_leading import faults

    source = f"{SAMPLES}/samples.parquet"
    table = run.table(source).to_pandas()
    sets = dict(iter(table[table["purpose"] == "curve"].groupby(["model", "temperature"])))
    count = min(len(run.table(f"{VALIDATED}/val.parquet")), *map(len, sets.values()))
    for row in run.rows(CURVES):
        if row["model"] == REAL.name:
            continue
        part = sets[row["model"], float(row["temperature"])].head(count)
        pieces = [from_json(line) for line in part["music"]]
        each = pd.DataFrame([{**statistics(piece), **faults(piece)._asdict()} for piece in pieces])
        asked = map(parse, part["prompt"])
        each["obedience"] = [obedience(piece, prompt) for piece, prompt in zip(pieces, asked, strict=True)]
        each["quarters"] = [piece.ticks / TICKS_PER_QUARTER for piece in pieces]
        each["mended"] = part["mended"].to_numpy() > 0
        facts = {**each.mean(), "variety": variety(map(progressions, pieces))}
        rounded = {str(name): round(float(value), 4) for name, value in facts.items() if value == value}
        written = {name: float(row[name]) for name in rounded}
        yield from near(f"{CURVES} {row['model']} at {row['temperature']}", source, rounded, written)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats the chosen point of each curve; its gaps and verdict follow from the curves."""
    metrics = run.json(EVALUATION)
    curves: dict[str, list[dict[str, str]]] = {}
    for row in run.rows(CURVES):
        curves.setdefault(row["model"], []).append(row)
    for system, rows in curves.items():
        written = metrics["systems"][system]
        chosen = next(
            row for row in rows if not row["temperature"] or float(row["temperature"]) == written["temperature"]
        )
        at_one = next((row for row in rows if row["temperature"] and float(row["temperature"]) == 1), {})
        facts = {key: float(chosen[key]) for key in written if key not in LIKELIHOODS}
        facts |= {key: float(at_one[key]) for key in LIKELIHOODS if key in written}
        yield from near(f"{EVALUATION} systems.{system}", CURVES, facts, written)
        distances = [float(row["frechet_music_val"]) for row in rows if row["frechet_music_val"]]
        if distances and float(chosen["frechet_music_val"]) != min(distances):
            link = f"{EVALUATION} systems.{system}.temperature -> {CURVES} frechet_music_val"
            yield Found(link, f"that of {min(distances)}", str(written["temperature"]), REMEDY)
    yield from compared_curves(run, EVALUATION, CURVES, curves, MEASURES)


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many of the answers for people a model gives again, and how many there are.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    from promptgan.tasks.music.samples.samples import answer, load

    drawn = drawn[drawn["purpose"] == "read"]
    first = drawn.iloc[0]
    asked = [parse(prompt) for prompt in drawn["prompt"]]
    temperature, top_p = float(first["temperature"]), float(first["top_p"])
    answers = answer(load(model, device), asked, seed=int(first["seed"]), temperature=temperature, top_p=top_p)
    return sum(a.words == text for a, text in zip(answers, drawn["text"], strict=True)), len(answers)
