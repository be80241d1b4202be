"""A stream of texts under a classifier: windows, alarms with hysteresis, and who is told of them."""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import ThreadingHTTPServer
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import normalise
from promptgan.watching.listening import PATIENCE, Handler, listen

BATCH = 32
"""Texts that the classifier reads at once, of a file."""
TRIES, PAUSE = 3, 0.5
"""Of a webhook: how often it is called, and seconds before the second call, which double."""
MOST_BYTES = 2**20
"""Of what one HTTP request brings."""
MOST_READ = 8 * MOST_BYTES
"""Of what is refused: whoever is still sending when the connection closes reads no answer."""
RAISED, CLEARED = "raised", "cleared"


class WrongThresholds(PromptganError):
    """An alarm could never be cleared, or never be raised."""

    exit_code = 2


class Event(NamedTuple):
    """An alarm that begins or ends."""

    event: str
    """`RAISED` or `CLEARED`."""
    label: str
    share: float
    """Of the window's texts that have the label."""
    window: int
    """Texts of it."""
    texts: int
    """Read until then."""


class Alarm:
    """Watches the share of one label among the last texts.

    It is raised where the share reaches ``upper`` and cleared where it falls to ``lower``; in between it stays what it
    is, so that a share that trembles about one bound does not ring twice (a Schmitt trigger). Nothing is raised before
    the window is full.

    Args:
        label: what is counted.
        window: texts.
        upper, lower: shares.

    Raises:
        WrongThresholds: not 0 <= lower < upper <= 1.
    """

    def __init__(self, label: str, window: int, upper: float, lower: float) -> None:
        if not 0 <= lower < upper <= 1:
            raise WrongThresholds(
                f"an alarm that is raised at {upper:g} and cleared at {lower:g}",
                "give shares of the texts, --clear below --raise, both from 0 to 1",
            )
        self.label, self.upper, self.lower = label, upper, lower
        self.raised = False
        self.texts = 0
        self._window: deque[bool] = deque(maxlen=window)

    @property
    def share(self) -> float:
        """Of the window's texts that have the label; 0 before the first text."""
        return sum(self._window) / max(1, len(self._window))

    @property
    def state(self) -> dict[str, Any]:
        """What is to be known of it at the moment."""
        return {"label": self.label, "raised": self.raised, "share": round(self.share, 4), "texts": self.texts}

    def feed(self, label: str) -> Event | None:
        """Take the label of the next text; return what it changes."""
        self.texts += 1
        self._window.append(label == self.label)
        full = len(self._window) == self._window.maxlen
        if full and not self.raised and self.share >= self.upper:
            self.raised = True
        elif self.raised and self.share <= self.lower:
            self.raised = False
        else:
            return None
        size = len(self._window)
        return Event(RAISED if self.raised else CLEARED, self.label, round(self.share, 4), size, self.texts)


class Watch:
    """Labels texts, feeds the alarm, tells of its events.

    Args:
        probabilities: the classifier's, of texts (N, K).
        labels: K names, in their order.
        alarm: is fed with the likeliest label of each text.
        tell: is called with each event.
    """

    def __init__(
        self,
        probabilities: Callable[[list[str]], npt.NDArray[np.float64]],
        labels: Sequence[str],
        alarm: Alarm,
        tell: Callable[[Event], None],
    ) -> None:
        self.alarm = alarm
        self._probabilities, self._labels, self._tell = probabilities, labels, tell
        self._one_at_a_time = threading.Lock()

    def read(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The label of each text and its probability; blank texts have none and are left out."""
        told = [text for text in map(normalise, texts) if text.strip()]
        if not told:
            return []
        with self._one_at_a_time:
            found = self._probabilities(told)
            said = [(self._labels[place], float(row[place])) for row, place in zip(found, found.argmax(1), strict=True)]
            for label, _ in said:
                if event := self.alarm.feed(label):
                    self._tell(event)
        return said

    def read_lines(self, lines: Iterable[str], *, live: bool = False) -> Iterator[tuple[str, str, float]]:
        """Text, label and probability of each line; one by one where they are ``live``, else in batches."""
        lines = iter(lines)
        while part := list(islice(lines, 1 if live else BATCH)):
            texts = [line.strip() for line in part if normalise(line).strip()]
            for text, (label, probability) in zip(texts, self.read(texts), strict=True):
                yield text, label, probability


class Webhook:
    """Posts events as JSON to an address; one that does not answer is told on standard error and stops nothing."""

    def __init__(self, url: str, pause: float = PAUSE) -> None:
        self.url, self.pause = url, pause

    def __call__(self, event: Event) -> None:
        """Post it, up to `TRIES` times."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(event._asdict()).encode(), headers)
        for attempt in range(TRIES):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE):
                    return
            except urllib.error.HTTPError as error:
                error.close()
                problem = str(error)
            except (OSError, ValueError) as error:
                problem = str(error)
        print(f"note: {self.url} was not told that the alarm was {event.event}: {problem}", file=sys.stderr)


def serve(address: tuple[str, int], watch: Watch) -> ThreadingHTTPServer:
    """A server, not yet started, that takes texts by POST and answers with their labels and the alarm's state.

    The body is JSON, ``{"text": "..."}`` or ``{"texts": ["...", ...]}``, or plain text, a text a line.

    Raises:
        PortTaken: another process listens there, or the address is not this machine's.
    """

    class Texts(Handler):
        def do_POST(self) -> None:  # noqa: N802
            try:
                texts = self.texts()
            except (ValueError, RecursionError) as error:
                self.say(400, {"error": str(error)})
                return
            said = [{"label": label, "probability": round(p, 4)} for label, p in watch.read(texts)]
            self.say(200, {"said": said, "alarm": watch.alarm.state})

        def texts(self) -> list[str]:
            length = self.headers.get("Content-Length", "")
            body = self.rfile.read(min(int(length), MOST_READ) if length.isdecimal() else 0)
            if not length.isdecimal() or int(length) > MOST_BYTES:
                raise ValueError(f"a body of known length is needed, of {MOST_BYTES} bytes at most")
            text = body.decode()
            if "json" not in self.headers.get("Content-Type", ""):
                return text.splitlines()
            document = json.loads(text)
            texts = document.get("texts", [document.get("text")]) if isinstance(document, dict) else None
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise ValueError('JSON is {"text": "..."} or {"texts": ["...", ...]}')
            "".join(texts).encode()  # lone surrogates are no text
            return texts

        def say(self, status: int, document: object) -> None:
            self.answer(status, json.dumps(document).encode(), "application/json")

    return listen(address, Texts)
