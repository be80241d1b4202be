"""Classifiers on the report page, in the terminal and on the model card."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from promptgan.terms.systems import MODELS
from promptgan.terms.visible import visible

TITLE = "Labels of texts"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "text-classification"
"""The Hugging Face Hub's name of the task."""
NETWORK = "encoder"
"""What people use of a model folder."""
SENTENCES = {
    "twin": "the classifier, trained on real labelled texts alone",
    "control": "the twin, trained on with the same texts for the adversarial phase's cost",
    "adversarial": "trained from the same start with perturbed, changed or generated texts as well",
}
"""What the systems are for this task."""
USES = (
    "For research on adversarial training of classifiers and for demonstrations. It has learnt the labels of its data"
    " set, mistakes and fashions included; let no decision about a person rest on it."
)
FEW = (
    "What a label is worth: every arm trained on few labels, mean and 95 % interval over draws of the labels, which are"
    " the same for every arm. An arm is worth its cost where it lies above the one called augmented, whose texts are"
    " changed at random, and the intervals are clear of one another."
)
UNDER = {
    by: f"Accuracy under attack, by how many words of a text may be {how}; 95 % intervals over test texts."
    for by, how in {
        "substitution": "exchanged for others that are used alike",
        "characters": "misspelt",
        "deletion": "left out",
    }.items()
}
RELIABILITY = (
    "Whether confidence can be believed: how often a classifier is right, over how sure it is. Below the diagonal it is"
    " surer than it may be; the larger a mark, the more texts."
)
MISLED, DRAWN = 2, 4
"""Texts on the page: that an attack misled a classifier by, and that a generator wrote for a label."""
LEADING = 2
"""Sentences of the verdict that stand before the others: whether it was worth its cost, and what that was."""


def markup(samples: Path) -> str:
    """Confusion of every classifier, what misled them, and what generators wrote.

    Args:
        samples: the folder of samples.parquet.
    """
    rows = _read(samples)
    parts = [_confusions(rows[rows["kind"] == "prediction"]), _attacks(rows)]
    drawn = rows[rows["kind"] == "drawn"]
    if len(drawn):
        parts += [_filter(drawn), _drawn(drawn)]
    return Markup("\n").join(parts)


