"""A process that holds the models: batches come in as lines of JSON, answers go out as such.

It is the one place of the service that loads torch, so that a model that dies or hangs takes no connection with it.
"""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from promptgan.core import compute
from promptgan.core.choices import choices, choose
from promptgan.core.errors import FileRefused, PromptganError
from promptgan.serving.asks import Answer, Ask, Normalised
from promptgan.serving.places import NothingToServe, Place


class Abandoned(Exception):
    """Nobody waits for any answer of a batch."""


def load(place: Place, device_name: str, public_key: Path | None) -> Any:
    """What draws with a model folder, or with that of a release that holds.

    Raises:
        NotARelease, ReleaseBroken, WrongSignature, SignatureNotChecked, UnusableKey: it is a release that does not.
        NothingToServe, NotAModelFolder: there is no model, or none of a task that is served.
    """
    if public_key and not place.released:
        raise NothingToServe(f"{place.path} is no release, so no key can check it", "leave --public-key out")
    if place.released:
        from promptgan.lineage.released import verify

        verify(place.path, public_key)
    import torch

    from promptgan.networks.folder import NotAModelFolder, read_index

    index = read_index(place.model)
    if index.get("kind") != "model":
        raise NotAModelFolder(f"{place.path} holds no model: {index.get('reason')}", "name the folder of one")
    task, package = index.get("task"), "promptgan.serving.drawing"
    if task not in choices(package):
        raise NothingToServe(
            f"{place.path} holds a model whose task is {task}", "serve one of texts, labels, images or music"
        )
    module = choose(package, task, "task")
    return module.Drawer(place.model, torch.device(device_name))


class Worker:
    """Answers batches, one after the other.

    Args:
        drawers: by the name that a model is served by.
        out: where answers are written.
    """

    def __init__(self, drawers: Mapping[str, Any], out: IO[str]) -> None:
        self.drawers, self.out = drawers, out
        self.batches: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.cancelled: set[str] = set()

    def listen(self, lines: IO[str]) -> None:
        """Take batches and cancellations until whoever sends them goes away."""
        for line in lines:
            message = json.loads(line)
            if "cancel" in message:
                self.cancelled.add(message["cancel"])
            else:
                self.batches.put(message)
        self.batches.put(None)

    def run(self) -> None:
        """Answer batches until there are no more."""
        while batch := self.batches.get():
            self.say({"done": self.answers(batch)})
            self.cancelled.clear()  # they are of this batch, and the next one is sent after it

    def answers(self, batch: dict[str, Any]) -> list[dict[str, Any]]:
        """What becomes of each request of a batch: its answers, or why it is refused."""
        drawer, kind, ids = self.drawers[batch["model"]], batch["kind"], batch["ids"]
        asks = [Ask(**{**ask, "prompts": tuple(ask["prompts"]), "texts": tuple(ask["texts"])}) for ask in batch["asks"]]
        if isinstance(drawer, Normalised):
            asks = [ask.normalised for ask in asks]
        told: list[dict[str, Any]] = [{} for _ in asks]
        for number, ask in enumerate(asks):
            try:
                if kind != "score":
                    drawer.check(ask)
            except PromptganError as error:
                told[number] = {"problem": error.problem, "remedy": error.remedy}
        good = [number for number, said in enumerate(told) if not said and ids[number] not in self.cancelled]
        try:
            made = self.made(drawer, kind, [asks[number] for number in good], [ids[number] for number in good])
            for number, answers in zip(good, made, strict=True):
                told[number] = {"answers": answers}
        except PromptganError as error:
            for number in good:  # whichever it is of
                alone = {**batch, "ids": [ids[number]], "asks": [batch["asks"][number]]}
                said = {"problem": error.problem, "remedy": error.remedy}
                told[number] = said if len(good) == 1 else self.answers(alone)[0]
        except Abandoned:
            pass
        return told

    def made(self, drawer: Any, kind: str, asks: Sequence[Ask], ids: Sequence[str]) -> list[list[Answer]]:
        """The answers to requests that can be answered.

        Raises:
            Abandoned: nobody waits for them any more.
        """
        if not asks:
            return []
        if kind != "generate":
            found: list[list[Answer]] = getattr(drawer, kind)(asks)
            return found

        def tell(number: int, index: int, text: str) -> None:
            if number < 0:
                if self.cancelled.issuperset(ids):
                    raise Abandoned
            else:
                self.say({"id": ids[number], "index": index, "text": text})

        drawn: list[list[Answer]] = drawer.generate(asks, tell)
        return drawn

    def say(self, message: dict[str, Any]) -> None:
        """Write a line."""
        self.out.write(json.dumps(message, ensure_ascii=True) + "\n")
        self.out.flush()


def main() -> None:
    """Load what the first line of standard input names, say what it can do, then answer batches."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which lets the batch end
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    plan = json.loads(sys.stdin.readline())
    try:
        compute.use_threads(plan["threads"])
        key = Path(plan["public_key"]) if plan["public_key"] else None
        places = [Place(name, Path(path)) for name, path in plan["models"].items()]
        drawers = {place.name: load(place, plan["device"], key) for place in places}
        compute.use_threads(plan["threads"])  # verifying a release takes those that it was made with
        facts = {place.name: {"revision": place.revision, **drawers[place.name].facts} for place in places}
    except (PromptganError, OSError) as error:
        found = error if isinstance(error, PromptganError) else FileRefused(error)
        out.write(json.dumps({"failed": found.problem, "remedy": found.remedy}) + "\n")
        out.flush()
        raise SystemExit(1) from None
    worker = Worker(drawers, out)
    threading.Thread(target=worker.listen, args=(sys.stdin,), daemon=True).start()
    worker.say({"ready": facts})
    worker.run()


if __name__ == "__main__":
    main()
