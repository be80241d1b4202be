"""The service under load, on the loopback: what docs/serve.md claims, each as a number.

    nice .venv/bin/python benchmarks/serving.py [MODEL_FOLDER] [--requests 10000] [--hostile 2000]

The load generator is in here: connections that are kept open, an open loop at a given rate, answers told apart by their
seeds. It shares the machine with the service, and so do other programs; the share of the CPU that they left idle while
measuring is printed beside the numbers.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
PROMPT = "how was your weekend?"


class Service:
    """`promptgan serve` as a process of its own, its log in a folder that goes away."""

    def __init__(self, model: Path, *arguments: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        code = "from promptgan.cli import main; main()"
        log = str(Path(self.folder.name) / "log.sqlite")
        command = [sys.executable, "-c", code, "serve", "--model", f"m={model.resolve()}", "--port", "0", "--log", log]
        self.said = (Path(self.folder.name) / "said").open("w+")
        self.begun = time.monotonic()
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self.process = subprocess.Popen([*command, *arguments], stderr=self.said, env=environment, cwd=self.folder.name)
        while not (found := re.search(r"ready: http://127.0.0.1:(\d+)", Path(self.said.name).read_text())):
            if self.process.poll() is not None:
                raise SystemExit(Path(self.said.name).read_text())
            time.sleep(0.02)
        self.port = int(found[1])

    def workers(self) -> list[psutil.Process]:
        """Its worker processes."""
        return psutil.Process(self.process.pid).children()

    def memory(self) -> float:
        """Megabytes of the service and its workers."""
        return sum(p.memory_info().rss for p in [psutil.Process(self.process.pid), *self.workers()]) / 2**20

    def cpu(self) -> dict[str, float]:
        """CPU seconds that the service and its workers have used, which other programs change little."""
        processes = {"service": [psutil.Process(self.process.pid)], "workers": self.workers()}
        return {name: round(sum(sum(p.cpu_times()[:2]) for p in each), 2) for name, each in processes.items()}

    def end(self) -> None:
        """End it as an operator would."""
        self.process.terminate()
        self.process.wait(60)
        self.said.close()
        self.folder.cleanup()


class Connection:
    """One that is kept open, and opened again where the service closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        content = json.dumps(body).encode()
        head = "POST /v1/generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(f"{head}{len(content)}\r\n\r\n".encode() + content)
        told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in told[1:]) if name}
        answer = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(told[0].split()[1]), headers, answer

    def close(self) -> None:
        """Close it."""
        if self.streams:
            self.streams[1].close()
            self.streams = None


def body(seed: int) -> dict[str, Any]:
    """A request whose answer follows from the seed."""
    return {"prompt": PROMPT, "seed": seed}


async def closed_loop(port: int, connections: int, count: int) -> float:
    """Requests a second of so many connections, each of which asks again as soon as it is answered."""
    seeds = iter(range(count))

    async def one() -> None:
        connection = Connection(port)
        for seed in seeds:
            status, _, _ = await connection.post(body(seed))
            assert status == 200, status
        connection.close()

    begun = time.monotonic()
    await asyncio.gather(*(one() for _ in range(connections)))
    return count / (time.monotonic() - begun)


def measured(service: Service, connections: int, count: int) -> tuple[float, dict[str, float]]:
    """Requests a second, and CPU milliseconds of each, by process."""
    before = service.cpu()
    rate = asyncio.run(closed_loop(service.port, connections, count))
    return rate, {name: round(1000 * (after - before[name]) / count, 2) for name, after in service.cpu().items()}


async def open_loop(port: int, rate: float, seconds: float) -> list[float]:
    """Seconds of each request that comes at random times at a rate (a Poisson process), whoever is still waiting."""
    free: list[Connection] = []
    took: list[float] = []

    async def one(seed: int, due: float) -> None:
        connection = free.pop() if free else Connection(port)
        status, _, _ = await connection.post(body(seed))
        assert status == 200, status
        took.append(time.monotonic() - due)
        free.append(connection)

    draw, due, tasks = random.Random(1), time.monotonic(), []
    end = due + seconds
    while due < end:
        due += draw.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        tasks.append(asyncio.create_task(one(len(tasks), due)))
    await asyncio.gather(*tasks)
    for connection in free:
        connection.close()
    return took


async def own_time(model: Path) -> float:
    """Median milliseconds that the model itself takes for the same requests, asked in this process."""
    import torch

    from promptgan.serving.asks import Ask
    from promptgan.serving.drawing.text import Drawer

    torch.set_num_threads(1)
    drawer = Drawer(model, torch.device("cpu"))
    took = []
    for seed in range(220):
        begun = time.perf_counter()
        drawer.generate([Ask((PROMPT,), seed=seed)], lambda *told: None)
        took.append(time.perf_counter() - begun)
    return 1000 * statistics.median(took[20:])