def diagrams(
    evaluation: Mapping[str, Any], curves: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """What is drawn: a kind of `promptgan.reporting.diagrams`, the caption, and the numbers that it takes, in order.

    Args:
        evaluation: the content of metrics/evaluation.json.
        curves: the rows of plots/curves.csv.
    """
    few: dict[str, list[tuple[float, ...]]] = {}
    for row in curves:
        if int(row["draws"]) > 1:
            point = tuple(float(row[name]) for name in ("labels", "macro_f1", "low", "high"))
            few.setdefault(row["model"], []).append(point)
    if few:
        yield "few_labels", FEW, (few, "macro F1")
    for by, systems in evaluation["within"].items():
        points = {
            name: [(each["words"], each["accuracy"], each["low"], each["high"]) for each in systems[name]]
            for name in MODELS
            if name in systems
        }
        yield "under_attack", UNDER[by], (points, "words changed, at most")
    systems = evaluation["reliability"]
    bins = {
        name: [
            tuple(each[field] for field in ("low", "high", "texts", "confidence", "accuracy")) for each in systems[name]
        ]
        for name in MODELS
        if name in systems
    }
    yield "reliability", RELIABILITY, (bins,)


def card(samples: Path, model: str) -> str:
    """How to ask the model folder ``model``, in Markdown."""
    rows = _read(samples)
    text = shlex.quote(" ".join(rows["text"].iloc[0].split()))
    return (
        f"The folder loads by itself:\n\n    promptgan classify --model {model} --text {text}\n"
        f"    promptgan attack --model {model} --text {text}"
    )


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` test texts with their label, each with what every classifier says."""
    asked = _read(samples).query("kind == 'prediction'")
    found = []
    for _, group in list(asked.groupby("id", sort=False))[:count]:
        answers = zip(group["model"], group["predicted"], group["probabilities"], strict=True)
        said = {name: f"{told} ({max(sure):.0%})" for name, told, sure in answers}
        found.append((f"{visible(group['text'].iloc[0])} -> {group['label'].iloc[0]}", said))
    return found


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return [
        f"Naive Bayes, which counts words of the judge split, tells {judges['accuracy']:.1%} of its texts right; always"
        f" saying the most frequent label, {judges['most_frequent']:.1%}. A network not far above the former has"
        " learnt words, not more.",
        "Accuracy under attack is under these attacks with this budget: another attacker may do better. Attacked texts"
        " do not always keep their sense: read some.",
        "With few labels each arm is trained for a fixed number of steps, and nothing is chosen by validation.",
    ]


def _confusions(asked: pd.DataFrame) -> Markup:
    labels = sorted(set(asked["label"]) | set(asked["predicted"]))
    tables = []
    for name in (name for name in MODELS if name in set(asked["model"])):
        part = asked[asked["model"] == name]
        counts = pd.crosstab(part["label"], part["predicted"]).reindex(index=labels, columns=labels, fill_value=0)
        body = [[label, *(f"{n:,}" for n in counts.loc[label])] for label in labels]
        tables.append(_table([f"{name}: is \\ told", *labels], body, f"confusion of {name}"))
    return Markup(
        '<p class="soft">Test texts by their label (rows) and the label that is told (columns).</p>\n{}'
    ).format(Markup("\n").join(tables))


def _attacks(rows: pd.DataFrame) -> Markup:
    asked = rows[rows["kind"] == "prediction"]
    before = dict(zip(asked["id"], asked["text"], strict=True))
    misled = rows[(rows["kind"] == "attack") & (rows["verdict"] == "misled")]
    body = [
        [by, name, before[row["id"]], f"{row['text']}", f"{row['label']} -> {row['predicted']}"]
        for (by, name), part in misled.groupby(["by", "model"], sort=False)
        for row in part.head(MISLED).to_dict("records")
    ]
    table = _table(["attack", "classifier", "text", "changed", "told"], body, "attacked texts")
    return _section("The first test texts by which an attack misled a classifier.", table)


def _filter(drawn: pd.DataFrame) -> Markup:
    counts = pd.crosstab([drawn["by"], drawn["label"]], drawn["verdict"])
    head = ["written by", "label", *(str(column) for column in counts.columns)]
    rows = zip(counts.index, counts.to_numpy(), strict=True)
    body = [[*(str(part) for part in key), *(f"{n:,}" for n in row)] for key, row in rows]
    return _section(
        "What generators wrote for each label, and what the filter says of it.", _table(head, body, "filter")
    )


def _drawn(drawn: pd.DataFrame) -> Markup:
    body = [
        [str(row["by"]), row["label"], row["text"] or "(nothing)", row["verdict"]]
        for _, part in drawn.groupby(["by", "label"], sort=False)
        for row in part.head(DRAWN).to_dict("records")
    ]
    table = _table(["written by", "label", "text", "filter"], body, "generated texts")
    return _section("Not selected: the first texts of each label.", table)


def _section(said: str, content: Markup) -> Markup:
    return Markup('<p class="soft">{}</p>\n{}').format(said, content)


def _table(head: list[str], body: list[list[str]], name: str) -> Markup:
    columns = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for title in head)
    lines = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            visible(first), Markup("").join(Markup("<td>{}</td>").format(visible(cell)) for cell in rest)
        )
        for first, *rest in body
    )
    return Markup(
        '<div class="table" tabindex="0" role="region" aria-label="{}"><table class="answers">\n<thead><tr>{}</tr>'
        "</thead><tbody>\n{}\n</tbody></table></div>"
    ).format(name, columns, lines)


def _read(samples: Path) -> pd.DataFrame:
    return pd.read_parquet(samples / "samples.parquet")
