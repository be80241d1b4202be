"""What an audit derives again of an image run: pixels of records, grids of samples, numbers of both."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from promptgan.tasks.image.measures.metrics import MEASURES, WHOLE
from promptgan.terms.audit import REMEDY, ROUNDING, Found, Outputs, compared, near, undue_verdict
from promptgan.terms.shift import total_variation
from promptgan.terms.splits import SPLITS
from promptgan.terms.systems import ADVERSARIAL, RIVALS

if TYPE_CHECKING:
    import pandas as pd

VALIDATED, TOKENS, SAMPLES = "data/validated", "data/tokens", "samples/generated"
CURVES, EVALUATION, JUDGE = "plots/curves.csv", "metrics/evaluation.json", "models/judges"
DOUBTFUL = 3
"""Images of a system that the judge may see otherwise on another device."""


def kept(records: "pd.DataFrame", section: Mapping[str, Any]) -> "pd.DataFrame":
    """What validation makes of raw records where it keeps them.

    Args:
        records: all of the data set but those that are excluded.
        section: `validate`.
    """
    return records


def arrays(run: Outputs) -> Iterator[Found]:
    """Each split's pixels, labels and captions are those of its records, in their order; meta.json counts them."""
    import pyarrow.parquet as pq

    from promptgan.forms.tensors import form
    from promptgan.forms.tensors.captions import Vocabulary
    from promptgan.forms.tensors.pictures import pixels
    from promptgan.tasks.image.arrays.arrays import told

    meta = run.json(f"{TOKENS}/meta.json")
    remedy = "`dvc checkout data/tokens`; where the lock was edited too, `dvc repro --force tokenize`"
    section = run.parameters("tokenize")["tokenize"]
    side, channels, fit = section["side"], section["channels"], section["fit"]
    asked = {"height": side, "width": side, "channels": channels, "condition": section["condition"]}
    yield from compared(f"{TOKENS}/meta.json", "dvc.lock (stage tokenize)", asked, meta)
    for split in SPLITS:
        path, source = f"{TOKENS}/{split}.images.npy", f"{VALIDATED}/{split}.parquet"
        data, records = form.split(Path(TOKENS), split), run.table(source)
        counts = {"records": len(records)}
        yield from compared(f"{TOKENS}/meta.json {split}", source, counts, meta["splits"][split])
        if len(data) != len(records):
            yield Found(f"{path} -> {source}", f"{len(records)} images", f"{len(data)} images", remedy)
            continue
        if meta["condition"] == "caption":
            ids = Vocabulary.read(Path(TOKENS)).ids(told(pq.ParquetFile(source)))
            if not np.array_equal(ids, np.load(f"{TOKENS}/{split}.captions.npy")):
                yield Found(f"{TOKENS}/{split}.captions.npy -> {source}", "its captions", "other words", remedy)
        rows = zip(records["id"].to_pylist(), records["image"].to_pylist(), records["label"].to_pylist(), strict=True)
        for index, (identifier, image, label) in enumerate(rows):
            number = meta["classes"].index(label) if label in meta["classes"] else -1
            if not np.array_equal(pixels(image, channels, side, fit), data.images[index]):
                yield Found(f"{path} of {identifier} -> {source}", "its pixels", "other pixels", remedy)
            if number != data.labels[index]:
                link = f"{TOKENS}/{split}.labels.npy of {identifier} -> {source}"
                yield Found(link, f"{label}, class {number}", f"class {data.labels[index]}", remedy)


def models(run: Outputs) -> Iterator[Found]:
    """The classifier reads images of the shape and tells the classes of data/tokens."""
    meta = run.json(f"{TOKENS}/meta.json")
    facts = {"shape": [meta["channels"], meta["height"], meta["width"]], "classes": len(meta["classes"])}
    yield from compared(f"{JUDGE}/index.json", f"{TOKENS}/meta.json", facts, run.json(f"{JUDGE}/index.json"))


def samples(run: Outputs) -> Iterator[Found]:
    """There are as many images as the section generate asks for, of its seed; the grids show the first of them."""
    from PIL import Image

    from promptgan.tasks.image.samples.pictures import grid
    from promptgan.tasks.image.samples.samples import read

    path = f"{SAMPLES}/samples.parquet"
    parameters = run.parameters("generate")
    section, seed = parameters["generate"], parameters["seed"]
    remedy = "`dvc checkout samples/generated`; where the lock was edited too, `dvc repro --force generate`"
    table = run.table(path).to_pandas()
    translated = set(table.dropna(subset="source")["model"]) if "source" in table else set()
    seeds = set(table["seed"])
    if seeds != {seed}:
        yield Found(f"{path} seed -> dvc.lock (stage generate)", str(seed), str(sorted(map(int, seeds))), remedy)
    for name, images in read(Path(path)).items():
        sets = 1 if name in translated else len(section["truncations"])
        if len(images) != (wanted := section["count"] * sets):
            link = f"{path} {name} -> dvc.lock (stage generate)"
            yield Found(link, f"{wanted} images", f"{len(images)} images", remedy)
        if name in translated:
            continue
        with Image.open(f"{SAMPLES}/grid-{name}.png") as picture:
            first = images[: min(section["shown"], section["count"])]
            if not np.array_equal(np.asarray(picture), np.asarray(grid(first))):
                yield Found(f"{SAMPLES}/grid-{name}.png -> {path}", "its first images", "other pixels", remedy)


