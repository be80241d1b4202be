"""`promptgan export`: a fine-tuned language model for other programs."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    out: Annotated[Path, typer.Argument(help="The folder to write; it must not be there yet.")],
    model: Annotated[Path, typer.Option(help="A model folder.")] = Path("models/adversarial"),
) -> None:
    """Write a language model for transformers to open.

    For recipes whose generator is a pretrained model, such as text-lm. The folder needs nothing else: the adapters are
    added to the weights, and its chat template turns the last message into a prompt.

    \b
    promptgan export my-model
    promptgan export --model models/pretrained the-twin
    """
    from promptgan.tasks.text.export import export as write

    write(model, out)
    print(f"{out}: open it with transformers.AutoModelForCausalLM.from_pretrained")
