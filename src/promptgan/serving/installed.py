"""Whether what the service needs is installed."""

import importlib.util

from promptgan.core.errors import PromptganError

NEEDED = ("fastapi", "uvicorn", "uvloop", "httptools", "prometheus_client")


class ServiceNotInstalled(PromptganError):
    """The libraries of the service are not installed."""


def require() -> None:
    """Refuse to serve without them.

    Raises:
        ServiceNotInstalled: names those that are missing.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise ServiceNotInstalled(
            f"not installed: {', '.join(missing)}",
            "`make serve` installs them; of a wheel pip install 'promptgan[serve]'",
        )
