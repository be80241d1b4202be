"""`promptgan classify` and `promptgan attack`: what a classifier says of texts, and what misleads it."""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from promptgan.commands.command import of_task
from promptgan.quality.normalise import normalise

if TYPE_CHECKING:
    from promptgan.tasks.classification.explanation import Word
    from promptgan.tasks.classification.samples.attack import Options
    from promptgan.tasks.classification.samples.prediction import Classifier


Kind = Literal["substitution", "characters", "deletion"]
"""How an attack changes a word."""
Model = Annotated[Path, typer.Option(help="A model folder that holds a classifier.")]
Texts = Annotated[list[str] | None, typer.Option("--text", help="What to read; give it several times for several.")]
File = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Texts to read: UTF-8, one a line; empty lines are left out."),
]
Out = Annotated[Path | None, typer.Option(help="Write a CSV, a row for each text, in place of what is printed.")]
REMEDY = "name a model of a recipe that trains a classifier; `promptgan recipes` lists them"


def classify(
    model: Model = Path("models/adversarial"),
    text: Texts = None,
    file: File = None,
    out: Out = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Mark the words that speak for the label, and those against it.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the texts with their marks as a page.")] = None,
) -> None:
    """Tell the labels of texts.

    Prints the likeliest label of each text and the probabilities of all. Needs the model folder alone: it works
    anywhere, from a wheel too. A text longer than the model reads is cut at its end.

    With --explain, + stands before a word that speaks for the label, - before one that speaks against it, by integrated
    gradients; needs the libraries of `make tools`.

    \b
    promptgan classify --model models/adversarial --text "a warm and funny film"
    promptgan classify --text "a warm and funny film" --explain --html why.html
    promptgan classify --file texts.txt --out labels.csv
    """
    module = of_task(model, "prediction", REMEDY)
    texts = _texts(module, text, file)
    if explain or html:
        from promptgan.lineage.tools import tool

        tool("captum.attr", "explain")
    classifier: Classifier = module.load(model)
    probabilities = classifier.probabilities(texts)
    said = [classifier.labels[place] for place in probabilities.argmax(1)]
    heads = [f"probability of {name}" if name in ("text", "label") else name for name in classifier.labels]
    rows: list[dict[str, Any]] = [
        {"text": each, "label": label, **dict(zip(heads, map(float, row), strict=True))}
        for each, label, row in zip(texts, said, probabilities, strict=True)
    ]
    _tell(rows, out)
    if explain or html:
        from promptgan.tasks.classification.explanation import explained

        mark([(each, each, explained(classifier, text, each)) for text, each in zip(texts, said, strict=True)], html)


def attack(
    model: Model = Path("models/adversarial"),
    text: Texts = None,
    file: File = None,
    out: Out = None,
    kind: Annotated[Kind, typer.Option(help="What words become: others alike, misspelt, or nothing.")] = "characters",
    label: Annotated[
        str | None, typer.Option(help="The true label of the texts.", show_default="what the model says of each")
    ] = None,
    queries: Annotated[int, typer.Option(min=1, help="Texts that the model reads for one attack, at most.")] = 500,
    words: Annotated[int, typer.Option(min=1, help="Words that are changed, at most.")] = 5,
    train: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Records with text and label: substitutes come from their words, and change no label.",
            show_default="data/validated/train.parquet where it is there",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same misspellings.")] = 1,
) -> None:
    """Change texts until the model no longer says their label.

    The words that matter most are changed first; the model is only asked, never looked into. Read what comes out: an
    attack counts only where a person would still say the label.

    \b
    promptgan attack --model models/adversarial --text "a warm and funny film"
    promptgan attack --text "a dull plot" --kind substitution --label negative --words 2
    promptgan attack --file positive.txt --label positive --out attacked.csv
    """
    from promptgan.tasks.classification.samples.attack import Budget
    from promptgan.tasks.classification.samples.attack import attack as attacked

    module = of_task(model, "prediction", REMEDY)
    texts = _texts(module, text, file)
    classifier: Classifier = module.load(model)
    true = (
        [classifier.number(label)] * len(texts)
        if label
        else [int(place) for place in classifier.probabilities(texts).argmax(1)]
    )
    found = attacked(texts, true, classifier.probabilities, _options(kind, train), Budget(queries, words), seed)
    rows: list[dict[str, Any]] = [
        {
            "text": each,
            "label": classifier.labels[place],
            "attacked": one.text,
            "predicted": classifier.labels[one.predicted],
            "probability": float(one.probabilities[one.predicted]),
            "changed": one.changed,
            "queries": one.queries,
        }
        for each, place, one in zip(texts, true, found, strict=True)
    ]
    _tell(rows, out)
    right = sum(one.before == place for one, place in zip(found, true, strict=True))
    print(f"misled about {sum(one.success for one in found)} of {right} texts that were read right")


def _texts(module: ModuleType, text: list[str] | None, file: Path | None) -> list[str]:
    if not text and file is None:
        raise typer.BadParameter("give --text, or --file with a text on each line")
    from promptgan.data.tables.reading import lines_of

    texts: list[str] = module.readable([normalise(each) for each in (*(text or []), *(lines_of(file) if file else []))])
    if not texts:
        raise typer.BadParameter(f"{file} holds no text")
    return texts


def _options(kind: Kind, train: Path | None) -> "Options":
    from promptgan.tasks.classification.samples.attacks import characters, deletion, substitution

    if kind == "characters":
        return characters.Attack()
    if kind == "deletion":
        return deletion.Attack()
    from promptgan.tasks.classification.samples import neighbours

    train = train or Path("data/validated/train.parquet")
    if not train.is_file():
        return substitution.Attack(neighbours.Neighbours(*neighbours.word_pieces()))
    import pandas as pd

    records = pd.read_parquet(train, columns=["text", "label"])
    labels = neighbours.label_counts(records["text"].tolist(), records["label"].tolist())
    return substitution.Attack(neighbours.Neighbours(*neighbours.word_pieces(labels), labels))


def _tell(rows: list[dict[str, Any]], out: Path | None) -> None:
    """Write rows as CSV, or print them as a table, texts on the left."""
    from promptgan.commands.terminal import table, terminal
    from promptgan.core.files import write_csv
    from promptgan.terms.visible import visible

    if out:
        write_csv(out, rows)
        print(f"{len(rows)} texts in {out}")
        return
    cells = [
        [f"{value:.3f}" if isinstance(value, float) else visible(str(value)) for value in row.values()] for row in rows
    ]
    terminal().print(table(list(rows[0]), cells, words=sum(isinstance(value, str) for value in rows[0].values())))


def mark(explained: "list[tuple[str, str, list[Word]]]", html: Path | None) -> None:
    """Print marked texts; write them as a page too where one is named.

    Args:
        explained: of each text what stands before it, what its words speak for, and the words.
        html: the page.
    """
    from promptgan.commands.terminal import terminal
    from promptgan.core.files import write_text
    from promptgan.tasks.classification import explanation

    console = terminal()
    for head, _, words in explained:
        console.print()
        console.print(f"{head}:", explanation.terminal(words))
    if html:
        parts = [explanation.fragment(words, label) for _, label, words in explained]
        write_text(html, "\n".join(['<!doctype html><meta charset="utf-8"><title>Why</title>', *parts, ""]))
        print(f"the marked texts are in {html}")
