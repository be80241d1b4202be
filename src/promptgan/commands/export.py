"""`promptgan export`: a fine-tuned language model for other programs."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    out: Annotated[Path, typer.Argument(help="The folder to write; it must not be there yet.")],
    model: Annotated[Path, typer.Option(help="A model folder.")] = Path("models/adversarial"),
) -> None:
    """Write a fine-tuned language model as a folder that `transformers` opens by itself.

    For recipes whose generator is a pretrained model, such as text-lm. The adapters are added to its weights; its chat
    template turns the last message into a prompt.

    \b
    promptgan export my-model
    promptgan export --model models/pretrained the-twin
    """
    from promptgan.tasks.text.export import export as write

    write(model, out)
    print(f"{out}: open it with transformers.AutoModelForCausalLM.from_pretrained")
