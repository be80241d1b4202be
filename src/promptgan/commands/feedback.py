"""`promptgan feedback`: what people said of answers, and the next version of the data."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group, print_json
from promptgan.serving.log import LOG

app = group("What people say of answers; the next version of the data.")
Log = Annotated[Path, typer.Option(help="The service's log.")]


@command(app, anywhere=True)
def list_(
    log: Log = LOG,
    examples: Annotated[int, typer.Option(min=0, help="Pairs shown, the latest.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the accepted pairs and all counts as JSON.")] = False,
) -> None:
    """Say what feedback teaches, and what of it teaches nothing and why.

    A correction teaches what the answer should have been; a thumb up teaches the answer. Without consent nothing is
    taken. Each pair has its id, prompt and text, and who said it.

    \b
    promptgan feedback list
    promptgan feedback list --examples 100
    """
    from promptgan.learning.accepted import accepted
    from promptgan.learning.withdrawal import FEWEST
    from promptgan.serving.log import Feedback, rows
    from promptgan.terms.visible import visible

    pairs, left = accepted(rows(log, Feedback))
    if json:
        print_json({"accepted": [pair._asdict() for pair in pairs], "left_out": dict(left)})
        return
    print(f"{len(pairs)} pair(s) to learn from")
    for pair in pairs[max(0, len(pairs) - examples) :]:
        print(visible(f"  {pair.feedback[:FEWEST]}  {pair.prompt} -> {pair.text} ({pair.source})"))
    if len(pairs) > examples:
        print(f"  and {len(pairs) - examples:,} before")
    for why, count in left.most_common():
        print(f"  {count} left out: {why}")


@command(app, anywhere=True)
def remove(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Of the request, or of the feedback; 8 letters do.")],
    log: Log = LOG,
) -> None:
    """Delete what somebody said from the log.

    The logged texts of the request go too, and of a shadow's answer to it; the numbers stay. What was learnt from
    already is a record: `promptgan data remove`.

    \b
    promptgan feedback remove 5f0c2b1e
    """
    from promptgan.learning import withdrawal

    held = withdrawal.named(identifier, log)
    withdrawal.delete(held, log)
    print(f"deleted: {len(held.feedback)} of feedback, the texts of {len(held.requests)} answer(s)")


@command(app)
def export(
    log: Log = LOG,
    model: Annotated[Path, typer.Option(help="The model that serves: its successor begins with its weights.")] = Path(
        "models/adversarial"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Train the successor from fresh weights.")] = False,
) -> None:
    """Make feedback the next version of the data.

    params.yaml becomes the training of a successor. The new version is own data: everything that was there, and the
    accepted pairs with their source and consent. Each record that was there keeps its split, so that the old test
    records tell what is forgotten; of a data set that is not own data these are all that are validated. Records that
    data/excluded.csv lists are left out. Training goes on from the model, on new pairs mixed with a replay of known
    ones, with its tokenizer.

    \b
    promptgan feedback export
    promptgan feedback export --fresh
    """
    from promptgan.core.parameters import load_params
    from promptgan.learning import versions, warm
    from promptgan.learning.accepted import accepted
    from promptgan.recipes import presets
    from promptgan.serving.log import Feedback, rows

    root = Path.cwd()
    pairs, left = accepted(rows(log, Feedback))
    document = load_params()
    index, begun = (None, warm.afresh(document)) if fresh else (warm.require(model, document), {})
    print(f"reading the data, and {len(pairs):,} pair(s) of feedback", flush=True)
    version = versions.make(pairs, root)
    values = {"data": version.section, **versions.implied(document, version)}
    if version.new:
        values |= begun
    if index and version.new:
        values |= warm.sections(document, warm.start(model, index, version.known, root), version.new)
    presets.set_values(values)
    print(
        f"{version.old:,} pairs that were there, {version.new:,} of feedback; not taken: {left.total():,}"
        + (", `promptgan feedback list` says why" if left else "")
    )
    if version.excluded:
        print(f"{version.excluded:,} left out because data/excluded.csv lists them")
    print(f"data: data/own/{version.section['sha256']}/{version.section['file']}")
    if version.new:
        print("training begins " + ("with fresh weights" if fresh else f"with {model}, replaying what it knows"))
    else:
        print("nothing is new, so training stays as it was: the model is made again without what is left out")
    print("next: make run, commit what it changed, then promptgan promote")
