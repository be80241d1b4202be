"""The queue: each request is answered once, the same alone and with others, whatever happens to workers."""

import asyncio
import dataclasses
import os
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from promptgan.serving.asks import Ask
from promptgan.serving.places import Place
from promptgan.serving.pool import Job, Limits, ModelRefused, Pool, Worker
from promptgan.serving.refusals import NotInTime, NotReady, QueueFull, Unusable
from tests.serving.conftest import write_model

PROMPTS = ("do you buy the tea", "do you cook the rice soup bread", "fish")


def asks(count: int) -> list[Ask]:
    return [Ask((PROMPTS[i % 3],), n=1 + i % 2, seed=i, max_tokens=(None, 4)[i % 5 == 0]) for i in range(count)]


PATIENT = {"timeout": 300.0}
"""A machine that is busy starts a worker in minutes."""
Work = Callable[[Pool], Coroutine[Any, Any, Any]]


def in_new_pool(model: Path, work: Work, **limits: Any) -> Any:
    """What a coroutine function gives that is called with a pool of its own."""

    async def whole() -> Any:
        pool = Pool([Place("tiny", model)], Limits(**{**PATIENT, **limits}))
        await pool.start()
        try:
            return await work(pool)
        finally:
            await pool.stop(5)

    return asyncio.run(whole())


InPool = Callable[..., Any]


@pytest.fixture(scope="module")
def in_pool(model: Path) -> Iterator[InPool]:
    """What a coroutine function gives that is called with a pool, the same one for all, and some limits."""
    pool = Pool([Place("tiny", model)], Limits())
    with asyncio.Runner() as runner:
        runner.run(pool.start())

        def call(work: Work, **limits: Any) -> Any:
            pool.limits, pool.batched = Limits(**{**PATIENT, **limits}), lambda rows: None
            return runner.run(work(pool))

        yield call
        runner.run(pool.stop(5))


def texts(answers: tuple[list[Any], float, str]) -> list[str]:
    return [answer["text"] for answer in answers[0]]


def all_of(pool: Pool, wanted: list[Ask]) -> Coroutine[Any, Any, list[Any]]:
    async def each(ask: Ask) -> list[str]:
        return texts(await pool.answer("tiny", "generate", ask))

    async def whole() -> list[Any]:
        return await asyncio.gather(*(each(ask) for ask in wanted), return_exceptions=True)

    return whole()


@pytest.fixture(scope="module")
def alone(in_pool: InPool) -> list[list[str]]:
    """The answers to forty requests, each asked when no other was."""

    async def work(pool: Pool) -> list[list[str]]:
        return [texts(await pool.answer("tiny", "generate", ask)) for ask in asks(40)]

    found: list[list[str]] = in_pool(work)
    assert len({text for group in found for text in group}) > 30
    return found


def test_an_answer_is_the_same_alone_and_in_a_batch(in_pool: InPool, alone: list[list[str]]) -> None:
    rows: list[int] = []

    async def work(pool: Pool) -> Any:
        pool.batched = rows.append
        return await all_of(pool, asks(40))

    assert in_pool(work) == alone
    assert max(rows) > 30, "they were drawn together"


def test_a_killed_worker_loses_and_repeats_nothing(in_pool: InPool, alone: list[list[str]]) -> None:
    async def work(pool: Pool) -> Any:
        process, before = stopped(pool), pool.restarts  # so that it dies with a batch
        answering = asyncio.create_task(all_of(pool, asks(40)))
        await asyncio.sleep(0.2)
        os.kill(process, signal.SIGKILL)
        return await answering, pool.restarts - before

    answers, restarts = in_pool(work, batch=16)
    assert (answers, restarts) == (alone, 1)


def test_a_stream_goes_on_where_a_killed_worker_left_it() -> None:
    async def told() -> str:
        pieces: list[str] = []
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        job = Job("0", "tiny", "generate", Ask(), future, lambda _, text: pieces.append(text))
        for text in ("yes", "yes , i", "", "yes", "yes , i \ufffd", "yes , i é"):
            job.hear(0, text)
        return "".join(pieces)

    assert asyncio.run(told()) == "yes , i é"


