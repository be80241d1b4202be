"""Small servers of one address, for what watches: gauges that are scraped, texts that are sent."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from promptgan.core.errors import PromptganError

PATIENCE = 10.0
"""Seconds that a client may take over a request."""


class PortTaken(PromptganError):
    """Nothing can be served at the address."""


class Handler(BaseHTTPRequestHandler):
    """Answers whole bodies, and writes no log."""

    timeout = PATIENCE

    def answer(self, status: int, body: bytes, content_type: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


def listen(address: tuple[str, int], handler: type[Handler]) -> ThreadingHTTPServer:
    """A server, not yet started; port 0 takes a free one.

    Raises:
        PortTaken: another process listens there, or the address is not this machine's.
    """
    try:
        return ThreadingHTTPServer(address, handler)
    except OSError as error:
        raise PortTaken(f"{address[0]}:{address[1]}: {error.strerror}", "name another port with --port") from error
