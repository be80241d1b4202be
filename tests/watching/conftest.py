"""A log as a service leaves it, and the training data beside it."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from promptgan.serving.log import Asked, Feedback, Log

BEGUN = 1_800_000_000.0
WORDS = ("the", "tea", "was", "warm", "and", "we", "had", "bread", "with", "soup", "on", "a", "quiet", "day", "by")


def sentence(random_: random.Random, words: int) -> str:
    return " ".join(random_.choice(WORDS) for _ in range(words))


def asked(number: int, **changed: object) -> Asked:
    row = {
        "id": f"r{number:04d}", "at": BEGUN + 30.0 * number, "route": "/v1/generate", "model": "support",
        "revision": "a" * 64, "status": 200, "seconds": 0.2, "queued": 0.1, "tokens": 10,
        "prompt": None, "answer": None, "prompt_length": 20, "answer_length": 30,
    }  # fmt: skip
    return Asked(**{**row, **changed})  # type: ignore[arg-type]


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with server:
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
    thread.join()


def logged(path: Path, *rows: Asked | Feedback) -> Path:
    """Write rows into a log, beside those that it has."""
    log = Log(path)
    for row in rows:
        log.append(row)
    log.close()
    return path


@pytest.fixture
def write_log(tmp_path: Path) -> Callable[..., Path]:
    return partial(logged, tmp_path / "log.sqlite")


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(1)
    rows = [(sentence(draw, draw.randint(3, 12)), sentence(draw, draw.randint(3, 12))) for _ in range(300)]
    path = tmp_path_factory.mktemp("validated") / "train.parquet"
    pd.DataFrame(rows, columns=["prompt", "text"]).to_parquet(path)
    return path
