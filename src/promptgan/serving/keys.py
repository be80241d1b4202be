"""API keys: a file of names and hashes, and how often each may ask."""

import hashlib
import hmac
import math
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from promptgan.core.errors import FileRefused, PromptganError
from promptgan.serving.places import NAME
from promptgan.serving.refusals import NoKey, TooFast

PREFIX = "pg-"
MAKES_ONE = "`promptgan serve --keys FILE --new-key NAME` makes one"
REMEMBERED = 10_000
"""Those who ask without a key, by their address, that are remembered at a time."""


class UnusableKeys(PromptganError):
    """The file of keys is not one, or a key cannot be added."""


def new_key(path: Path, name: str) -> str:
    """Make a key and append its hash to the file; the key itself is written nowhere.

    Raises:
        UnusableKeys: the file has one of that name, or the name has other characters than letters and digits.
        FileRefused: the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UnusableKeys(f"{name!r} is no name for a key", "give one of letters and digits")
    try:
        if path.exists() and name in _known(path):
            raise UnusableKeys(f"{path} has a key of {name} already", "give another name, or take its line out")
        key = PREFIX + secrets.token_urlsafe(32)
        with open(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a", encoding="utf-8") as file:
            whole = not file.tell() or path.read_bytes().endswith(b"\n")
            file.write(f"{'' if whole else chr(10)}{name} {_digest(key)}\n")
    except OSError as error:
        raise FileRefused(error) from error
    return key


def read(path: Path) -> dict[str, str]:
    """The names of a file of keys, and the sha256 of the key of each.

    Keys are 256 random bits, which nobody guesses: a slow hash with salt, as passwords need, would protect no better.

    Raises:
        UnusableKeys: it cannot be read, holds none, or a line is not a name and a sha256.
    """
    if not (keys := _known(path)):
        raise UnusableKeys(f"{path} holds no key", MAKES_ONE)
    return keys


def _known(path: Path) -> dict[str, str]:
    """The same, of a file that may hold none yet."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKeys(f"{path} cannot be read as keys: {error}", MAKES_ONE) from error
    keys = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, digest = line.strip().partition(" ")
        if not NAME.fullmatch(name) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise UnusableKeys(f"{path}: line {number} is not a name and the sha256 of a key", MAKES_ONE)
        keys[name] = digest
    return keys


class Doorkeeper:
    """Lets those in who have a key, as often as they may ask.

    Each has a bucket of a minute's requests, one at least, that fills steadily (token bucket).

    Args:
        keys: by name, see `read`; where there are none everybody may ask, and is known by the address.
        rate: requests a minute; 0 is no limit.
    """

    def __init__(self, keys: Mapping[str, str], rate: float) -> None:
        self.names = {digest: name for name, digest in keys.items()}
        self.rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def name(self, authorization: str | None, address: str) -> str:
        """Who asks: the name of a key, or where none is needed the address.

        Raises:
            NoKey: one is needed, and this is none.
        """
        if not self.names:
            return address
        scheme, _, key = (authorization or "").partition(" ")
        digest = _digest(key.strip())
        found = [name for known, name in self.names.items() if hmac.compare_digest(known, digest)]
        if scheme.lower() != "bearer" or not found:
            raise NoKey("this needs an API key", "send one that the service knows: Authorization: Bearer KEY")
        return found[0]

    def take(self, who: str) -> None:
        """Count a request.

        Raises:
            TooFast: there were too many.
        """
        if not self.rate:
            return
        now, most = time.monotonic(), max(self.rate, 1)
        left, at = self._buckets.pop(who, (most, now))
        left = min(most, left + (now - at) * self.rate / 60)
        self._buckets[who] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooFast(self.rate, math.ceil((1 - left) * 60 / self.rate))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
