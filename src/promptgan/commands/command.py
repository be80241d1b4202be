"""How a function becomes a command of `promptgan`."""

import functools
from collections.abc import Callable
from typing import Any

import typer


def command(app: typer.Typer, *, anywhere: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a function to ``app`` as a command, under its own name; expected failures are printed without a traceback.

    Outside of a repository it is refused, unless it works ``anywhere``.
    """

    def add(function: Callable[..., None]) -> Callable[..., None]:
        @app.command(name=function.__name__.strip("_").replace("_", "-"))
        @functools.wraps(function)
        def clean(*args: Any, **kwargs: Any) -> None:
            from promptgan.core.errors import clean_errors
            from promptgan.repository import require_any

            with clean_errors():
                if not anywhere:
                    require_any()
                function(*args, **kwargs)

        return clean

    return add


def group(help: str) -> typer.Typer:
    """A group of commands, such as `promptgan lineage`."""
    return typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, help=help
    )


def print_json(document: object) -> None:
    """Print JSON for a program to read."""
    import json

    print(json.dumps(document, indent=2, ensure_ascii=False))
