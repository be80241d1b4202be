"""What nobody should send: refused with a reason, never a 500, and nobody else is kept waiting."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.serving import hostile
from tests.serving.conftest import Server, Start, written


def test_hostile_requests_are_refused_and_others_answered(start: Start, model: Path, tmp_path: Path) -> None:
    server = start("--model", f"m={model}")
    said = tmp_path / "said"
    said.touch()
    service = SimpleNamespace(port=int(server.url.rsplit(":", 1)[1]), said=SimpleNamespace(name=str(said)))
    found = asyncio.run(hostile(service, 250))
    assert found["5xx or a traceback"] == 0, found["the first of these"]
    assert found["a right one after them"] == 200
    assert found["by status"].keys() >= {"400", "404", "413", "422"}
    assert "Traceback" not in "".join(server.lines)


@dataclass(frozen=True)
class Slow:
    """Connections that were left in the middle at the same time, since each is waited for for ten seconds."""

    begun: float
    body: socket.socket
    head: socket.socket
    second: socket.socket
    """Of a connection on which one request was answered."""


@pytest.fixture(scope="module")
def slow(server: Server) -> Iterator[Slow]:
    begun = time.monotonic()
    with server.connect() as body, server.connect() as head, server.connect() as second:
        body.sendall(written({"prompt": "fish"})[:-3])
        head.sendall(b"POST /v1/generate HT")
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = HTTPResponse(second)
        answer.begin()
        answer.read()
        second.sendall(b"POST /v1/generate HT")
        yield Slow(begun, body, head, second)


def test_a_slow_body_is_given_up(slow: Slow) -> None:
    told = HTTPResponse(slow.body)
    told.begin()
    assert told.status == 408
    assert json.load(told)["error"]["code"] == "too_slow"
    assert time.monotonic() - slow.begun > 9


def test_a_connection_that_says_nothing_is_closed(slow: Slow) -> None:
    assert slow.head.recv(100) == b""


def test_a_later_request_that_does_not_come_is_not_waited_for(slow: Slow) -> None:
    assert slow.second.recv(100) == b""
