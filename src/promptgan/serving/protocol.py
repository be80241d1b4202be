"""HTTP that does not wait for ever: a connection whose request does not come is closed."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD = 10.0
"""Seconds until the head of a request is whole: of the first from connecting, of others from their first byte."""


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with a limit on how long the head of a request may take.

    Between requests of a connection uvicorn itself closes those that are idle.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: D102 - asyncio's
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:  # noqa: D102 - asyncio's
        begun: RequestResponseCycle | None = self.cycle  # uvicorn's types do not say that there is none at first
        if begun and begun.response_complete and not self._late:
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:  # noqa: D102 - httptools'
        self._cancel()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102 - asyncio's
        self._cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._late = asyncio.get_running_loop().call_later(HEAD, self.transport.close)

    def _cancel(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None
