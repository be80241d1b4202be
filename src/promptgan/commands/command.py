"""How a function becomes a command of `promptgan`."""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from promptgan.core.errors import PromptganError


class NotForThisTask(PromptganError):
    """A command means nothing to models of the task."""


def command(app: typer.Typer, *, anywhere: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a function to ``app`` as a command, under its own name; expected failures are printed without a traceback.

    Outside of a repository it is refused, unless it works ``anywhere``.
    """

    def add(function: Callable[..., None]) -> Callable[..., None]:
        @app.command(name=function.__name__.strip("_").replace("_", "-"))
        @functools.wraps(function)
        def clean(*args: Any, **kwargs: Any) -> None:
            from promptgan.core import compute  # noqa: F401 - before torch: its threads wait without spinning
            from promptgan.core.errors import clean_errors
            from promptgan.repository import require_any

            with clean_errors():
                if not anywhere:
                    require_any()
                function(*args, **kwargs)

        return clean

    return add


@contextmanager
def resumable() -> Iterator[None]:
    """Say, where Ctrl-C ends what runs here, that the same command goes on."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None


def task_of(model: Path) -> str:
    """The task that a model folder is of.

    Raises:
        NotAModelFolder: it has no readable index, or holds no model, for the recipe has none there.
    """
    from promptgan.networks import folder

    return str(folder.load(model, names=()).index.get("task"))


def of_task(model: Path, file: str, remedy: str) -> ModuleType:
    """The module ``file`` of the task that a model folder is of: of its room `samples`, or beside its rooms.

    Beside them stands what no stage reads, so that a change of it reruns none.

    Raises:
        NotAModelFolder: see `task_of`.
        ParameterError: its task is none of promptgan's.
        NotForThisTask: the task has no such module; says the ``remedy``.
    """
    from promptgan.core.choices import choose

    task = task_of(model)
    choose("promptgan.tasks", task, f"{model / 'index.json'} task", "samples")
    for name in (f"promptgan.tasks.{task}.samples.{file}", f"promptgan.tasks.{task}.{file}"):
        if find_spec(name):
            return import_module(name)
    raise NotForThisTask(f"{model}: there is no {file} for a model whose task is {task}", remedy)


def group(help: str) -> typer.Typer:
    """A group of commands, such as `promptgan lineage`."""
    return typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, help=help
    )


def print_json(document: object) -> None:
    """Print JSON for a program to read."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
