"""Facts that stand in more than one file, or follow from another: metrics, curves, model folders, the report."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from promptgan.lineage.checks.evidence import Broken, Evidence, Unreadable, differences
from promptgan.lineage.checks.passages import first_difference
from promptgan.quality.splits import RANKING

REMEDY = "`git checkout dvc.lock metrics plots && dvc checkout`; where Git has the edit too, `dvc repro --force`"
MODELS = {"pretrain": "models/pretrained", "control": "models/control", "train": "models/adversarial"}
"""The folder of the generator that a stage trains."""


def validation(evidence: Evidence) -> Iterator[Broken]:
    """metrics/validation.json counts the rows that data/validated holds, and names the data of provenance.json."""
    path, provenance = "metrics/validation.json", "data/raw/provenance.json"
    metrics = evidence.json(path)
    tables = {name: evidence.table(f"data/validated/{name}.parquet") for name in RANKING}
    quarantine = evidence.table("data/validated/quarantine.parquet")
    groups = {group for table in tables.values() for group in table["group"].to_pylist()}
    rows = {name: len(table) for name, table in tables.items()} | {"quarantined": len(quarantine)}
    rows["read"] = sum(rows.values())
    counted = {key: value for key, value in metrics["rows"].items() if key in rows}
    rules = Counter(quarantine["rule"].to_pylist())
    listed = {entry["rule"]: entry["rows"] for entry in metrics["quarantine"]}
    share = round(len(quarantine) / max(1, rows["read"]), 6)
    yield from _compared(path, "data/validated", {"rows": rows, "groups": len(groups)}, {**metrics, "rows": counted})
    yield from _compared(path, "data/validated/quarantine.parquet", {"share_quarantined": share}, metrics)
    yield from _compared(
        path,
        "data/validated/quarantine.parquet",
        {"quarantine": dict.fromkeys(listed, 0) | rules},
        {"quarantine": listed},
    )
    written = evidence.json(provenance)
    yield from _compared(
        path, provenance, {"data": {key: written[key] for key in ("title", "content_sha256")}}, metrics
    )


def models(evidence: Evidence) -> Iterator[Broken]:
    """The model folders have the tokenizer, vocabulary and architecture that data/tokens and dvc.lock give them."""
    meta, tokenizer = evidence.json("data/tokens/meta.json"), evidence.sha256("data/tokens/tokenizer.json")
    stages = evidence.lock.stages
    for stage, folder in MODELS.items():
        config = evidence.json(f"{folder}/config.json")
        if config.get("kind") == "none":
            continue
        facts = {key: meta[key] for key in ("vocabulary", "max_tokens")} | {
            "model": stages["pretrain"].parameters["model"]
        }
        if stage == "train":
            facts["discriminator"] = stages["train"].parameters["discriminator"]
            facts["ema"] = stages["train"].parameters["train"]["ema"]
        yield from _compared(f"{folder}/config.json", "data/tokens/meta.json and dvc.lock", facts, config)
        if (found := evidence.sha256(f"{folder}/tokenizer.json")) != tokenizer:
            link = f"{folder}/tokenizer.json -> data/tokens/tokenizer.json"
            yield Broken(link, f"sha256 {tokenizer}", f"sha256 {found}", f"`dvc checkout {folder}`")
        weights = evidence.json("models/pretrained/config.json")["weights"]
        for name in ("model", "generator") if stage == "train" else ("model",):
            file = f"{folder}/{name}.safetensors"
            yield from _compared(
                file, "models/pretrained/config.json", {"weights": weights}, {"weights": _weights(file)}
            )
    judges = evidence.json("models/judges/config.json")
    yield from _compared(
        "models/judges/config.json", "data/tokens/meta.json", {"vocabulary": meta["vocabulary"]}, judges
    )


def training(evidence: Evidence) -> Iterator[Broken]:
    """The metrics of every training stage stand in its model folder too, and in its curve."""
    for stage, folder in {**MODELS, "judges": "models/judges"}.items():
        config = evidence.json(f"{folder}/config.json")
        if config.get("kind") == "none":
            continue
        metrics = evidence.json(f"metrics/{stage}.json")
        same = {key: config.get(key) for key in metrics}
        yield from _compared(f"metrics/{stage}.json", f"{folder}/config.json", same, metrics)
        if stage == "pretrain":
            rows = evidence.rows("plots/pretrain.csv")
            best = min(float(row["val_nll"]) for row in rows)
            facts = {"steps": float(rows[-1]["step"]), "val_nll": best}
            yield from _near("plots/pretrain.csv", "metrics/pretrain.json", metrics, facts)
        if stage == "train":
            rows = evidence.rows("plots/train.csv")
            kept = next((row for row in rows if row["step"] == str(metrics["best_step"])), rows[0])
            facts = {
                "steps": float(rows[-1]["step"]),
                "best_step": float(kept["step"]),
                "twin_score": float(rows[0]["score"]),
            }
            facts |= {key: float(kept[key]) for key in ("score", "kl", "entropy", "duplicates", "val_nll")}
            yield from _near("plots/train.csv", "metrics/train.json", metrics, facts)


def samples(evidence: Evidence) -> Iterator[Broken]:
    """What plots/curves.csv says of the samples, counted again where quick: distinct n-grams, repeats, words."""
    from promptgan.core.words import segments
    from promptgan.tasks.text.measures.diversity import distinct, duplicate_share

    path, source = "plots/curves.csv", "samples/generated/samples.parquet"
    answers: dict[tuple[str, float], list[str]] = {}
    for row in evidence.table(source).to_pylist():
        if row["purpose"] == "curve":
            answers.setdefault((row["model"], row["temperature"]), []).append(row["text"])
    count = min(len(evidence.table("data/validated/val.parquet")), *map(len, answers.values()))
    for row in evidence.rows(path):
        if row["model"] == "real":
            continue
        texts = answers.get((row["model"], float(row["temperature"])), [""])[:count]
        split = [segments(text) for text in texts]
        facts = {
            "distinct_1": distinct(split, 1),
            "distinct_2": distinct(split, 2),
            "duplicates": duplicate_share(texts),
        }
        facts["words"] = sum(map(len, split)) / len(split)
        rounded = {key: round(float(value), 4) for key, value in facts.items()}
        written = {key: float(row[key]) for key in facts}
        yield from _near(f"{path} {row['model']} at {row['temperature']}", source, rounded, written)


def evaluation(evidence: Evidence) -> Iterator[Broken]:
    """metrics/evaluation.json repeats the chosen point of each curve; its gaps and verdict follow from the curves."""
    from promptgan.core.comparison import gap_at_equal_diversity

    path, source = "metrics/evaluation.json", "plots/curves.csv"
    metrics = evidence.json(path)
    curves: dict[str, list[dict[str, str]]] = {}
    for row in evidence.rows(source):
        curves.setdefault(row["model"], []).append(row)
    text = metrics["text"]
    for system, rows in curves.items():
        best = max(rows, key=lambda row: float(row["ms_jaccard_val"] or 0))
        facts = {key: float(best[key]) for key in text[system] if key != "nll"}
        for row in rows:
            if row["temperature"] and float(row["temperature"]) == 1 and "nll" in text[system]:
                facts["nll"] = float(row["nll"])
        yield from _near(f"{path} text.{system}", source, facts, text[system])
    points = {
        (system, quality): [(float(row["self_bleu_4"]), float(row[quality])) for row in rows]
        for system, rows in curves.items()
        for quality in ("bleu_4", "relevance")
    }
    sentences = metrics["verdict"]
    for other in ("twin", "control"):
        for quality, gap in text.get(f"gap_to_{other}", {}).items():
            link = f"{path} gap_to_{other}.{quality}"
            again = gap_at_equal_diversity(points["adversarial", quality], points[other, quality])
            if again is None or abs(again - gap) > 0.001:  # the curves are rounded to four digits
                yield Broken(f"{link} -> {source}", f"about {again}", str(gap), REMEDY)
            said = next((s for s in sentences if s.startswith(f"{quality}: adversarial ") and f" {other} " in s), "")
            if said not in (expected := _sentences(quality, other, gap, said)):
                yield Broken(f"{path} verdict -> {link}", " or ".join(expected), said or "no such sentence", REMEDY)
    twin = evidence.json("models/pretrained/config.json")
    gaps = [key for key in text if key.startswith("gap_to_")]
    if twin.get("converged") is False and (gaps or not metrics["verdict"][0].startswith("no verdict")):
        yield Broken(
            f"{path} verdict -> models/pretrained/config.json",
            "no verdict: the twin did not converge",
            metrics["verdict"][0],
            REMEDY,
        )


def report(evidence: Evidence) -> Iterator[Broken]:
    """The page and the model card are what the report stage makes of the other stages' outputs, made again."""
    from promptgan.reporting.card import card
    from promptgan.reporting.contents import read
    from promptgan.reporting.page import page

    contents = read(Path())
    for name, text in {"index.html": page(contents), "README.md": card(contents)}.items():
        path = f"reports/html/{name}"
        found = evidence.text(path)
        if found != text:
            heading, expected, there = first_difference(text, found)
            below = f", below the heading '{heading}'" if heading else ""
            yield Broken(f"{path}{below} -> the outputs that it shows", expected, there, "`dvc repro --force report`")


