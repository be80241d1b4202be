"""Small packages of every kind, and a web server on this machine that can misbehave."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    length: int | None = None  # what Content-Length claims; None for the truth
    chunks: bool = False  # send no length at all


@dataclass
class Server:
    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def serve(self, path: str, *answers: Answer) -> str:
        """Give these answers in turn, the last one for ever; the address to ask."""
        self.answers[path] = list(answers)
        return self.url + path


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            queue = state.answers.get(self.path, [Answer(404)])
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
            self.send_response(answer.status)
            if not answer.chunks:
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()
