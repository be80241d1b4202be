"""The Python packages that requirements.lock pins, and whether they are installed."""

import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.version import Version


@dataclass(frozen=True)
class Package:
    """A pinned Python package."""

    name: str
    version: str
    sha256: tuple[str, ...] = ()
    """Of the files that may be installed, where the lock file names them."""
    applies: bool = True
    """Whether it is for this platform."""


def read(text: str) -> list[Package]:
    """The packages that a requirements file pins with `==`, in its order.

    Raises:
        ValueError: a line is no requirement.
    """
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words, _, rest = line.partition(" #")[0].partition(" --hash=sha256:")
        if not words.strip() or words.startswith(("#", "-")):
            continue
        requirement = Requirement(words.strip())
        version = ",".join(pin.version for pin in requirement.specifier)
        applies = requirement.marker is None or requirement.marker.evaluate()
        digests = [word.strip() for word in rest.split("--hash=sha256:") if word.strip()]
        found.append(Package(requirement.name, version, tuple(digests), applies))
    return found


def differing(pinned: Iterable[Package]) -> Iterator[tuple[Package, str]]:
    """Those that are not installed in their version, with what is; the part that names a device does not count."""
    for package in pinned:
        if package.applies:
            try:
                installed = importlib.metadata.version(package.name)
            except importlib.metadata.PackageNotFoundError:
                installed = ""
            if not installed or Version(installed).public != Version(package.version).public:
                yield package, installed
