"""Answers in parts: what a stream that breaks leaves behind, and whoever waits for nothing is not drawn for."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from promptgan.serving import compatible
from promptgan.serving.asks import Answer, Ask
from promptgan.serving.bodies import Completion
from promptgan.serving.edge import Details
from promptgan.serving.events import streamed
from promptgan.serving.refusals import Harmful, NotInTime


def test_a_stream_that_breaks_is_no_answer_in_the_log() -> None:
    async def pieces(*_: object) -> AsyncIterator[tuple[int, str]]:
        yield 0, "how"
        raise NotInTime("no answer within 1 s", "ask for less")

    async def told() -> list[Any]:
        service = cast("Any", SimpleNamespace(stream=pieces))
        response = await streamed(service, "m", Ask(), details, lambda i, text: {"text": text}, lambda answers: {})
        return [part async for part in response.body_iterator]

    details = Details("0", 0.0)
    first, last = asyncio.run(told())
    assert first == b'data: {"text": "how"}\n\n'
    assert json.loads(last.removeprefix(b"event: error\ndata: "))["error"]["code"] == "timeout"
    assert (details.status, details.code) == (504, "timeout")


def test_of_several_prompts_none_is_answered_where_one_is_refused() -> None:
    left: list[str] = []

    async def ask(name: str, kind: str, ask: Ask, details: Details) -> list[Answer]:
        if ask.prompts == ("bad",):
            raise Harmful("the prompt is refused", "ask for something else")
        try:
            await asyncio.sleep(60)
        finally:
            left.extend(ask.prompts)
        return []

    async def asked() -> None:
        models = {"m": {"media": "text/plain"}}
        service = cast("Any", SimpleNamespace(find=lambda *_: "m", models=models, ask=ask))
        body, words = Completion(prompt=["good", "bad"]), compatible._Completion()
        with pytest.raises(Harmful):
            await compatible._answered(service, body, ["good", "bad"], None, Details("0", 0.0), words)
        await asyncio.sleep(0)
        assert left == ["good"]

    asyncio.run(asked())