def _compared(path: str, source: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Broken]:
    """A broken link for every key of ``expected`` that has another value in ``found``."""
    for key, value, there in differences(expected, {key: found[key] for key in expected.keys() & found.keys()}):
        yield Broken(f"{path} {key} -> {source}", str(value), str(there), REMEDY)


def _near(path: str, source: str, expected: Mapping[str, float], found: Mapping[str, float]) -> Iterator[Broken]:
    """A broken link for every key of both whose values differ by more than six significant digits or decimals show."""
    for key in sorted(expected.keys() & found.keys()):
        if not math.isclose(expected[key], found[key], rel_tol=6e-6, abs_tol=6e-7):
            yield Broken(f"{path} {key} -> {source}", str(expected[key]), str(found[key]), REMEDY)


def _sentences(quality: str, other: str, gap: float, said: str) -> list[str]:
    """What the verdict may say of a gap, given the standard error that it ends with; both are rounded."""
    from promptgan.core.comparison import sentence

    ending = re.search(r"\((\d+\.\d+)\)$", said)
    error = float(ending[1]) if ending else math.nan
    rounding = 0.0002
    weighed = {abs(gap) > 2 * error + rounding, abs(gap) > 2 * error - rounding}
    return [sentence(quality, other, gap, error, clear=clear) for clear in sorted(weighed)]


def _weights(path: str) -> int:
    """How many numbers a safetensors file holds, from its header: 8 bytes of length, then JSON."""
    try:
        with Path(path).open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except OSError as error:
        raise Unreadable(path, error) from error
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