def measures(run: Outputs) -> Iterator[Found]:
    """plots/curves.csv has a row for each set of images, whose classes the judge sees as that row says."""
    from promptgan.forms.tensors import form
    from promptgan.tasks.image.judges import classifier
    from promptgan.tasks.image.measures.measures import made

    source, meta = f"{SAMPLES}/samples.parquet", run.json(f"{TOKENS}/meta.json")
    sets = {
        (name, truncation): sample
        for name, each in made(Path(source), meta["classes"]).items()
        for truncation, sample in each.items()
    }
    rows = {(row["model"], float(row.get("truncation") or WHOLE)): row for row in run.rows(CURVES)[1:]}
    if rows.keys() != sets.keys():
        there, written = (", ".join(f"{name} {at:g}" for name, at in sorted(each)) for each in (sets, rows))
        yield Found(f"{CURVES} -> {source}", there, written, REMEDY)
        return
    judge, test = classifier.load(Path(JUDGE)), form.split(Path(TOKENS), "test")
    count = min(meta["splits"]["val"]["records"], *(len(sample.images) for sample in sets.values()))
    real = Counter(classifier.classes_of(judge, test).tolist())
    for key, sample in sets.items():
        images, labels = sample.first(count)
        classes = classifier.seen(judge, images)[1]
        again = {"class_distance": total_variation(Counter(classes.tolist()), real)}
        if labels is not None:
            again["label_agreement"] = float((classes == labels).mean())
        for name, value in again.items():
            told = float(rows[key][name])
            if abs(value - told) > DOUBTFUL / count:
                yield Found(f"{CURVES} {key[0]} {name} -> {source}, {JUDGE}", f"about {value:.4f}", str(told), REMEDY)


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats plots/curves.csv; its gaps follow from that, and its verdict names them."""
    metrics = run.json(EVALUATION)
    systems = metrics["systems"]
    for row in run.rows(CURVES):
        if float(row.get("truncation") or WHOLE) == WHOLE:
            facts = {key: float(row[key]) for key in systems[row["model"]]}
            yield from near(f"{EVALUATION} systems.{row['model']}", CURVES, facts, systems[row["model"]])
    metric = MEASURES.ranked_by
    for rival in RIVALS:
        if gap := metrics["gaps"].get(rival.name):
            again = systems[ADVERSARIAL.name][metric] - systems[rival.name][metric]
            link = f"{EVALUATION} gaps.{rival.name}"
            if abs(again - gap[metric]) > ROUNDING:
                yield Found(f"{link} -> {EVALUATION} systems", f"about {again:.4f}", str(gap[metric]), REMEDY)
            words = ("ahead of", "cannot be told apart") if gap[metric] < 0 else ("behind", "cannot be told apart")
            said = next((s for s in metrics["verdict"] if s.startswith(f"{metric}: ") and f" {rival.name};" in s), "")
            said = said or next((s for s in metrics["verdict"] if f"and {rival.name} cannot" in s), "")
            if f"{gap[metric]:+.2f}" not in said or not any(word in said for word in words):
                yield Found(f"{EVALUATION} verdict -> {link}", f"{gap[metric]:+.2f}", said or "no sentence", REMEDY)
    yield from undue_verdict(run, EVALUATION, metrics)


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int] | None:
    """How many of its images a model gives again, and how many there are.

    None of a plain autoencoder, which is loaded only: its samples follow from training images, which no release holds.

    Args:
        model: a model folder.
        drawn: its rows of samples.parquet.
        device: where it runs.
    """
    import torch

    from promptgan.tasks.image.samples import translation
    from promptgan.tasks.image.samples.pictures import out_of, png
    from promptgan.tasks.image.samples.samples import images, load_with_autoencoder

    if translation.translates(model):
        translator = translation.load(model, device)
        sources = torch.stack([out_of(source) for source in drawn["source"]])
        again = translator.translated(sources, [translator.other(label) for label in drawn["label"]])
        return sum(png(x) == stored for x, stored in zip(again, drawn["image"], strict=True)), len(drawn)
    drawn = drawn[drawn["truncation"] == 1]
    loaded, autoencoder = load_with_autoencoder(model, device)
    if autoencoder and autoencoder.deterministic:
        return None
    asked = drawn["prompt"] if loaded.captions else drawn["label"] if loaded.labels else []
    again = images(loaded, len(drawn), int(drawn["seed"].iloc[0]), list(asked))
    return sum(png(x) == stored for x, stored in zip(again, drawn["image"], strict=True)), len(drawn)