def test_what_is_told_while_it_is_written_is_the_answer(in_pool: InPool) -> None:
    async def work(pool: Pool) -> Any:
        told: dict[int, str] = {}

        def hear(index: int, text: str) -> None:
            told[index] = told.get(index, "") + text

        ask = Ask((PROMPTS[1],), n=8, seed=7, stream=True)
        others = asyncio.create_task(all_of(pool, asks(20)))
        answers = texts(await pool.answer("tiny", "generate", ask, hear))
        await others
        return told, answers, texts(await pool.answer("tiny", "generate", dataclasses.replace(ask, stream=False)))

    told, answers, again = in_pool(work)
    assert answers == again
    assert sum(len(text) for text in told.values()) > 0
    for index, text in told.items():
        assert answers[index].startswith(text)


def test_new_models_answer_after_a_reload_and_nothing_is_lost(warmed: None, tokens: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "m", tokens, seed=1)

    async def work(pool: Pool) -> Any:
        first = pool.facts["tiny"]["revision"]
        before = await all_of(pool, asks(20))
        write_model(tmp_path / "m", tokens, seed=2)
        answering = asyncio.create_task(all_of(pool, asks(20)))
        await pool.reload()
        between, after = await answering, await all_of(pool, asks(20))
        return before, between, after, first != pool.facts["tiny"]["revision"], len(pool._workers)

    before, between, after, changed, workers = in_new_pool(tmp_path / "m", work, batch=8)
    assert before != after
    assert all(one in (old, new) for one, old, new in zip(between, before, after, strict=True))
    assert changed
    assert workers == 1


class Holder(Worker):
    """A worker without a process, which answers with nothing once it is told to."""

    def __init__(self, revision: str) -> None:
        self.facts, self.retired, self.busy = {"tiny": {"revision": revision}}, False, False
        self.go = asyncio.Event()

    async def answer(self, batch: Sequence[Job], jobs: object) -> list[dict[str, Any]]:
        await self.go.wait()
        return [{"answers": []} for _ in batch]

    async def end(self, seconds: float = 5.0) -> None:
        """Nothing is to be ended."""


def test_the_revision_of_an_answer_is_that_of_the_model_that_gave_it() -> None:
    async def work() -> list[str]:
        pool, old, new = Pool([], Limits()), Holder("old"), Holder("new")
        pool._hire(old)
        asked = []
        for _ in range(2):  # the first is taken by the old one, the second waits for it
            asked.append(asyncio.create_task(pool.answer("tiny", "generate", Ask())))
            await asyncio.sleep(0.01)
        pool._hire(new)  # as a reload does
        for worker in (new, old):
            worker.go.set()
            await asyncio.sleep(0.01)
        told = [(await each)[2] for each in asked]
        await pool.stop(1)
        return told

    assert asyncio.run(work()) == ["old", "new"]


def test_a_worker_that_dies_while_another_is_loaded_is_replaced_once(model: Path) -> None:
    async def work(pool: Pool) -> Any:
        process = stopped(pool)
        answering = asyncio.create_task(all_of(pool, asks(10)))
        reloading = asyncio.create_task(pool.reload())
        await asyncio.sleep(0.2)
        os.kill(process, signal.SIGKILL)
        await reloading
        while len(pool._tasks) > 1:  # the second replacement, if it came too late, ends
            await asyncio.sleep(0.05)
        return len(pool._workers), [isinstance(each, list) for each in await answering]

    assert in_new_pool(model, work) == (1, [True] * 10)


