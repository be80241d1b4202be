"""`promptgan support`: known answers where a question is like a known one, and the generator's where it is not."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Known answers to questions, else the generator's.")
FOLDER = Path("models/support")
Data = Annotated[Path, typer.Option(help="Folder of validated splits.")]
Folder = Annotated[Path, typer.Option("--index", help="What `promptgan support build` writes.")]
Model = Annotated[Path, typer.Option(help="Model folder of the generator.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")]


@command(app, anywhere=True)
def build(
    data: Data = Path("data/validated"),
    out: Annotated[Path, typer.Option(help="Where the index is written.")] = FOLDER,
    precision: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the retrieved answers that shall be like a reference.")
    ] = 0.5,
    like: Annotated[
        float, typer.Option(min=-1, max=1, help="Cosine with a reference from which an answer is like it.")
    ] = 0.5,
) -> None:
    """Index the training questions, and choose on validation from which score on they answer.

    The nearest question is found by BM25, by embeddings, or by both ranks together, whichever answers the most
    validation questions at the precision. The test split is not read. Needs the libraries of requirements-serve.lock.

    \b
    promptgan support build
    promptgan support build --precision 0.8
    """
    from promptgan.applications.support import support
    from promptgan.commands.terminal import table, terminal

    choices = support.build(data, out, precision, like)
    heads = ["ranker", "threshold", "answered", "like a reference", "relevance of all"]
    rows = [
        [
            each.ranker,
            "never" if each.threshold is None else f"{each.threshold:.3f}",
            f"{each.answered} of {each.questions}",
            f"{each.right} of {each.answered}",
            f"{each.relevance:.3f}",
        ]
        for each in choices
    ]
    terminal().print(table(heads, rows))
    if choices[0].threshold is None:
        print(
            f"no score lets {support.FEWEST} validation questions through at a precision of {precision:g}: the"
            " generator answers everything"
        )
    print(f"{out} holds the index; ranker {choices[0].ranker}")


@command(app, anywhere=True)
def measure(
    index: Folder = FOLDER,
    model: Model = Path("models/adversarial"),
    data: Data = Path("data/validated"),
    seed: Seed = 1,
    json: Annotated[bool, typer.Option("--json", help="Numbers and signature as JSON.")] = False,
) -> None:
    """Measure answers on the test split.

    Retrieval with the generator behind it, beside retrieval by each ranker alone, the generator alone, and a random
    training answer, each with a bootstrap interval: how many questions are answered by retrieval, how near answers are
    to those of the test split, and how often a retrieved one is confidently wrong.

    \b
    promptgan support measure
    promptgan support measure --model models/pretrained --json
    """
    from promptgan.applications.support import measures
    from promptgan.commands import measured

    measured.say(measures.measure(index, model, data, seed), json)


@command(app, anywhere=True)
def ask(
    text: Annotated[list[str], typer.Option("--text", help="A question; give it several times for several.")],
    index: Folder = FOLDER,
    model: Model = Path("models/adversarial"),
    seed: Seed = 1,
) -> None:
    """Answer questions, and say where each answer is from.

    Below the answer stands the training pair whose question is nearest: its record, which `promptgan lineage impact
    --record` knows, and the cosine of the two questions.

    \b
    promptgan support ask --text "my laptop does not turn on"
    """
    from promptgan.applications.support import support
    from promptgan.terms.visible import visible

    known = support.load(index)
    found = known.nearest(text)
    unsure = [question for question, pair in zip(text, found, strict=True) if not known.sure(pair)]
    written = iter(support.drawn(model, unsure, seed) if unsure else [])
    for question, pair in zip(text, found, strict=True):
        sure = known.sure(pair)
        print(f"> {visible(question)}")
        print(f"  {visible(pair.answer if sure else next(written))}")
        print(f"  {'retrieved' if sure else 'generated'}; nearest: {pair.record} ({pair.score:.3f}),", end=" ")
        print(visible(pair.question))