async def alone(port: int) -> float:
    """Median milliseconds of requests that are asked one after the other."""
    connection, took = Connection(port), []
    for seed in range(220):
        begun = time.perf_counter()
        await connection.post(body(seed))
        took.append(time.perf_counter() - begun)
    connection.close()
    return 1000 * statistics.median(took[20:])


async def endurance(service: Service, count: int) -> dict[str, Any]:
    """Ask so often while workers are killed, models reloaded and the queue overfilled; 429s are asked again."""
    answers: dict[int, list[bytes]] = {}
    counts = {"429": 0, "other": 0}
    memory: list[float] = []
    seeds = iter(range(count))

    async def one() -> None:
        connection = Connection(service.port)
        for seed in seeds:
            while True:
                status, headers, content = await connection.post(body(seed))
                if status == 200:
                    answers.setdefault(seed, []).append(json.dumps(json.loads(content)["answers"][0]["text"]).encode())
                    break
                counts["429" if status == 429 else "other"] += 1
                if status != 429:
                    break
                await asyncio.sleep(0.2 * random.random() * int(headers["retry-after"]))
        connection.close()

    asking = [asyncio.create_task(one()) for _ in range(64)]
    kills = reloads = 0
    while not all(task.done() for task in asking):
        done = len(answers)
        memory.append(service.memory())
        if done > (kills + 1) * count / 6:
            if workers := service.workers():
                workers[0].kill()
            kills += 1
        if done > (reloads + 0.5) * count / 6:
            service.process.send_signal(signal.SIGHUP)
            reloads += 1
        await asyncio.sleep(0.25)
    await asyncio.gather(*asking)
    connection, wrong = Connection(service.port), 0
    for seed in random.Random(2).sample(range(count), min(count, 200)):
        _, _, content = await connection.post(body(seed))
        wrong += json.dumps(json.loads(content)["answers"][0]["text"]).encode() != answers.get(seed, [b""])[0]
    connection.close()
    return {
        "requests": count,
        "lost": count - len(answers),
        "answered twice": sum(len(told) > 1 for told in answers.values()),
        "other than when asked again": f"{wrong} of 200",
        "kills": kills,
        "reloads": reloads,
        **counts,
        "memory MB": {"first tenth": memory[len(memory) // 10], "last": memory[-1], "most": max(memory)},
    }


async def steady(service: Service, count: int) -> dict[str, float]:
    """Megabytes after the first tenth of so many requests, and after all."""
    await closed_loop(service.port, 16, count // 10)
    first = service.memory()
    await closed_loop(service.port, 16, count - count // 10)
    return {"after a tenth": round(first, 1), f"after {count}": round(service.memory(), 1)}


def hostile_bytes(seed: int) -> bytes:
    """A request that nobody should send, drawn from kinds of wrong bodies, headers, encodings and paths."""
    r = random.Random(seed)
    routes = ["generate", "classify", "score", "feedback", "completions", "chat/completions"]
    junk = bytes(r.randrange(256) for _ in range(r.randrange(200)))
    strange = r.choice(["\ud800", "\u0000", "\u202e" * 50, "\ufeff", "𝕏" * 4001, "a" * 70_000, "é" * 30, "\r\n\r\n"])
    number: Any = r.choice([-1, 0, 1e308, -0.0, 10**400, 2**63, "1", None, [], {}, True, 0.5])
    bodies: list[Any] = [
        junk,
        b"[" * 20_000,
        b'{"prompt":' * 5_000,
        b'{"prompt": "x", "temperature": NaN}',
        b'{"prompt": "x", "n": ' + b"9" * 5_000 + b"}",
        b'{"prompt": "\xff\xfe"}',
        b'{"\\ud800": 1, "prompt": "x"}',
        b"",
        b"null",
        json.dumps({"prompt": strange}).encode(),
        json.dumps(
            {"prompt": "x", r.choice(["n", "seed", "temperature", "top_p", "max_tokens", "style"]): number}
        ).encode(),
        json.dumps(
            {"prompt": "x", "model": r.choice(["../..", "/etc/passwd", "m\x00", "%2e%2e", "m/../m", strange[:64]])}
        ).encode(),
        json.dumps(
            {"messages": [{"role": "user", "content": r.choice([number, [{"text": number}], strange])}]}
        ).encode(),
        json.dumps({"texts": [strange] * r.randrange(30)}).encode(),
        json.dumps({"request": strange, "model": "m", "thumb": number, "correction": strange}).encode(),
    ]
    content = r.choice(bodies)
    path = r.choice(
        [f"/v1/{r.choice(routes)}"] * 6
        + [
            "/v1/models/" + r.choice(["..%2f..", "%00", "%ff%fe", "a" * 5000, "../../etc/passwd"]),
            "/../../etc/passwd",
            "//",
            "/v1/%E0%A4%A",
        ]
    )
    method = r.choice(["POST"] * 8 + ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "GET", "FOO"])
    kind = r.choice(
        [b"application/json"] * 6
        + [b"text/plain", b"application/x-www-form-urlencoded", b"\xff\xff", b"multipart/form-data; boundary=x"]
    )
    length = r.choice([str(len(content)).encode()] * 8 + [b"-1", b"abc", b"9" * 30])
    extra = r.choice(
        [b""] * 6
        + [
            b"X: " + b"y" * 70_000 + b"\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Accept: \xff\r\n",
            b"Authorization: Bearer \xff\xff\r\n",
            b"Host: a\r\n",
            b"Content-Encoding: gzip\r\n",
        ]
    )
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode() + b"Content-Type: " + kind + b"\r\n"
    return head + extra + b"Content-Length: " + length + b"\r\n\r\n" + content


async def hostile(service: Service, count: int) -> dict[str, Any]:
    """How so many hostile requests are answered, slow clients among them, while a well-behaved one goes on."""
    statuses: dict[str, int] = {}
    bad: list[str] = []
    limit = asyncio.Semaphore(16)

    async def one(seed: int) -> None:
        async with limit:
            sent = hostile_bytes(seed)
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            told = b""
            try:
                if seed % 100 == 0:  # a client that never ends its request
                    writer.write(sent[: len(sent) // 2])
                else:
                    writer.write(sent)
                if seed % 50 == 1:  # one that goes away
                    writer.close()
                told = await asyncio.wait_for(reader.read(2**20), 30)
            except (ConnectionError, TimeoutError) as error:
                told = told or type(error).__name__.encode()
            writer.close()
            found = re.match(rb"HTTP/1\.1 (\d{3})", told)
            status = found[1].decode() if found else "closed"
            statuses[status] = statuses.get(status, 0) + 1
            if status.startswith("5") or b"Traceback" in told or b'File "' in told:
                bad.append(f"{seed}: {sent[:80]!r} -> {told[:200]!r}")

    await asyncio.gather(*(one(seed) for seed in range(count)))
    connection = Connection(service.port)
    status, _, _ = await connection.post(body(1))
    connection.close()
    said = Path(service.said.name).read_text()
    return {
        "requests": count,
        "by status": dict(sorted(statuses.items())),
        "5xx or a traceback": len(bad),
        "the first of these": bad[:3],
        "tracebacks in its messages": said.count("Traceback"),
        "a right one after them": status,
    }


def main() -> None:
    """Measure all, and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=Path("models/adversarial"))
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--hostile", type=int, default=2_000)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    psutil.cpu_percent()

    def note(name: str, value: Any) -> None:
        found[name] = value
        print(f"{name}: {value}", file=sys.stderr, flush=True)

    service = Service(given.model)
    asyncio.run(Connection(service.port).post(body(0)))
    note("start to first answer, s", round(time.monotonic() - service.begun, 2))
    note("its CPU time, s", service.cpu())
    own, through = asyncio.run(own_time(given.model)), asyncio.run(alone(service.port))
    note("model's own time, ms", round(own, 2))
    note("through the service, ms", round(through, 2))
    together, used = measured(service, 64, max(500, given.requests // 5))
    note("requests/s, 64 connections", round(together, 1))
    note("CPU ms of each", used)
    rate = 0.7 * together
    took = sorted(asyncio.run(open_loop(service.port, rate, 20)))
    median, p99 = statistics.median(took), took[int(0.99 * len(took))]
    note(
        "at 70 %",
        {
            "rate": round(rate, 1),
            "median ms": round(1000 * median, 1),
            "p99 ms": round(1000 * p99, 1),
            "ratio": round(p99 / median, 2),
        },
    )
    note("memory, MB", asyncio.run(steady(service, given.requests)))
    note("hostile", asyncio.run(hostile(service, given.hostile)))
    service.end()
    service = Service(given.model, "--batch", "1")
    single, used_single = measured(service, 64, max(200, given.requests // 20))
    note("requests/s, one by one", round(single, 1))
    note("CPU ms of each, one by one", used_single)
    note(
        "batching gains",
        {"time": round(together / single, 2), "CPU": round(used_single["workers"] / used["workers"], 2)},
    )
    service.end()
    service = Service(given.model, "--queue", "32")
    note("endurance", asyncio.run(endurance(service, given.requests)))
    service.end()
    note("idle CPU while measuring, %", round(100 - psutil.cpu_percent(), 1))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
