"""HTTP that does not wait for ever: a connection whose request does not come is closed."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 10.0
"""Seconds from connecting until the head of the first request is whole."""


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with a limit on how long the head of a first request may take.

    Between requests of a connection uvicorn itself closes those that are idle.
    """

    def connection_made(self, transport: Any) -> None:  # noqa: D102 - asyncio's
        super().connection_made(transport)
        self._late = asyncio.get_running_loop().call_later(HEAD, self._close_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102 - asyncio's
        self._late.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        begun: object = self.cycle  # uvicorn's types do not say that there is none at first
        if begun is None:
            self.transport.close()
