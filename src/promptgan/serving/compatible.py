"""The routes of OpenAI's API for texts, so that clients written for it work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from promptgan.serving.asks import Answer, Ask
from promptgan.serving.bodies import MAX_N, Chat, Completion
from promptgan.serving.edge import Details
from promptgan.serving.events import streamed
from promptgan.serving.refusals import Unusable
from promptgan.serving.service import Service, fresh_seed

DONE = b"data: [DONE]\n\n"


def add(app: FastAPI, service: Service, details_of: Callable[[Request], Awaitable[Details]]) -> None:
    """Add `/v1/completions` and `/v1/chat/completions`."""
    known = Annotated[Details, Depends(details_of)]

    @app.post("/v1/completions", response_model=None)
    async def completions(body: Completion, details: known) -> Response:
        """Answer a prompt, or several; OpenAI's completions."""
        prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
        if not 1 <= len(prompts) * body.n <= MAX_N:
            raise Unusable(f"one to {MAX_N} answers are given at once", "ask in several requests")
        return await _answered(service, body, prompts, body.max_tokens, details, _Completion())

    @app.post("/v1/chat/completions", response_model=None)
    async def chat(body: Chat, details: known) -> Response:
        """Answer what the user said last; OpenAI's chat completions. What was said before is not read."""
        most = body.max_completion_tokens or body.max_tokens
        return await _answered(service, body, [body.prompt], most, details, _Chat())


class _Completion:
    """How `/v1/completions` words its answers."""

    prefix, whole, chunk = "cmpl", "text_completion", "text_completion"

    def choice(self, answer: Answer) -> dict[str, Any]:
        return {"text": answer["text"], "logprobs": None}

    def delta(self, text: str) -> dict[str, Any]:
        return {"text": text, "logprobs": None}


class _Chat:
    """How `/v1/chat/completions` words its answers."""

    prefix, whole, chunk = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def choice(self, answer: Answer) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": answer["text"], "refusal": None}, "logprobs": None}

    def delta(self, text: str) -> dict[str, Any]:
        return {"delta": {"role": "assistant", "content": text} if text else {}, "logprobs": None}


async def _answered(
    service: Service,
    body: Completion | Chat,
    prompts: list[str],
    most: int | None,
    details: Details,
    words: _Completion | _Chat,
) -> Response:
    name = service.find(body.model, "generate", details)
    if service.models[name]["media"] != "text/plain" or "styles" in service.models[name]:
        raise Unusable("this model answers no prompt with a text", "ask it by /v1/generate")
    seed = fresh_seed() if body.seed is None else body.seed
    asks = [
        Ask(
            prompts=(prompt,) if prompt else (),
            n=body.n,
            seed=(seed + number) % 2**63,
            max_tokens=most,
            temperature=body.temperature,
            top_p=body.top_p,
        )
        for number, prompt in enumerate(prompts)
    ]
    head = {"id": f"{words.prefix}-{details.id}", "created": int(time.time()), "model": name}
    head["system_fingerprint"] = details.revision[:16]

    def said(kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {**head, "object": kind, "choices": choices}

    def ends(answer: Answer) -> str:
        return "stop" if answer["ended"] else "length"

    if body.stream:
        if len(asks) > 1:
            raise Unusable("one prompt is streamed at a time", "ask in several requests, or without stream")

        def piece(index: int, text: str) -> dict[str, Any]:
            return said(words.chunk, [{"index": index, **words.delta(text), "finish_reason": None}])

        def last(answers: list[Answer]) -> dict[str, Any]:
            told = [{"index": i, **words.delta(""), "finish_reason": ends(each)} for i, each in enumerate(answers)]
            return said(words.chunk, told)

        return await streamed(service, name, asks[0], details, piece, last, DONE)
    tasks = [asyncio.create_task(service.ask(name, "generate", ask, details)) for ask in asks]
    try:
        groups = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()  # where one is refused, nobody waits for the others
    answers = [answer for group in groups for answer in group]
    choices = [{"index": i, **words.choice(a), "finish_reason": ends(a)} for i, a in enumerate(answers)]
    written = sum(answer["tokens"] for answer in answers)
    # Prompts are cut into tokens where the model is; here their words are counted, which is what clients show.
    read = sum(len(prompt.split()) for prompt in prompts)
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return JSONResponse({**said(words.whole, choices), "usage": usage})
