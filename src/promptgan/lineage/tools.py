"""Libraries that only some commands need, each named by an extra of the wheel."""

import importlib
from typing import Any

from promptgan.core.errors import PromptganError


class ToolMissing(PromptganError):
    """A library that this command needs is not installed."""


def tool(module: str, extra: str) -> Any:
    """Import ``module``, which ``extra`` brings.

    Raises:
        ToolMissing: it is not installed, or something that it needs is not.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        here = "pip install -r requirements-serve.lock" if extra == "serve" else "make tools"
        raise ToolMissing(
            f"the package {module.partition('.')[0]} cannot be imported: {error}",
            f"`{here}` installs it; of a wheel `pip install 'promptgan[{extra}]'`",
        ) from error
