"""`promptgan monitor`: what a service did, how far it drifts from its training data, and streams of texts."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptgan.commands.command import command, group, of_task, print_json
from promptgan.serving.log import LOG

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

    from promptgan.watching.period import Period
    from promptgan.watching.reference import Reference

app = group("What a service does, beside what its model learnt from.")
TRAIN = Path("data/validated/train.parquet")
HOST = "127.0.0.1"
Log = Annotated[Path, typer.Option(help="The service's log.")]
Hours = Annotated[float, typer.Option(min=0.01, help="How far back it looks.")]
Training = Annotated[Path, typer.Option("--reference", help="Training records: drift is measured from them.")]


@command(app, anywhere=True)
def report(
    log: Log = LOG,
    hours: Hours = 24.0,
    until: Annotated[
        str | None,
        typer.Option(
            help="Where the period ends, as 2026-01-31 or 2026-01-31T18:00, UTC unless it says another zone.",
            show_default="now",
        ),
    ] = None,
    reference: Training = TRAIN,
    out: Annotated[Path, typer.Option(help="The page gets a folder in this one.")] = Path("reports/monitor"),
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON; write no page.")] = False,
) -> None:
    """Say what a service did in a period.

    Writes a page that needs nothing else. Latency, refusals, moderation, repeated answers, feedback, for each model;
    and drift of prompts and answers from the training data: PSI of lengths, scripts and labels, MMD of embeddings.
    Texts are compared where the service logs them. Without the training data there is no word on drift.

    \b
    promptgan monitor report --hours 168
    promptgan monitor report --until 2026-01-31 --hours 24 --json
    """
    from promptgan.watching import report as pages
    from promptgan.watching.period import by_model, drifts, numbers
    from promptgan.watching.shadows import shadows

    period = _period(log, hours, until)
    training = _training(reference)
    found = None if training is None else drifts(period, training)
    if json:
        gauges = {"": numbers(period.asked, period.feedback), **by_model(period)}
        models = {name or "all": {each.name: each.value for each in values} for name, values in gauges.items()}
        print_json({
            "since": period.since, "until": period.until, "models": models,
            "drift": None if found is None else [each._asdict() for each in found],
            "shadows": [each.document() for each in shadows(period)],
            "verdict": pages.verdict(period, found),
        })  # fmt: skip
        return
    print(pages.verdict(period, found))
    print(f"page: {pages.write(period, found, out)}")


@command(app, anywhere=True)
def gauges(
    log: Log = LOG,
    hours: Hours = 1.0,
    reference: Training = TRAIN,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve them at /metrics of this port, until stopped.")
    ] = None,
    host: Annotated[str, typer.Option(help="Of the address that is served.")] = HOST,
    every: Annotated[float, typer.Option(min=0, help="Seconds for which an answer stays as it is.")] = 60.0,
) -> None:
    """Print the last hour's gauges for Prometheus, or serve them.

    They are what a service cannot know by itself: percentiles over a period, and drift from the training data.
    deploy/prometheus/alerts.yml has rules for them.

    \b
    promptgan monitor gauges > /var/lib/node_exporter/promptgan.prom
    promptgan monitor gauges --port 9101
    """
    from promptgan.watching import gauges as texts
    from promptgan.watching.period import by_model, drifts

    training = _training(reference)

    def text() -> str:
        period = _period(log, hours, None)
        return texts.exposition(by_model(period), [] if training is None else drifts(period, training))

    if port is None:
        print(text(), end="")
        return
    _serve(texts.serve((host, port), text, every), "/metrics")


@command(app, anywhere=True)
def stream(
    label: Annotated[str, typer.Option(help="The label that is counted.")],
    model: Annotated[Path, typer.Option(help="A model folder that holds a classifier.")] = Path("models/adversarial"),
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Texts, one a line, UTF-8.", show_default="standard input"),
    ] = None,
    window: Annotated[int, typer.Option(min=1, help="Of the last texts.")] = 50,
    upper: Annotated[float, typer.Option("--raise", help="Share of the window at which the alarm is raised.")] = 0.6,
    lower: Annotated[float, typer.Option("--clear", help="Share at which it is cleared.")] = 0.4,
    webhook: Annotated[str | None, typer.Option(help="An address that events are posted to, as JSON.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Take texts by POST at this port instead, until stopped.")
    ] = None,
    host: Annotated[str, typer.Option(help="Of the address that is served.")] = HOST,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print events alone.")] = False,
) -> None:
    """Raise an alarm where a label is too frequent.

    Texts are labelled as they come. The alarm is raised where the label's share of the last texts reaches --raise, and
    cleared where it falls to --clear; in between it stays. Each line is printed with its label and probability; events
    go to the webhook too.

    \b
    promptgan monitor stream --label negative --file reviews.txt --webhook http://127.0.0.1:8090/alarm
    tail -f reviews.txt | promptgan monitor stream --label negative --quiet
    promptgan monitor stream --label negative --port 8091
    """
    from promptgan.commands.classify import REMEDY
    from promptgan.terms.visible import visible
    from promptgan.watching import stream as streams

    alarm = streams.Alarm(label, window, upper, lower)
    classifier = of_task(model, "prediction", REMEDY).load(model)
    classifier.number(label)
    post = streams.Webhook(webhook) if webhook else None

    def tell(event: streams.Event) -> None:
        share = f"{event.share:.0%} of the last {event.window} texts"
        print(f"alarm {event.event}: {event.label} is {share}, after {event.texts}", flush=True)
        if post:
            post(event)

    watch = streams.Watch(classifier.probabilities, classifier.labels, alarm, tell)
    if port is not None:
        _serve(streams.serve((host, port), watch), "")
        return
    if file is None and isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    lines = file.open(encoding="utf-8", errors="replace") if file else sys.stdin
    with lines:
        for text, said, probability in watch.read_lines(lines, live=file is None):
            if not quiet:
                print(f"{said} {probability:.3f} {visible(text)}", flush=file is None)
    state = "raised" if alarm.raised else "not raised"
    print(f"{alarm.texts} texts; {label} is {alarm.share:.0%} of the last ones, the alarm is {state}")


def _period(log: Path, hours: float, until: str | None) -> "Period":
    import time
    from datetime import UTC, datetime

    from promptgan.watching import period

    try:
        told = None if until is None else datetime.fromisoformat(until)
    except ValueError as error:
        raise typer.BadParameter(f"--until: {error}; give it as 2026-01-31 or 2026-01-31T18:00") from error
    end = time.time() if told is None else (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    if end < 0:
        raise typer.BadParameter("--until is before 1970")
    return period.read(log, max(0.0, end - 3600 * hours), end)


def _training(path: Path) -> "Reference | None":
    from promptgan.watching import reference

    try:
        return reference.read(path)
    except reference.NoReference as error:
        if path != TRAIN:
            raise
        print(f"note: drift is not measured: {error.problem}", file=sys.stderr)
        return None


def _serve(server: "ThreadingHTTPServer", path: str) -> None:
    host = str(server.server_address[0])
    print(f"listening at http://{host}:{server.server_port}{path}", flush=True)
    try:
        with server:
            server.serve_forever()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
