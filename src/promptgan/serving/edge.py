"""The outermost layer of the service: who may ask, how much and how slowly; an id, times and a log line for each."""

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.serving.contacts import masked
from promptgan.serving.keys import Doorkeeper
from promptgan.serving.log import Asked, Log, mean_length
from promptgan.serving.metrics import Metrics
from promptgan.serving.refusals import Refused, TooLarge, TooSlow

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]

DETAILS = "promptgan"
"""The key of a request's scope under which its `Details` are."""
ROUTES = re.compile(
    r"/(?:v1/(?:generate|classify|score|support|recommend|feedback|models|completions|chat/completions)"
    r"|healthz|readyz)?"
)
"""Those by whose path requests are counted; all others are one, so that nobody makes up series."""
MAX_BYTES = 65_536
"""Of the body of a request."""
SLOW = 10.0
"""Seconds that a body may take."""
GONE = 499
"""The status, nginx's, of a request whose sender went away."""
access = logging.getLogger("promptgan.access")


@dataclass
class Details:
    """What becomes known of a request while it is answered, for log and metrics."""

    id: str
    at: float
    who: str = ""
    """The name of an API key, or an address."""
    keyed: bool = False
    """Whether it is the name of a key."""
    model: str = ""
    revision: str = ""
    queued: float = 0.0
    tokens: int = 0
    prompts: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    """The discriminator's, of each answer."""
    verdict: str | None = None
    repeated: int = 0
    code: str = ""
    """Of a refusal."""
    status: int = 0

    @property
    def head(self) -> dict[str, Any]:
        """What the answers of the service's own routes begin with."""
        return {"id": self.id, "model": self.model, "revision": self.revision}

    def row(self, route: str, seconds: float, log_texts: bool, shadow: int = 0) -> Asked:
        """The row of the log that it makes, see `Asked`; with its texts, masked, where ``log_texts``."""
        return Asked(
            *(self.id, self.at, route, self.model, self.revision, self.status, seconds, self.queued, self.tokens),
            prompt=masked("\n".join(self.prompts)) if log_texts else None,
            answer=masked("\n".join(filter(None, self.answers))) if log_texts else None,
            prompt_length=mean_length(self.prompts),
            answer_length=mean_length(self.answers),
            score=fmean(self.scores) if self.scores else None,
            verdict=self.verdict,
            repeated=self.repeated,
            shadow=shadow,
        )


def told(error: PromptganError, details: Details) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that tell an error, and note it; OpenAI's clients read the body too."""
    status, code = (error.status, error.code) if isinstance(error, Refused) else (422, "unusable_request")
    details.status, details.code = status, code
    headers = {"content-type": "application/json"}
    if isinstance(error, Refused) and error.retry_after:
        headers["retry-after"] = str(error.retry_after)
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    kind = "invalid_request_error" if status < 500 else "server_error"
    said = {"message": error.problem, "remedy": error.remedy, "type": kind, "code": code, "param": None}
    return status, headers, json.dumps({"error": said}).encode()


class Edge:
    """An ASGI application around another one.

    A body is read whole before the application is called, at most `MAX_BYTES` and `SLOW` seconds of it. When
    whoever asked goes away, the task that answers is cancelled.

    Args:
        app: what answers.
        doorkeeper: asked about every request below /v1/.
        log: gets a row of each that asks a model.
        metrics: count all.
        log_texts: whether the row has prompt and answer.
    """

    def __init__(self, app: App, doorkeeper: Doorkeeper, log: Log, metrics: Metrics, log_texts: bool) -> None:
        self.app, self.doorkeeper, self.log, self.metrics = app, doorkeeper, log, metrics
        self.log_texts = log_texts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
                return
            await self.app(scope, receive, send)
            return
        details, begun = Details(uuid.uuid4().hex, time.time()), time.monotonic()
        scope[DETAILS] = details

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                details.status = message["status"]
                headers = [(b"x-request-id", details.id.encode()), (b"x-content-type-options", b"nosniff")]
                message["headers"] = [*message.get("headers", []), *headers]
            await send(message)

        try:
            self._admit(scope, details)
            body = await self._body(scope, receive)
            await self._answered(scope, body, receive, answer)
        except Refused as error:
            status, told_headers, content = told(error, details)
            told_headers["content-length"] = str(len(content))
            headers = [(name.encode(), value.encode()) for name, value in told_headers.items()]
            if status in (TooLarge.status, TooSlow.status):
                headers.append((b"connection", b"close"))  # what is left of the body is not read
            await answer({"type": "http.response.start", "status": status, "headers": headers})
            await answer({"type": "http.response.body", "body": content})
        except ConnectionError:
            details.status = GONE
        finally:
            self._record(scope, details, time.monotonic() - begun)

    def _admit(self, scope: Message, details: Details) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        details.who = address
        if scope["path"].startswith("/v1/") and scope["method"] != "OPTIONS":
            headers = dict(scope["headers"])
            given = headers.get(b"authorization", b"").decode("latin-1")
            details.who = self.doorkeeper.name(given, address)
            details.keyed = bool(self.doorkeeper.names)
            if scope["method"] == "POST":
                self.doorkeeper.take(details.who)

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            TooLarge, TooSlow: it is.
            ConnectionError: whoever sent it went away.
        """
        too_large = TooLarge(f"the body has more than {MAX_BYTES:,} bytes", "send less")
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and (len(length) > 18 or int(length) > MAX_BYTES):
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(SLOW):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ConnectionError
                    body += message.get("body", b"")
                    if len(body) > MAX_BYTES:
                        raise too_large
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            raise TooSlow(f"the body took more than {SLOW:g} s", "send it faster") from None

    async def _answered(self, scope: Message, body: bytes, receive: Receive, send: Send) -> None:
        """Let the application answer, until it is done or nobody is there to read it.

        The server tells of a disconnection after a whole answer too, while the application may still close a file.

        Raises:
            ConnectionError: whoever asked went away.
        """
        gone, messages = asyncio.Event(), [{"type": "http.request", "body": body, "more_body": False}]
        whole = False

        async def sent(message: Message) -> None:
            nonlocal whole
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        async def received() -> Message:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        answering, leaving = asyncio.create_task(self.app(scope, received, sent)), asyncio.create_task(left())
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            if whole:
                await answering
            if not answering.done():
                gone.set()
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
                raise ConnectionError
            answering.result()
        finally:
            leaving.cancel()
            answering.cancel()

    def _record(self, scope: Message, details: Details, seconds: float) -> None:
        """Count the request, say a line about it without its texts, and give the log its row."""
        route = scope["path"] if ROUTES.fullmatch(scope["path"]) else "other"
        d = details
        d.status = d.status or 500
        self.metrics.requests.labels(route, d.model, d.status).inc()
        self.metrics.seconds.labels(route, d.model).observe(seconds)
        if d.code:
            self.metrics.refused.labels(d.code).inc()
        line = {"id": d.id, "at": round(d.at, 3), "who": d.who, "method": scope["method"], "route": route}
        line |= {"model": d.model, "status": d.status, "seconds": round(seconds, 4), "queued": round(d.queued, 4)}
        access.info(json.dumps({**line, "tokens": d.tokens, "code": d.code, "verdict": d.verdict}))
        if not route.startswith("/v1/") or scope["method"] != "POST" or route == "/v1/feedback":
            return
        self.log.append(d.row(route, seconds, self.log_texts))
