"""What classifiers say of test texts, what misleads them, and what generators write."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tokens.tokenizer import decode
from promptgan.networks import folder
from promptgan.networks.tokens.classifier.told import told
from promptgan.tasks.classification.samples.attack import Budget, Options, attack
from promptgan.tasks.classification.samples.attacks import characters, deletion, substitution
from promptgan.tasks.classification.samples.neighbours import Neighbours, counted, label_counts, word_pieces
from promptgan.tasks.classification.samples.parameters import Parameters
from promptgan.tasks.classification.samples.prediction import Classifier, load
from promptgan.terms.systems import ADVERSARIAL, TWIN
from promptgan.terms.visible import visible
from promptgan.terms.words import words

OPTIONS: frozenset[str] = frozenset()
"""What `promptgan generate` takes for a classifier: nothing, since it makes no samples."""
PREDICTION, ATTACK, TRANSFER, DRAWN = "prediction", "attack", "transfer", "drawn"
"""Kinds of rows: of a test text as it is, of one attacked, of one that was attacked through another classifier, and of
one that a generator wrote."""
MISLED, HELD, WRONG = "misled", "held", "wrong before"
"""What came of an attack; what a classifier gets wrong already is not attacked."""
AUTOENCODER = "autoencoder"
GENERATORS = {"generator_start": AUTOENCODER, "generator": ADVERSARIAL.name}
"""Networks that write, and what people call them."""


class NoGenerator(PromptganError):
    """A classifier is asked for samples."""


def make(model: Path, n: int, seed: int) -> str:
    """Nothing: what a classifier makes of texts is asked by other commands.

    Raises:
        NoGenerator: always.
    """
    raise NoGenerator(
        f"{model} holds a classifier",
        "run `promptgan classify --text` or `promptgan attack --text`; what its recipe's generator wrote is in"
        " samples/generated",
    )


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Ask every classifier about the test texts, attack some of them, and draw from generators where there are such.

    A row has model, kind, by, id, text, label, source, predicted, probabilities (in the order of the labels), queries,
    changed (words), verdict and seed. ``by`` is the attack of rows of the kinds attack and transfer, of a drawn text
    who wrote it, of `GENERATORS`. Transfers are of the texts that misled the other classifier, `against`. Of drawn ones
    ``id`` is that of the training text whose latent vector was the prompt, and ``verdict`` what the filter said.
    ``samples.txt`` shows some to people.
    """
    test = pd.read_parquet(validated / "test.parquet")
    train = pd.read_parquet(validated / "train.parquet")
    classifiers = {name: load(path, device) for name, path in folders.items()}
    chosen = attacked(test, parameters.attacked, seed)
    frames = []
    steps = len(classifiers) * (1 + len(parameters.attacks))
    with Progress("samples", steps) as progress, autocast(compute):
        for name, classifier in classifiers.items():
            frames.append(_predictions(name, classifier, test))
            progress.advance()
        for kind in parameters.attacks:
            options = _options(kind, parameters, train)
            for name, classifier in classifiers.items():
                found = _attacked(name, classifier, chosen, kind, options, parameters, seed)
                misled = found[found["verdict"] == MISLED]
                others = {other: each for other, each in classifiers.items() if other != name}
                frames += [found, *(_transferred(other, each, misled, name) for other, each in others.items())]
                progress.advance()
        for name, path in folders.items():
            if set(GENERATORS) <= folder.read_index(path)["networks"].keys():
                frames.append(_drawn(name, path, classifiers[TWIN.name], train, parameters.drawn, seed, device))
    samples = pd.concat(frames, ignore_index=True).assign(seed=seed)
    (out / "samples.txt").write_text(readable(samples, parameters.shown), encoding="utf-8")
    return samples, f"{len(samples)} texts in {out}; some to read are in {out / 'samples.txt'}"


