"""Answers as server-sent events."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse

from promptgan.core.errors import PromptganError
from promptgan.serving.asks import Answer, Ask
from promptgan.serving.edge import Details, told
from promptgan.serving.service import Service

EVENTS = "text/event-stream"


async def streamed(
    service: Service,
    name: str,
    ask: Ask,
    details: Details,
    piece: Callable[[int, str], dict[str, Any]],
    last: Callable[[list[Answer]], dict[str, Any]],
    end: bytes = b"",
) -> StreamingResponse:
    """An answer as server-sent events, each what ``piece`` says of it; a refusal before the first has a status.

    Args:
        service, name, ask, details: see `Service.stream`.
        piece: a piece of the answer of a number.
        last: what is said of the whole answers.
        end: what comes at the very end; empty where the last event is called `done`.
    """
    pieces = service.stream(name, ask, details)
    first = await anext(pieces)

    async def events() -> AsyncIterator[bytes]:
        one: tuple[int, str] | list[Answer] | None = first
        try:
            while one is not None:
                if isinstance(one, list):
                    yield (b"" if end else b"event: done\n") + _event(last(one))
                else:
                    yield _event(piece(*one))
                one = await anext(pieces, None)
            if end:
                yield end
        except PromptganError as error:
            # its status is for log and metrics; the client has its 200 already
            yield b"event: error\ndata: " + told(error, details)[2] + b"\n\n"
        finally:
            await pieces.aclose()  # type: ignore[attr-defined]

    return StreamingResponse(
        events(), media_type=EVENTS, headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


def _event(content: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"
