"""What the service does with a request, whatever route it came by: moderate, ask a model, shadow, take notes."""

import asyncio
import hashlib
import random
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from statistics import fmean

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import normalise
from promptgan.serving.asks import Answer, Ask, Facts, Kind
from promptgan.serving.bodies import Said
from promptgan.serving.contacts import masked
from promptgan.serving.edge import Details
from promptgan.serving.log import Feedback, Log
from promptgan.serving.metrics import Metrics
from promptgan.serving.pool import Pool
from promptgan.serving.refusals import Harmful, NoRecommendations, NoSuchModel, NoSupport, NotReady

LAST = 1000
"""Answers of a model that the next one is compared with."""
Moderation = Callable[[str], str | None]
"""The reason to refuse a text, or None."""


class Service:
    """Models behind a queue, and what is kept of what they are asked.

    Args:
        pool: the models.
        log: gets feedback, and rows of the shadow.
        metrics: count.
        moderation: refuses prompts before, and answers after.
        shadow: the model that answers a share of the traffic unseen.
        share: of the requests to the model that is served first.
        log_texts: whether rows of the shadow have prompt and answer.
    """

    def __init__(
        self,
        pool: Pool,
        log: Log,
        metrics: Metrics,
        moderation: Moderation | None,
        shadow: str | None,
        share: float,
        log_texts: bool,
    ) -> None:
        self.pool, self.log, self.metrics, self.moderation = pool, log, metrics, moderation
        self.shadow, self.share, self.log_texts = shadow, share, log_texts
        pool.batched = metrics.batch.observe
        self._last: dict[str, OrderedDict[bytes, None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def models(self) -> dict[str, Facts]:
        """What is served, by name, the shadow left out."""
        return {name: facts for name, facts in self.pool.facts.items() if name != self.shadow}

    def find(self, name: str | None, kind: Kind, details: Details) -> str:
        """The model of that name, or the first that can do it.

        Raises:
            NoSuchModel: there is none.
            NotReady: no model is loaded yet.
        """
        if not self.models:
            raise NotReady("no model is loaded yet", "see /readyz, and try again")
        able = [known for known, facts in self.models.items() if kind in facts["kinds"]]
        if not able or (name is not None and name not in able):
            raise NoSuchModel(name or "", able, kind)
        details.model = name or able[0]
        details.revision = self.models[details.model]["revision"]
        return details.model

    async def ask(
        self, name: str | None, kind: Kind, ask: Ask, details: Details, heard: Callable[[int, str], None] | None = None
    ) -> list[Answer]:
        """Answer a request.

        Args:
            name: of the model; the first that can do it where None.
            kind, ask: what is asked of it.
            details: of the request, to be filled.
            heard: is told the number of an answer and what is new of its text.

        Raises:
            Harmful: moderation refuses the prompt or the answer.
            Refused: see `find` and `Pool.answer`.
        """
        model = self.find(name, kind, details)
        texts = (*ask.prompts, *ask.texts)
        details.prompts += filter(None, texts)
        self._moderate(texts, "prompt", details)
        answers, queued, details.revision = await self.pool.answer(model, kind, ask, heard)
        written = [answer["text"] for answer in answers if "text" in answer]
        made = (answer.get("text", answer.get("image", answer.get("midi"))) for answer in answers)
        said = written or [answer["label"] for answer in answers if "label" in answer]
        details.queued = max(details.queued, queued)
        tokens = sum(answer.get("tokens", 0) for answer in answers)
        details.tokens += tokens
        details.answers += said
        drawn = answers if kind == "generate" else []  # of a text that is sent to be scored nobody is the author here
        scores = [score for answer in drawn if (score := answer.get("score")) is not None]
        details.scores += scores
        repeated = [self._repeated(model, each) for each in made if each is not None]
        details.repeated = max(details.repeated, int(any(repeated)))
        self.metrics.queued.labels(model).observe(queued)
        self.metrics.tokens.labels(model).inc(tokens)
        for score in scores:
            self.metrics.score.labels(model, "0").observe(score)
        self._moderate(written, "answer", details)
        if kind == "generate" and written:
            self._follow(model, ask, details.id)
        return answers

    async def stream(
        self, name: str | None, ask: Ask, details: Details
    ) -> AsyncIterator[tuple[int, str] | list[Answer]]:
        """The pieces of texts as they are written, each with the number of its answer; at the end the whole answers.

        With moderation there are no pieces before all is written and found good.

        Raises:
            Refused: see `ask`.
        """
        pieces: asyncio.Queue[tuple[int, str] | None] = asyncio.Queue()
        told: dict[int, str] = {}

        def heard(index: int, text: str) -> None:
            told[index] = told.get(index, "") + text
            pieces.put_nowait((index, text))

        live = None if self.moderation else heard
        task = asyncio.create_task(self.ask(name, "generate", replace(ask, stream=live is not None), details, live))
        task.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while piece := await pieces.get():
                yield piece
            answers = await task
            for index, answer in enumerate(answers):
                if rest := answer.get("text", "").removeprefix(told.get(index, "")):
                    yield index, rest
            yield answers
        finally:
            task.cancel()

    async def support(self, question: str, model: str | None, seed: int, details: Details) -> dict[str, object]:
        """Answer from known pairs, or by a model of texts where no known question is near enough.

        Args:
            question: what is asked.
            model: that answers then; the first that answers prompts with texts where None.
            seed: of its answer.
            details: of the request, to be filled; its model is the one whose answer is given.

        Raises:
            NoSupport: no index of questions is served.
            NoSuchModel: the model answers no prompt with a text, or none does.
            Harmful, Refused: see `ask`.
        """
        indexes = [name for name, facts in self.models.items() if "retrieve" in facts["kinds"]]
        if not indexes:
            raise NoSupport(
                "no index of questions is served", "start with --support FOLDER; `promptgan support build` writes one"
            )
        able = [
            name
            for name, facts in self.models.items()
            if facts.get("prompted") and facts["media"] == "text/plain" and "styles" not in facts
        ]
        if model is not None and model not in able:
            raise NoSuchModel(model, able, "answer questions")
        (found,) = await self.ask(indexes[0], "retrieve", Ask((question,)), details)
        nearest = {name: found[name] for name in ("record", "question", "similarity")}
        if "text" in found:
            return {"answer": found["text"], "source": "retrieved", **nearest}
        if not able:
            raise NoSuchModel("", able, "answer questions")
        details.prompts = []  # asked once, of two models
        (drawn,) = await self.ask(model or able[0], "generate", Ask((question,), seed=seed), details)
        return {"answer": drawn["text"], "source": "generated", **nearest}

    async def recommend(self, ask: Ask, details: Details) -> list[dict[str, object]]:
        """The items that somebody may like best: their ids, their texts, and by what they are ranked.

        Args:
            ask: the user, or what somebody liked, and how many items.
            details: of the request, to be filled; who the user is, is no part of it.

        Raises:
            NoRecommendations: no recommender is served.
            Harmful, Refused: see `ask`.
        """
        recommenders = [name for name, facts in self.models.items() if "recommend" in facts["kinds"]]
        if not recommenders:
            raise NoRecommendations(
                "no recommender is served", "start with --recommend FOLDER; `promptgan recommend build` writes one"
            )
        found = await self.ask(recommenders[0], "recommend", ask, details)
        details.answers = [each["item"] for each in found]
        return [{"item": each["item"], "text": each["about"], "match": each["match"]} for each in found]

    def feedback(self, said: Said, details: Details) -> str:
        """Keep what somebody says of an answer; returns its id.

        Raises:
            NoSuchModel: no such model is served.
        """
        if said.model not in self.models:
            raise NoSuchModel(said.model, list(self.models), "be spoken of")
        details.model = said.model
        name, correction = uuid.uuid4().hex, masked(said.correction) if said.correction else None
        source = details.who if details.keyed else "page"
        texts = masked(said.prompt), masked(said.answer)
        self.log.append(
            Feedback(
                name, said.request, time.time(), said.model, *texts, said.thumb, correction, int(said.consent), source
            )
        )
        self.metrics.feedback.labels(said.model, said.thumb or 0).inc()
        return name

    async def stop(self) -> None:
        """Wait for the shadow's last answers."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _moderate(self, texts: tuple[str, ...] | list[str], side: str, details: Details) -> None:
        for text in texts if self.moderation else ():
            if reason := self.moderation(normalise(text)):  # type: ignore[misc]
                details.verdict = f"{side}: {reason}"
                self.metrics.moderated.labels(details.model, side).inc()
                raise Harmful(f"the {side} is refused ({reason})", "ask for something else, or with another seed")

    def _repeated(self, model: str, made: str) -> bool:
        """Whether one of the model's last answers was the same; notes it."""
        last = self._last.setdefault(model, OrderedDict())
        digest = hashlib.blake2b(made.encode(), digest_size=8).digest()
        known = digest in last
        last[digest] = None
        last.move_to_end(digest)
        if len(last) > LAST:
            last.popitem(last=False)
        if known:
            self.metrics.repeated.labels(model).inc()
        return known

    def _follow(self, model: str, ask: Ask, request: str) -> None:
        """Let the shadow answer the same, where it is this request's turn and hardly anybody waits."""
        if not self.shadow or model != next(iter(self.models)) or random.random() >= self.share:
            return
        if self.pool.waiting_rows > self.pool.limits.queue // 4:
            return
        task = asyncio.create_task(self._shadowed(self.shadow, model, replace(ask, stream=False), request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shadowed(self, shadow: str, model: str, ask: Ask, request: str) -> None:
        """Let the shadow answer, and the discriminator of the model that serves score it, as it scores its own."""
        details, begun = Details(f"{request}.{uuid.uuid4().hex}", time.time(), model=shadow), time.monotonic()
        try:
            answers, details.queued, details.revision = await self.pool.answer(shadow, "generate", ask)
            texts = tuple(answer["text"] for answer in answers)
            if "score" in self.pool.facts[model]["kinds"]:
                pairs = Ask(tuple(ask.prompts[0] if ask.prompts else "" for _ in texts), texts)
                scored, _, _ = await self.pool.answer(model, "score", pairs)
                details.scores = [each["score"] for each in scored if each["score"] is not None]
                self.metrics.score.labels(shadow, "1").observe(fmean(details.scores))
        except PromptganError:
            return  # the shadow never costs anybody anything
        details.prompts, details.answers, details.status = [*ask.prompts], [*texts], 200
        details.tokens = sum(each["tokens"] for each in answers)
        details.repeated = max(int(self._repeated(shadow, text)) for text in texts)
        self.log.append(details.row("/v1/generate", time.monotonic() - begun, self.log_texts, shadow=1))


def fresh_seed() -> int:
    """The seed of a request that names none; told in its answer, so that it can be had again."""
    return secrets.randbelow(2**31)