def attacked(test: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """The test texts that are attacked, ``count`` of them at most, in their order."""
    return test.iloc[np.sort(np.random.default_rng(seed).permutation(len(test))[:count])]


def _predictions(name: str, classifier: Classifier, test: pd.DataFrame) -> pd.DataFrame:
    found = classifier.probabilities(test["text"].tolist())
    return _rows(name, PREDICTION, "", test, test["text"].tolist(), found, classifier)


def _attacked(
    name: str,
    classifier: Classifier,
    chosen: pd.DataFrame,
    kind: str,
    options: Options,
    parameters: Parameters,
    seed: int,
) -> pd.DataFrame:
    labels = [classifier.number(label) for label in chosen["label"]]
    budget = Budget(parameters.queries, parameters.words)
    found = attack(chosen["text"].tolist(), labels, classifier.probabilities, options, budget, seed)
    rows = _rows(
        name,
        ATTACK,
        kind,
        chosen,
        [each.text for each in found],
        np.stack([each.probabilities for each in found]),
        classifier,
    )
    return rows.assign(
        queries=[each.queries for each in found],
        changed=[each.changed for each in found],
        verdict=[
            MISLED if each.success else HELD if each.before == label else WRONG
            for each, label in zip(found, labels, strict=True)
        ],
    )


def _transferred(name: str, classifier: Classifier, misled: pd.DataFrame, against: str) -> pd.DataFrame:
    found = classifier.probabilities(misled["text"].tolist())
    kind = misled["by"].iloc[0] if len(misled) else ""
    rows = _rows(name, TRANSFER, kind, misled, misled["text"].tolist(), found, classifier)
    return rows.assign(against=against, changed=misled["changed"].to_numpy())


def _drawn(
    name: str,
    path: Path,
    asked: Classifier,
    train: pd.DataFrame,
    count: int,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """What both generators of a folder write for each label, and what the filter of its training says of that.

    As in training it is asked about the tokens that were drawn, which are not always those of the text that they make.
    """
    section = json.loads((path / "run.json").read_text(encoding="utf-8"))["parameters"]["train"]["drawing"]
    network = folder.read_index(path)["networks"]["generator"]["section"]["network"]
    drawing = choose("promptgan.networks.tokens", network, "generator.network", "drawing")
    ids = asked.ids(train["text"].tolist())
    labels = np.array([asked.number(label) for label in train["label"]])
    frames = []
    for name_of, writer in GENERATORS.items():
        generator = folder.load(path, device, [name_of]).networks[name_of]
        made = drawing.drawn(generator, ids, labels, count, section["spread"], section["temperature"], seed)
        found = told(asked.encoder, made.texts, asked.example.eos)
        said = drawing.judged(made, ids, found, section["agreement"], section["near"])
        texts = decode(asked.tokenizer, made.texts)
        sources = train.iloc[made.sources].assign(label=[asked.labels[label] for label in made.labels])
        frames.append(_rows(name, DRAWN, writer, sources, texts, found, asked).assign(verdict=said))
    return pd.concat(frames, ignore_index=True)


def _rows(
    name: str,
    kind: str,
    by: str,
    records: pd.DataFrame,
    texts: list[str],
    probabilities: Any,
    classifier: Classifier,
) -> pd.DataFrame:
    columns: dict[str, Any] = {column: records[column].tolist() for column in ("id", "label", "source")}
    return pd.DataFrame(
        {
            "model": name,
            "kind": kind,
            "by": by,
            "against": "",
            "id": columns["id"],
            "text": texts,
            "label": columns["label"],
            "source": columns["source"],
            "predicted": [classifier.labels[place] for place in probabilities.argmax(1)],
            "probabilities": [[round(float(x), 6) for x in row] for row in probabilities],
            "queries": 1,
            "changed": 0,
            "verdict": "",
        }
    )


def _options(kind: str, parameters: Parameters, train: pd.DataFrame) -> Options:
    if kind == "characters":
        return characters.Attack()
    if kind == "deletion":
        return deletion.Attack()
    texts, labels = train["text"].tolist(), train["label"].tolist()
    known = {word for text in texts for word in words(text)}
    vocabulary, vectors = word_pieces(known) if parameters.vectors == "word_pieces" else counted(texts)
    return substitution.Attack(Neighbours(vocabulary, vectors, label_counts(texts, labels)))


def readable(samples: pd.DataFrame, count: int) -> str:
    """Some of the attacked and the drawn texts, for people."""
    lines = []
    attacks = samples[(samples["kind"] == ATTACK) & (samples["verdict"] == MISLED)]
    asked = samples[samples["kind"] == PREDICTION]
    before = dict(zip(asked["id"], asked["text"], strict=True))
    for (by, model), part in attacks.groupby(["by", "model"], sort=False):
        lines.append(f"# {by}, against {model}")
        for row in part.head(count).to_dict("records"):
            lines += [
                f"  {row['label']}: {visible(before[row['id']])}",
                f"  {row['predicted']}: {visible(row['text'])}",
            ]
        lines.append("")
    for (by, label), part in samples[samples["kind"] == DRAWN].groupby(["by", "label"], sort=False):
        lines.append(f"# {label}, written by {by}")
        rows = part.head(count).to_dict("records")
        lines += [f"  {visible(row['text'])}  [{row['verdict']}]" for row in rows]
        lines.append("")
    return "\n".join(lines) + "\n"
