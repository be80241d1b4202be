"""The queue in front of the models: requests that wait together are answered together, each exactly once.

Workers are processes. One that dies is replaced, and what it had begun goes back to the front of the queue; answers
follow from seeds, so the second attempt goes on where the first one was.
"""

import asyncio
import itertools
import json
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from promptgan.core.errors import PromptganError
from promptgan.serving.asks import Answer, Ask, Facts, Kind
from promptgan.serving.places import Place
from promptgan.serving.refusals import NotInTime, NotReady, QueueFull, Unusable

LINE = 2**26
"""Bytes of a worker's longest line: a batch of images."""
ATTEMPTS = 3
"""Workers that a request may outlive, before it is taken to be what kills them."""
_said = logging.getLogger(__name__)


class ModelRefused(PromptganError):
    """A worker cannot load the models."""


@dataclass(frozen=True)
class Limits:
    """How much is done at once."""

    workers: int = 1
    """Processes, each with all models."""
    threads: int = 1
    """Of torch, in each."""
    batch: int = 32
    """Answers that are made together, at most."""
    queue: int = 256
    """Answers that wait, at most."""
    timeout: float = 30.0
    """Seconds until a request is given up."""


@dataclass(eq=False)
class Job:
    """A request on its way."""

    id: str
    model: str
    kind: Kind
    ask: Ask
    future: asyncio.Future[list[Answer]]
    heard: Callable[[int, str], None] | None = None
    """Is told the number of an answer and what is new of its text."""
    came: float = field(default_factory=time.monotonic)
    begun: float | None = None
    """When a worker first took it."""
    revision: str = ""
    """Of the model of the worker that took it last."""
    attempts: int = 0
    told: dict[int, str] = field(default_factory=dict)
    """Of each answer, what ``heard`` was told."""

    @property
    def queued(self) -> float:
        """Seconds that it waited for others."""
        return (self.begun or time.monotonic()) - self.came

    @property
    def group(self) -> tuple[object, ...]:
        """What jobs that are answered together have in common."""
        return self.model, self.kind, self.ask.settings

    def hear(self, index: int, text: str) -> None:
        """Pass on what is new; a text whose last character is not whole yet, or that is behind, is left for later."""
        before = self.told.get(index, "")
        if self.heard and len(text) > len(before) and text.startswith(before) and not text.endswith("\ufffd"):
            self.told[index] = text
            self.heard(index, text[len(before) :])


class Worker:
    """A process that answers one batch at a time."""

    def __init__(self, process: asyncio.subprocess.Process, facts: dict[str, Facts]) -> None:
        self.process, self.facts = process, facts
        self.retired = self.busy = False

    @classmethod
    async def start(cls, places: Sequence[Place], threads: int, device: str, public_key: Path | None) -> Self:
        """Start a process and wait until it has loaded the models.

        Raises:
            ModelRefused: it cannot.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "promptgan.serving.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            )
        except OSError as error:  # no memory, or no number for it: of those who retry the next attempt may succeed
            raise ModelRefused(f"no worker can be started: {error}", "see what the machine lacks") from error
        models = {place.name: str(place.path) for place in places}
        plan = {"models": models, "threads": threads, "device": device}
        plan["public_key"] = str(public_key) if public_key else None
        worker = cls(process, {})
        try:
            await worker._send(plan)
            said = await worker._line()
        except asyncio.CancelledError:
            await worker.end(0)
            raise
        except (EOFError, OSError) as error:
            await worker.end(0)
            raise ModelRefused("a worker ended before it was ready", "its last words are above") from error
        if "failed" in said:
            await worker.end()
            raise ModelRefused(said["failed"], said["remedy"])
        worker.facts = said["ready"]
        return worker

    async def answer(self, batch: Sequence[Job], jobs: Mapping[str, Job]) -> list[dict[str, Any]]:
        """What becomes of each job of a batch.

        Raises:
            EOFError, OSError: the process has died.
        """
        first = batch[0]
        asks = [asdict(job.ask) for job in batch]
        await self._send({"model": first.model, "kind": first.kind, "ids": [job.id for job in batch], "asks": asks})
        while "done" not in (said := await self._line()):
            if job := jobs.get(said["id"]):
                job.hear(said["index"], said["text"])
        done: list[dict[str, Any]] = said["done"]
        return done

    def cancel(self, job: Job) -> None:
        """Tell that nobody waits for a job."""
        if self.process.stdin and not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps({"cancel": job.id}).encode() + b"\n")

    async def end(self, seconds: float = 5.0) -> None:
        """Let the process end by itself, or kill it."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            self.kill()
            await self.process.wait()

    def kill(self) -> None:
        """End the process at once."""
        if self.process.returncode is None:
            self.process.kill()

    async def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        await self.process.stdin.drain()

    async def _line(self) -> dict[str, Any]:
        assert self.process.stdout
        line = await self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the worker has ended")
        message: dict[str, Any] = json.loads(line)
        return message


