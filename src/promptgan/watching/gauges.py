"""A period's gauges as Prometheus reads them: printed, or at an address of this machine."""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import ThreadingHTTPServer

from promptgan.core.errors import PromptganError
from promptgan.watching.listening import Handler, listen
from promptgan.watching.period import Drift, Number

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(models: Mapping[str, Sequence[Number]], drifts: Sequence[Drift]) -> str:
    """Numbers of each model, and drift, in Prometheus' text format 0.0.4.

    Drift has two gauges: `promptgan_drift`, the measure's value, and `promptgan_drift_moved`, 1 where it is more than
    chance explains, which is what an alert asks, since the two measures have no bound in common.

    Args:
        models: the gauges of each model, by its name and revision, parted by a space.
        drifts: as `period.drifts` finds them.
    """
    lines: dict[str, list[str]] = {}

    def add(name: str, help: str, value: float, **labels: str) -> None:
        said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        head = [f"# HELP {name} {help}", f"# TYPE {name} gauge"]
        lines.setdefault(name, head).append(f"{name}{{{said}}} {value!r}")

    for key, numbers in models.items():
        model, _, revision = key.rpartition(" ")
        for number in numbers:
            add(f"promptgan_period_{number.name}", number.title, float(number.value), model=model, revision=revision)
    for each in drifts:
        labels = {"what": each.name, "measure": each.measure}
        add("promptgan_drift", "how far it moved from the training data", float(each.value), **labels)
        add("promptgan_drift_moved", "whether that is more than chance explains", float(each.moved), **labels)
    return "".join(f"{line}\n" for part in lines.values() for line in part)


def serve(address: tuple[str, int], text: Callable[[], str], every: float) -> ThreadingHTTPServer:
    """A server of ``/metrics``, not yet started; what it says is at most ``every`` seconds old.

    Raises:
        PortTaken: another process listens there, or the address is not this machine's.
    """
    at, said, lock = -math.inf, "", threading.Lock()

    class Gauges(Handler):
        def do_GET(self) -> None:  # noqa: N802
            nonlocal at, said
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            with lock:  # drift is measured once, whoever else asks meanwhile
                if time.monotonic() - at >= every:
                    try:
                        said = text()
                    except PromptganError as error:
                        self.answer(503, f"{error.problem}\n".encode(), "text/plain; charset=utf-8")
                        return
                    at = time.monotonic()
            self.answer(200, said.encode(), CONTENT_TYPE)

    return listen(address, Gauges)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
