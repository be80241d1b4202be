"""What the service tells Prometheus of itself; the alerts and the dashboard in deploy/ read these names."""

import time
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from promptgan.serving.log import Log
from promptgan.serving.pool import Pool

SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128)
SCORES = (-8, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 8)


class Metrics:
    """Every gauge, counter and histogram.

    Args:
        pool, log: asked for what they hold when Prometheus asks.
    """

    def __init__(self, pool: Pool, log: Log) -> None:
        self.pool = pool
        self.registry = CollectorRegistry()
        counter, histogram = partial(Counter, registry=self.registry), partial(Histogram, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        self.requests = counter(
            "promptgan_requests_total", "Requests by what became of them.", ["route", "model", "status"]
        )
        self.seconds = histogram(
            "promptgan_request_seconds",
            "From the coming of a request to the last byte of its answer.",
            ["route", "model"],
            buckets=SECONDS,
        )
        self.queued = histogram(
            "promptgan_queue_seconds",
            "Of these, seconds that an answered request waited for others.",
            ["model"],
            buckets=SECONDS,
        )
        self.batch = histogram("promptgan_batch_rows", "Answers that are made together.", buckets=ROWS)
        self.tokens = counter("promptgan_tokens_total", "Tokens of answers.", ["model"])
        self.refused = counter(
            "promptgan_refused_total", "Requests that were refused, by the code of the refusal.", ["code"]
        )
        self.moderated = counter("promptgan_moderated_total", "Refused by moderation, by side.", ["model", "side"])
        self.score = histogram(
            "promptgan_answer_score",
            "The discriminator's logit of answers; above 0 is more like real ones.",
            ["model", "shadow"],
            buckets=SCORES,
        )
        self.repeated = counter(
            "promptgan_repeated_total", "Answers that are the same as one of the model's last thousand.", ["model"]
        )
        self.feedback = counter("promptgan_feedback_total", "What people said of answers.", ["model", "thumb"])
        self.model = gauge(
            "promptgan_model_info", "1 for each model that is served, and its revision.", ["model", "revision"]
        )
        for name, said, value in (
            ("promptgan_queue_rows", "Answers that wait for a worker.", lambda: pool.waiting_rows),
            ("promptgan_ready", "1 where requests are answered.", lambda: pool.ready),
            ("promptgan_worker_restarts", "Workers that died and were replaced.", lambda: pool.restarts),
            ("promptgan_reloads", "Times that all models were loaded anew.", lambda: pool.reloads),
            ("promptgan_log_lost_rows", "Rows that the log could not write, and dropped.", lambda: log.lost),
            ("promptgan_log_writable", "0 where the last rows could not be written.", lambda: log.problem is None),
            ("promptgan_time_seconds", "The service's clock.", time.time),
        ):
            gauge(name, said).set_function(value)

    def exposed(self) -> bytes:
        """What Prometheus reads."""
        self.model.clear()
        for name, facts in self.pool.facts.items():
            self.model.labels(name, facts["revision"]).set(1)
        return generate_latest(self.registry)