class Pool:
    """Models, the workers that hold them, and the queue in front.

    Args:
        places: what is served.
        limits: how much at once.
        device: `cpu` or `cuda`.
        public_key: of whoever released the releases.
    """

    def __init__(
        self, places: Sequence[Place], limits: Limits, device: str = "cpu", public_key: Path | None = None
    ) -> None:
        self.places, self.limits, self.device, self.public_key = list(places), limits, device, public_key
        self.facts: dict[str, Facts] = {}
        """What is served, by name; empty before the first worker is ready."""
        self.waiting: deque[Job] = deque()
        self.jobs: dict[str, Job] = {}
        """All that are waiting or being answered, by id."""
        self.restarts = self.reloads = 0
        self.closing = False
        self.batched: Callable[[int], None] = lambda rows: None
        """Is told how many answers each batch has."""
        self._changed = asyncio.Condition()
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()
        self._generation = 0
        """Times that all workers were replaced."""
        self._numbers = itertools.count()

    @property
    def ready(self) -> bool:
        """Whether a request would be answered."""
        return bool(self._workers) and not self.closing

    @property
    def waiting_rows(self) -> int:
        """Answers that wait for a worker."""
        return sum(job.ask.rows for job in self.waiting)

    async def start(self) -> None:
        """Start the workers.

        Raises:
            ModelRefused: a model cannot be loaded.
        """
        await self._replace()

    async def reload(self) -> None:
        """Load all models anew and let the old workers end what they have begun; where that fails, they stay.

        Raises:
            ModelRefused: a model cannot be loaded.
        """
        async with self._reloading:
            await self._replace()
            self.reloads += 1

    async def stop(self, seconds: float = 30.0) -> None:
        """Take no more, finish what was taken, end the workers; what is not finished in time is refused."""
        self.closing = True
        until = time.monotonic() + seconds
        while self.jobs and self._workers and time.monotonic() < until:
            await asyncio.sleep(0.02)
        for job in list(self.jobs.values()):
            _settle(job, NotReady("the service ends", "ask again"))
        for worker in self._workers:
            worker.retired = True
            if worker.busy:
                worker.kill()
        await self._tell()
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def answer(
        self, model: str, kind: Kind, ask: Ask, heard: Callable[[int, str], None] | None = None
    ) -> tuple[list[Answer], float, str]:
        """Answer a request; returns its answers, the seconds that it waited for others, and whose revision answered.

        When the task that waits here is cancelled, the request leaves the queue, or a batch that nobody waits for ends.

        Args:
            model: the name that it is served by.
            kind: what is asked of it.
            ask: the request.
            heard: see `Job`.

        Raises:
            QueueFull: too many wait.
            Unusable: the model cannot answer this.
            NotInTime: it took too long.
            NotReady: no worker is there, or the service ends.
        """
        if not self.ready and (self.closing or not self.facts):
            raise NotReady("the service is not ready", "see /readyz, and try again")
        if (rows := self.waiting_rows) and rows + ask.rows > self.limits.queue:
            raise QueueFull(rows)
        job = Job(str(next(self._numbers)), model, kind, ask, asyncio.get_running_loop().create_future(), heard)
        self.jobs[job.id] = job
        self.waiting.append(job)
        try:
            await self._tell()
            async with asyncio.timeout(self.limits.timeout):
                return await job.future, job.queued, job.revision
        except TimeoutError:
            raise NotInTime(f"no answer within {self.limits.timeout:g} s", "try again, or ask for less") from None
        finally:
            self.jobs.pop(job.id, None)
            if job in self.waiting:
                self.waiting.remove(job)
            elif not job.future.done() or job.future.cancelled():
                for worker in self._workers:
                    worker.cancel(job)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _replace(self) -> None:
        """Put as many new workers as there shall be into the place of those that are there."""
        arguments = (self.places, self.limits.threads, self.device, self.public_key)
        started = await asyncio.gather(
            *(Worker.start(*arguments) for _ in range(self.limits.workers)), return_exceptions=True
        )
        if failed := [each for each in started if isinstance(each, BaseException)]:
            await asyncio.gather(*(each.end() for each in started if isinstance(each, Worker)))
            raise failed[0]
        old, self._generation = set(self._workers), self._generation + 1
        for worker in started:
            assert isinstance(worker, Worker)
            self._hire(worker)
        for worker in old:
            worker.retired = True
        await self._tell()  # those that wait for a batch see that they are retired

    def _hire(self, worker: Worker) -> None:
        worker.retired = self.closing  # one that comes too late ends at once
        self.facts = worker.facts
        self._workers.add(worker)
        task = asyncio.create_task(self._work(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, worker: Worker) -> None:
        """Give a worker batch after batch, until it is retired or dies."""
        while batch := await self._batch(worker):
            self.batched(sum(job.ask.rows for job in batch))
            now = time.monotonic()
            for job in batch:
                job.begun = job.begun or now
                job.revision = worker.facts[job.model]["revision"]
                job.attempts += 1
            worker.busy = True
            try:
                # Twice, since a request of the batch may have come just before it was taken.
                done = await asyncio.wait_for(worker.answer(batch, self.jobs), 2 * self.limits.timeout)
            except (EOFError, OSError, TimeoutError):
                await self._died(worker, batch)
                return
            finally:
                worker.busy = False
            for job, said in zip(batch, done, strict=True):
                if "problem" in said:
                    _settle(job, Unusable(said["problem"], said["remedy"]))
                elif "answers" in said:
                    _settle(job, said["answers"])
        self._workers.discard(worker)
        await worker.end()

    async def _batch(self, worker: Worker) -> list[Job]:
        """The job that waits longest and all that can be answered with it; none where the worker is retired."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.waiting or worker.retired)
            if worker.retired:
                return []
            first = self.waiting[0]
            batch, left, rows = list[Job](), deque[Job](), 0
            for job in self.waiting:
                fits = not batch or rows + job.ask.rows <= self.limits.batch
                if fits and job.group == first.group:
                    batch.append(job)
                    rows += job.ask.rows
                else:
                    left.append(job)
            self.waiting = left
            return batch

    async def _died(self, worker: Worker, batch: Sequence[Job]) -> None:
        """Put a batch back in front and start another worker, unless all are replaced meanwhile."""
        generation = self._generation
        self._workers.discard(worker)
        await worker.end(0)
        self.restarts += 1
        _said.error("a worker died with %d request(s); they are answered by another one", len(batch))
        for job in batch:
            if job.attempts >= ATTEMPTS:
                _settle(job, NotReady("the worker ended each time that this was asked", "ask for something else"))
        self.waiting.extendleft(reversed([job for job in batch if job.id in self.jobs and not job.future.done()]))
        await self._tell()  # another worker may take them
        pause = 0.5
        while not (self.closing or worker.retired) and generation == self._generation:
            try:
                started = await Worker.start(self.places, self.limits.threads, self.device, self.public_key)
            except ModelRefused as error:
                _said.error("%s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 30)
            else:
                if generation == self._generation:
                    self._hire(started)
                else:
                    await started.end()
                return


def _settle(job: Job, outcome: list[Answer] | PromptganError) -> None:
    if job.future.done():
        return
    if isinstance(outcome, PromptganError):
        job.future.set_exception(outcome)
    else:
        job.future.set_result(outcome)
