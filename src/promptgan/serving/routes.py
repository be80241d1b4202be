"""The service over HTTP: its own routes, its page, and what balancers and Prometheus ask for."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from promptgan.core.errors import PromptganError
from promptgan.serving import compatible
from promptgan.serving.asks import Answer, Ask
from promptgan.serving.bodies import Classify, Generate, Recommend, Said, Score, Support
from promptgan.serving.edge import DETAILS, Details, told
from promptgan.serving.events import EVENTS, streamed
from promptgan.serving.files import FILES, TYPES, asked_for
from promptgan.serving.places import RUN, Place
from promptgan.serving.refusals import NoSuchModel, NotReady, Refused, Unusable
from promptgan.serving.service import Service, fresh_seed
from promptgan.tasks.music.page import PLAYER

PAGE = Path(__file__).parent / "page"
PARTS = {"": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
"""Of the page, by path, with their types; the player is that of reports."""
CONTENT: dict[str, Any] = {kind: {} for kind in (EVENTS, *TYPES)}
"""What `/v1/generate` answers with, beside JSON."""
POLICY = "default-src 'self'; img-src 'self' data:; media-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-cache"}


def details_of(request: Request) -> Details:
    """What the edge knows of a request."""
    return cast("Details", request.scope[DETAILS])


async def known(request: Request) -> Details:
    """The same for a route; asynchronous, since FastAPI calls what is not in a thread."""
    return details_of(request)


Known = Annotated[Details, Depends(known)]


def build(service: Service, places: dict[str, Place]) -> FastAPI:
    """The application.

    Args:
        service: answers.
        places: of the models, by name, for their cards and records.
    """
    app = FastAPI(
        title="promptgan",
        description="What trained models answer. Errors have the form of OpenAI's: error.message, .remedy, .code.",
        docs_url=None,  # its page comes from a CDN
        redoc_url=None,
    )
    app.add_exception_handler(PromptganError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    _answering(app, service)
    _telling(app, service, places)
    compatible.add(app, service, known)
    return app


def _answering(app: FastAPI, service: Service) -> None:
    @app.post("/v1/generate", response_model=None, responses={200: {"content": CONTENT}})
    async def generate(body: Generate, request: Request, details: Known) -> Response:
        """Draw answers to a prompt, images or music.

        Texts come as JSON, or with `stream` as server-sent events: `data: {"index", "text"}` for each piece, then
        `event: done` with what JSON would have had. Images and music come as base64 in JSON, or one as a file of the
        type that `Accept` names: `image/png`; of music `audio/midi`, MusicXML, sound or its roll as a picture.
        """
        seed = fresh_seed() if body.seed is None else body.seed
        ask = Ask(
            prompts=(body.prompt,) if body.prompt else (),
            n=body.n,
            seed=seed,
            max_tokens=body.max_tokens,
            temperature=body.temperature,
            top_p=body.top_p,
            style=body.style,
            bars=body.bars,
            midi=body.midi,
        )
        name = service.find(body.model, "generate", details)
        media = service.models[name]["media"]
        file = asked_for(request.headers.get("accept", ""), media)
        if file and (body.n > 1 or body.stream):
            raise Unusable("a file holds one answer", "accept application/json, or ask for one, not as a stream")

        def whole(answers: list[Answer]) -> dict[str, Any]:
            return {**details.head, "seed": seed, "answers": answers}

        if body.stream:
            return await streamed(service, name, ask, details, lambda i, text: {"index": i, "text": text}, whole)
        answers = await service.ask(name, "generate", ask, details)
        if file:
            content = await asyncio.to_thread(FILES[media][file], answers[0])
            return Response(content, media_type=file, headers={"x-seed": str(seed)})
        return JSONResponse(whole(answers))

    @app.post("/v1/classify")
    async def classify(body: Classify, details: Known) -> dict[str, Any]:
        """Tell the labels of texts, with the probabilities of all labels."""
        answers = await service.ask(body.model, "classify", Ask(tuple(body.texts)), details)
        return {**details.head, "answers": answers}

    @app.post("/v1/score")
    async def score(body: Score, details: Known) -> dict[str, Any]:
        """Tell how real the discriminator takes a text for as the answer to a prompt: a logit.

        The higher the more real. Logits compare within one model alone, and after a training with a Wasserstein or
        relativistic objective only with each other.
        """
        answers = await service.ask(body.model, "score", Ask((body.prompt,), (body.text,)), details)
        return {**details.head, "score": answers[0]["score"]}

    @app.post("/v1/support")
    async def support(body: Support, details: Known) -> dict[str, Any]:
        """Give the known answer to a question that is near enough to a known one, or draw an answer.

        `source` says which, `record` is the id of the training pair whose question is nearest, `similarity` the cosine
        of the two; a retrieved answer is that record's. `model` is who answered, as feedback names it.
        """
        seed = fresh_seed() if body.seed is None else body.seed
        answer = await service.support(body.question, body.model, seed, details)
        return {**details.head, "seed": seed, **answer}

    @app.post("/v1/recommend")
    async def recommend(body: Recommend, details: Known) -> dict[str, Any]:
        """Recommend items to a user of the data, or to somebody who liked something; the best first.

        What a user of the data liked already is left out, and so is an item that is named by its id or its text.
        """
        items = await service.recommend(Ask(tuple(body.liked), n=body.n, user=body.user), details)
        return {**details.head, "items": items}

    @app.post("/v1/feedback", status_code=201)
    async def feedback(body: Said, details: Known) -> dict[str, str]:
        """Say of an answer whether it was good, or what it should have been.

        Contact details are masked. A model learns from it only with `consent`.
        """
        return {"id": service.feedback(body, details)}


def _telling(app: FastAPI, service: Service, places: dict[str, Place]) -> None:
    def described(name: str) -> dict[str, Any]:
        facts = service.models[name]
        return {"id": name, "object": "model", "created": 0, "owned_by": "promptgan", **facts}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The models that are served, and what each can do."""
        return {"object": "list", "data": [described(name) for name in service.models]}

    @app.get("/v1/models/{name}")
    async def model(name: str) -> dict[str, Any]:
        """A model, with its card and the record of the run that made it."""
        if name not in service.models:
            raise NoSuchModel(name, list(service.models), "be shown")
        place = places[name]
        record = place.model / RUN
        lineage = json.loads(record.read_bytes()) if record.is_file() else None
        return {**described(name), "card": place.card, "lineage": lineage}

    @app.get("/healthz")
    async def healthy() -> dict[str, Any]:
        """Whether the process lives; says what it lives with."""
        problem = service.log.problem
        return {"alive": True, "log": problem or "written", "lost_rows": service.log.lost}

    @app.get("/readyz")
    async def ready() -> dict[str, Any]:
        """Whether a request would be answered; 503 while the service starts, ends, or has no worker."""
        if not service.pool.ready:
            raise NotReady("no worker is ready", "wait, or see the service's messages")
        return {"ready": True, "models": {name: facts["revision"] for name, facts in service.models.items()}}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """What Prometheus reads."""
        return Response(service.metrics.exposed(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def page(name: str, kind: str) -> Callable[[], FileResponse]:
        def file() -> FileResponse:
            return FileResponse(PAGE / (name or "index.html"), media_type=kind, headers=HEADERS)

        return file

    for name, kind in PARTS.items():
        app.get(f"/{name}", include_in_schema=False)(page(name, kind))

    @app.get("/player.js", include_in_schema=False)
    async def player() -> Response:
        return Response(PLAYER, media_type="text/javascript", headers=HEADERS)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PromptganError)
    status, headers, content = told(error, details_of(request))
    return Response(content, status, headers)


async def _invalid(request: Request, error: Exception) -> Response:
    """What is wrong with a body, key by key; what was found there is not told, since it may be anything."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:5]
    places = [".".join(str(part)[:64] for part in each["loc"][1:]) or "body" for each in found]
    said = [f"{place}: {each['msg']}" for place, each in zip(places, found, strict=True)]
    remedy = "send JSON, with Content-Type: application/json; /openapi.json says what is allowed"
    refusal = Refused("; ".join(said), remedy)
    refusal.status, refusal.code = 422, "invalid_body"
    return await _refused(request, refusal)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = Refused(str(error.detail), "see /openapi.json for what there is")
    refusal.status, refusal.code = error.status_code, "invalid_request"
    response = await _refused(request, refusal)
    response.headers.update(error.headers or {})
    return response
