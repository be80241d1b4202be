"""Libraries that only some commands need; `make tools` installs them."""

import importlib
from typing import Any

from promptgan.core.errors import PromptganError


class ToolMissing(PromptganError):
    """A library that this command needs is not installed."""


def tool(module: str, distribution: str) -> Any:
    """Import ``module``, which the package ``distribution`` brings.

    Raises:
        ToolMissing: it is not installed, or something that it needs is not.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ToolMissing(
            f"the package {distribution} cannot be imported: {error}", "run `make tools`, once"
        ) from error