def test_a_machine_that_starts_no_process_is_asked_again(in_pool: InPool, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, full = asyncio.create_subprocess_exec, ["no memory"]

    async def exhausted(*arguments: Any, **settings: Any) -> Any:
        if full:
            raise OSError(full.pop())
        return await begin(*arguments, **settings)

    async def work(pool: Pool) -> Any:
        os.kill(stopped(pool), signal.SIGKILL)
        return await pool.answer("tiny", "generate", Ask(("fish",)))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", exhausted)
    assert texts(in_pool(work, timeout=60.0)) and not full


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(warmed: None, tokens: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "m", tokens, seed=1)

    async def work(pool: Pool) -> Any:
        before = await all_of(pool, asks(5))
        (tmp_path / "m" / "generator.safetensors").write_bytes(b"broken")
        with pytest.raises(ModelRefused, match=r"cannot be loaded[\s\S]*dvc checkout"):
            await pool.reload()
        return before == await all_of(pool, asks(5))

    assert in_new_pool(tmp_path / "m", work)
    with pytest.raises(ModelRefused, match="cannot be loaded"):
        in_new_pool(tmp_path / "m", work)


def stopped(pool: Pool) -> int:
    """Stop the one worker of a pool, so that nothing is answered; its process."""
    (worker,) = pool._workers
    os.kill(worker.process.pid, signal.SIGSTOP)
    return worker.process.pid


def test_more_than_may_wait_is_refused_and_the_rest_answered(in_pool: InPool, alone: list[list[str]]) -> None:
    async def work(pool: Pool) -> Any:
        process = stopped(pool)
        first = asyncio.create_task(all_of(pool, asks(1)))
        await asyncio.sleep(0.1)
        answering = asyncio.create_task(all_of(pool, asks(40)))
        await asyncio.sleep(0.1)
        os.kill(process, signal.SIGCONT)
        await first
        return await answering

    answers = in_pool(work, queue=10)
    refused = [each for each in answers if isinstance(each, QueueFull)]
    assert 40 - len(refused) == 7, "of one and two rows in turn ten are seven requests"
    assert refused[0].retry_after
    assert [each for each in answers if not isinstance(each, QueueFull)] == alone[:7]


def test_what_takes_too_long_is_given_up_and_what_nobody_waits_for_is_not_drawn(in_pool: InPool) -> None:
    async def work(pool: Pool) -> Any:
        process = stopped(pool)
        with pytest.raises(NotInTime, match=r"0\.3 s"):
            await pool.answer("tiny", "generate", asks(1)[0])
        waiting = asyncio.create_task(pool.answer("tiny", "generate", asks(1)[0]))
        await asyncio.sleep(0.05)
        assert len(pool.waiting) == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        left = len(pool.waiting), len(pool.jobs)
        os.kill(process, signal.SIGCONT)
        return left

    assert in_pool(work, timeout=0.3) == (0, 0)


def test_one_that_cannot_be_answered_spoils_nothing_for_its_batch(in_pool: InPool, alone: list[list[str]]) -> None:
    async def work(pool: Pool) -> Any:
        return await all_of(pool, [*asks(3), Ask((" ",)), *asks(5)[3:]])

    answers = in_pool(work)
    assert isinstance(answers.pop(3), Unusable)
    assert answers == alone[:5]


def test_a_temperature_that_cannot_be_drawn_at_is_refused(in_pool: InPool) -> None:
    async def work(pool: Pool) -> Any:
        with pytest.raises(Unusable, match="temperature"):
            await pool.answer("tiny", "generate", Ask(("tea",), temperature=0.001))

    in_pool(work)


def test_stopping_finishes_what_was_taken_and_takes_no_more(warmed: None, model: Path, alone: list[list[str]]) -> None:
    async def work(pool: Pool) -> Any:
        answering = asyncio.create_task(all_of(pool, asks(40)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await pool.stop()
        with pytest.raises(NotReady):
            await pool.answer("tiny", "generate", asks(1)[0])
        return await answering

    assert in_new_pool(model, work, batch=8) == alone


def test_a_score_is_the_discriminators_logit(in_pool: InPool, model: Path) -> None:
    import torch

    from promptgan.forms.tokens.pairs import pad
    from promptgan.forms.tokens.tokenizer import load_tokenizer
    from promptgan.networks import folder

    async def work(pool: Pool) -> Any:
        pairs = [Ask((prompt,), ("yes , i eat fish now",)) for prompt in PROMPTS]
        return [(await pool.answer("tiny", "score", pair))[0][0]["score"] for pair in pairs]

    discriminator, tokenizer = folder.load(model).networks["discriminator"], load_tokenizer(model)
    text = torch.tensor([[*tokenizer.encode("yes , i eat fish now", add_special_tokens=False).ids, 3]])
    for prompt, score in zip(PROMPTS, in_pool(work), strict=True):
        asked, lengths = pad([tokenizer.encode(prompt, add_special_tokens=False).ids])
        with torch.no_grad():
            logit = discriminator(asked, lengths, discriminator.embedding(text), torch.tensor([text.shape[1]]))
        assert score == pytest.approx(float(logit), abs=1e-4)
