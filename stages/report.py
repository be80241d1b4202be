"""DVC stage `report`: the page and the model card."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

from typing import Annotated

import typer

from promptgan.core.errors import clean_errors
from promptgan.reporting.card import card
from promptgan.reporting.contents import read
from promptgan.reporting.page import page


def main(
    root: Annotated[Path, typer.Option(help="Folder that the outputs of the other stages lie in.")] = Path(),
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("reports/html"),
) -> None:
    """Write one self-contained page and a model card, from what the other stages left behind and people's ratings."""
    with clean_errors():
        contents = read(root)
        files = {"index.html": page(contents), "README.md": card(contents)}
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            temporary = out / (name + ".partial")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(out / name)
        print(f"open {out / 'index.html'}")


if __name__ == "__main__":
    typer.run(main)
