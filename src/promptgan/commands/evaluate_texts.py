"""`promptgan evaluate-texts`: texts that anybody wrote against references, without a model."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import print_json


def evaluate_texts(
    samples: Annotated[Path, typer.Option(help="Generated texts: UTF-8, one a line.")],
    references: Annotated[Path, typer.Option(help="Real texts, likewise; thousands are better.")],
    training: Annotated[
        Path | None, typer.Option(help="What the generator learnt from, to count copies; likewise.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="What the samples answer, a line for each: adds relevance_embedding.")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Line n of both files belongs to the same prompt: adds ROUGE.")
    ] = False,
    tokenised: Annotated[
        bool, typer.Option("--tokenised", help="Words are what stands between spaces; else promptgan's own words.")
    ] = False,
    order: Annotated[int, typer.Option(min=1, max=4, help="Longest n-gram of the language models.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the references that stand for real text.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Numbers and signature as JSON.")] = False,
) -> None:
    """Measure texts against real ones, without a model.

    Prints each measure of the samples beside that of as many held-out references, which is the line that a perfect
    generator would reach, and how the numbers were computed. Works anywhere, from a wheel too; params.yaml is not read.

    \b
    promptgan evaluate-texts --samples mine.txt --references test.txt
    promptgan evaluate-texts --samples mine.txt --references test.txt --training train.txt --json
    promptgan evaluate-texts --samples mine.txt --references test.txt --paired --prompts asked.txt
    """
    from rich.console import Console

    from promptgan.tasks.text.measures.metrics import MEASURES
    from promptgan.tasks.text.measuring import measure

    found = measure(samples, references, training, tokenised, order, seed, prompts=prompts, paired=paired)
    if json:
        print_json(found._asdict())
        return
    from rich.table import Table

    known = {metric.name: metric.mark for metric in (*MEASURES.metrics, *MEASURES.further)}
    table = Table("", "samples", "real text", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value in found.samples.items():
        mark = known.get(name, known.get(name[:-1] + "4", ""))[:1]
        real = f"{found.real[name]:.4f}" if name in found.real else "–"
        table.add_row(f"{mark or ' '} {name}", f"{value:.4f}", real)
    console = Console(highlight=False)
    console.print(table)
    console.print("↑ more is better, ↓ less is better, → closer to real text is better")
    for line in found.signature:
        console.print(f"- {line}", markup=False, soft_wrap=True)
