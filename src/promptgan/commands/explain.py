"""`promptgan explain`: which words a discriminator takes for those of a real answer."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    text: Annotated[str, typer.Option(help="What is judged.")],
    prompt: Annotated[str, typer.Option(help="What it answers, where texts of the model answer prompts.")] = "",
    model: Annotated[Path, typer.Option(help="A model folder of texts that holds a discriminator.")] = Path(
        "models/adversarial"
    ),
    html: Annotated[Path | None, typer.Option(help="Write the text with its marks as a page.")] = None,
) -> None:
    """Mark the words that make a text look real or drawn.

    Prints the discriminator's logit, which is above 0 for what looks real. + stands before a word that makes it larger,
    - before one that makes it smaller, by integrated gradients; needs the libraries of `make tools`.

    \b
    promptgan explain --prompt "how was your weekend?" --text "it was great , thanks"
    promptgan explain --prompt "any plans?" --text "yes yes yes" --html why.html
    """
    from promptgan.applications.explanation import explained
    from promptgan.commands.classify import mark
    from promptgan.lineage.tools import tool

    tool("captum.attr", "explain")
    found = explained(model, prompt, text)
    mark([(f"logit {found.logit:+.3f}", "a real answer", found.words)], html)
