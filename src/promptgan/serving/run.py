"""Starting and ending the service: its socket, its signals, what it watches."""

import asyncio
import json
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from starlette.middleware.cors import CORSMiddleware

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.serving import keys
from promptgan.serving.edge import Edge
from promptgan.serving.keys import Doorkeeper
from promptgan.serving.log import Log
from promptgan.serving.metrics import Metrics
from promptgan.serving.places import NothingToServe, Place
from promptgan.serving.pool import Limits, ModelRefused, Pool
from promptgan.serving.protocol import Patient
from promptgan.serving.service import Service

LOOK = 2.0
"""Seconds between two looks at the folders of the models."""
DRAIN = 30
"""Seconds for what was begun when the service ends."""
IDLE = 75
"""Seconds that a connection is kept between requests: longer than balancers do, so that none asks on a closed one."""
_said = logging.getLogger(__name__)


class PortTaken(PromptganError):
    """The address cannot be listened on."""


@dataclass(frozen=True)
class Options:
    """How the service is started."""

    places: tuple[Place, ...]
    log: Path
    host: str
    port: int
    limits: Limits
    device: str
    public_key: Path | None
    keys: Path | None
    rate: float
    """Requests a minute of each key; 0 is no limit."""
    moderation: str
    words: Path | None
    shadow: Place | None
    share: float
    log_texts: bool
    origins: tuple[str, ...]
    """Of other sites whose pages may ask (CORS)."""


def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP loads the models anew.

    Raises:
        PortTaken: the address cannot be listened on.
        ModelRefused, NothingToServe: a model cannot be loaded, or a release does not hold.
        UnusableKeys: the file of keys is none.
        LogUnusable: the log cannot be written.
        NoWords, ToolMissing, NoSourceDelivered: moderation lacks what it needs.
    """
    places = [*options.places, *([options.shadow] if options.shadow else [])]
    names = [place.name for place in places]
    if twice := {name for name in names if names.count(name) > 1}:
        raise NothingToServe(f"two models are called {', '.join(sorted(twice))}", "name them: NAME=FOLDER")
    for place in places:
        place.model  # noqa: B018 - raises where there is none
    if options.shadow and options.shadow.path.resolve() == options.places[0].path.resolve():
        raise NothingToServe(
            f"{options.shadow.path} would be its own shadow: it is the model that is served first",
            "serve the former one, as `promptgan promote` writes it: --model chat=models/production",
        )
    doorkeeper = Doorkeeper(keys.read(options.keys) if options.keys else {}, options.rate)
    module = choose("promptgan.serving.moderation", options.moderation, "--moderation")
    moderation = module.load(options.words)
    with closing(_listen(options.host, options.port)) as listening, closing(Log(options.log)) as log:
        pool = Pool(places, options.limits, options.device, options.public_key)
        shadow = options.shadow.name if options.shadow else None
        service = Service(pool, log, Metrics(pool, log), moderation, shadow, options.share, options.log_texts)
        with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(options, service, doorkeeper, listening))


class _Server(uvicorn.Server):
    """One that ends at a signal without passing it on, so that the log can be finished after it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.handle_exit, number, None)
        yield


async def _serve(options: Options, service: Service, doorkeeper: Doorkeeper, listening: socket.socket) -> None:
    """Load the models, serve until a signal, let the models finish.

    Raises:
        ModelRefused, NothingToServe: one cannot be loaded, or be the shadow.
    """
    pool = service.pool
    loading = asyncio.create_task(pool.start())
    await asyncio.sleep(0.01)  # the workers begin; while they load, the routes and FastAPI are imported
    from promptgan.serving import routes

    app = routes.build(service, {place.name: place for place in options.places})
    edge = Edge(app, doorkeeper, service.log, service.metrics, options.log_texts)
    exposed = ["X-Request-Id", "X-Seed", "Retry-After"]
    crossing = CORSMiddleware(edge, options.origins, allow_methods=["*"], allow_headers=["*"], expose_headers=exposed)
    server = _Server(
        uvicorn.Config(
            app=crossing,
            http=Patient,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=DRAIN + 5,
        )
    )
    await loading
    tasks = {asyncio.create_task(_look(pool))}

    def hang_up() -> None:
        tasks.add(asyncio.create_task(_reload(pool)))

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hang_up)
    try:
        if options.shadow:
            facts = pool.facts[options.shadow.name]
            if "generate" not in facts["kinds"] or facts["media"] != "text/plain":
                raise NothingToServe(
                    f"{options.shadow.path} answers with no texts", "let a model of texts be the shadow"
                )
        _said.info("ready: %s", _url(listening))
        await server.serve(sockets=[listening])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await service.stop()
        await pool.stop(DRAIN)


def set_up_messages() -> None:
    """What the service says goes to standard error, a JSON object a line; on a terminal what is no request as it is."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        if record.name == "promptgan.access":
            return said
        if record.exc_info:
            said = f"{said}\n{self.formatException(record.exc_info)}"
        if sys.stderr.isatty():
            return said
        return json.dumps({"at": round(record.created, 3), "level": record.levelname.lower(), "message": said})


def _listen(host: str, port: int) -> socket.socket:
    listening = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        if listening:
            listening.close()
        raise PortTaken(f"{host}:{port} cannot be listened on: {error}", "name another one: --port 8001") from error
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"


async def _reload(pool: Pool) -> None:
    """Load the models anew; where they cannot be, the old ones go on."""
    try:
        await pool.reload()
        _said.info("models loaded anew: %s", {name: facts["revision"][:12] for name, facts in pool.facts.items()})
    except ModelRefused as error:
        _said.error("the models of before go on: %s", error)


async def _look(pool: Pool) -> None:
    """Load the models anew when their folders have changed and are still."""
    served = before = [place.stamp() for place in pool.places]
    while True:
        await asyncio.sleep(LOOK)
        now = [place.stamp() for place in pool.places]
        if now == before != served and all(now):
            served = now
            await _reload(pool)
        before = now
