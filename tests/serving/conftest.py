"""A tiny model in a folder, and a service of it as a process of its own."""

import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from promptgan.networks import folder
from tests import warm
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR

ROOT = Path(__file__).parents[2]
READY = re.compile(r"ready: (http://[\d.:]+)")


@pytest.fixture(scope="session")
def model(tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of texts with fresh weights, and a discriminator."""
    path = tmp_path_factory.mktemp("models") / "tiny"
    write_model(path, tokens, seed=0)
    return path


def write_model(path: Path, tokens: Path, seed: int) -> None:
    """Write a model folder whose weights follow from a seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        roles = {"generator": GENERATOR, "discriminator": DISCRIMINATOR}
        networks = {role: folder.build("tokens", role, section, EXAMPLE) for role, section in roles.items()}
    index = {**folder.described("text", "tokens", EXAMPLE), "seed": seed}
    folder.save(path, networks, roles, index, {"tokenizer.json": tokens / "tokenizer.json"})


@dataclass
class Server:
    """A running service."""

    process: subprocess.Popen[str]
    url: str
    log: Path
    lines: list[str] = field(default_factory=list)
    """What it has said."""

    def client(self, **settings: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=300, **settings)

    def post(self, route: str, body: dict[str, Any], **settings: Any) -> httpx.Response:
        with self.client() as client:
            return client.post(route, json=body, **settings)

    def connect(self) -> socket.socket:
        """A connection on which anything can be written."""
        host, port = self.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=30)


def written(body: dict[str, Any], route: str = "/v1/generate") -> bytes:
    """A request as it goes over the wire; the connection is closed after its answer."""
    content = json.dumps(body).encode()
    head = [f"POST {route} HTTP/1.1", "Host: x", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content


Start = Callable[..., Server]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts services, and ends them after the tests."""
    started: list[Server] = []

    def begin(*arguments: str) -> Server:
        path = tmp_path_factory.mktemp("log") / "log.sqlite"
        code = "from promptgan.cli import main; main()"
        options = ["--port", "0", "--log", str(path), "--timeout", "300", *arguments]
        command = [str(warm.python()), "-c", code, "serve", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=path.parent)
        assert process.stderr
        server = Server(process, "", path)
        started.append(server)
        for line in process.stderr:
            server.lines.append(line)
            if found := READY.search(line):
                server.url = found[1]
                break
        assert server.url, "".join(server.lines)
        threading.Thread(target=lambda: server.lines.extend(process.stderr or ()), daemon=True).start()
        return server

    yield begin
    for server in started:
        server.process.terminate()
    for server in started:
        server.process.wait(60)
        if server.process.stderr:
            server.process.stderr.close()


@pytest.fixture(scope="session")
def server(start: Start, model: Path) -> Server:
    """A service as it is started without options, but for the log, which holds texts."""
    return start("--model", f"tiny={model}", "--log-texts")
