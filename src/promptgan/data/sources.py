"""What a data set declares about where its bytes come from. Declarations only: `download.py` acts on them."""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Certainty = Literal["sure", "commonly stated", "unsure"]


@dataclass(frozen=True)
class Licence:
    """The licence of the data, and how well it is established."""

    name: str
    certainty: Certainty
    note: str = ""


@dataclass(frozen=True)
class Package:
    """One pinned file that holds the data: an archive, or the data itself where ``members`` is empty."""

    sha256: str
    members: tuple[str, ...] = field(default=(), kw_only=True)
    """Glob patterns of the wanted members' full names; a member lands in data/raw under its last name part."""

    def described(self) -> dict[str, str]:
        """What provenance.json says of it."""
        named = {key: getattr(self, key) for key in ("name", "version", "url", "file", "path") if hasattr(self, key)}
        return {"kind": type(self).__name__.lower(), **named, "sha256": self.sha256}


@dataclass(frozen=True)
class PyPI(Package):
    """A wheel, or a source distribution, of the Python package index that pip is configured for."""

    name: str
    version: str
    sdist: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return f"pypi {self.name}=={self.version}"


@dataclass(frozen=True)
class Npm(Package):
    """A package of the registry that npm is configured for; its install scripts are never run."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"npm {self.name}@{self.version}"


@dataclass(frozen=True)
class Deb(Package):
    """A Debian package of the archives that apt is configured for."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"deb {self.name}={self.version}"


@dataclass(frozen=True)
class Url(Package):
    """A file at a public HTTP or HTTPS address."""

    url: str
    max_bytes: int = field(default=256 * 2**20, kw_only=True)

    def __str__(self) -> str:
        return f"url {self.url}"


@dataclass(frozen=True)
class Local(Package):
    """A file that `promptgan use local-text` imported into the content-addressed store ``data/own/``."""

    file: str

    def __str__(self) -> str:
        return f"local {self.file}"


@dataclass(frozen=True)
class Folder(Package):
    """A folder of this machine; its ``sha256`` is the `content_sha256` of the wanted members."""

    path: str

    def __str__(self) -> str:
        return f"folder {self.path}"


@dataclass(frozen=True)
class Hub(Package):
    """A repository of the Hugging Face Hub; its ``sha256`` is the `content_sha256` of the wanted members."""

    name: str
    version: str
    """A commit."""

    def __str__(self) -> str:
        return f"hub {self.name}@{self.version}"


@dataclass(frozen=True)
class Joined(Package):
    """Several packages whose members together are the data; its ``sha256`` is the `content_sha256` of these.

    A member lands in data/raw under the name of its part, a hyphen and its last name part.
    """

    parts: tuple[tuple[str, Package], ...]
    """By name; none is joined itself."""
    members: tuple[str, ...] = field(default=("*",), kw_only=True)

    def described(self) -> dict[str, str]:
        """What provenance.json says of it."""
        return {**super().described(), **{name: f"{part}, sha256 {part.sha256}" for name, part in self.parts}}

    def __str__(self) -> str:
        return " and ".join(str(part) for _, part in self.parts)


@dataclass(frozen=True)
class Seeded(Package):
    """A file that is made here of parameters alone, such as random numbers of a seed; it needs no network.

    A data set's own subclass says what is made; its name is the kind of the source.
    """

    seed: int
    file: str

    def content(self) -> bytes:
        """The file, whose sha256 is pinned: the same bytes each time."""
        raise NotImplementedError

    def described(self) -> dict[str, str]:
        """What provenance.json says of it."""
        return {**super().described(), "seed": str(self.seed)}

    def __str__(self) -> str:
        return f"seed {self.seed}/{self.file}"


MODEL = ("config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json")
"""Members of a language model in the format of transformers."""


@dataclass(frozen=True)
class Upstream:
    """Where a data set comes from: equivalent sources in the order in which they are tried."""

    title: str
    licence: Licence
    sources: tuple[Package, ...]
    content_sha256: str
    """`content_sha256` of the members: every source must yield these bytes."""

    def described(self, source: Package) -> dict[str, Any]:
        """What provenance.json says where ``source`` delivered, the files themselves aside."""
        return {
            "title": self.title,
            "licence": asdict(self.licence),
            "source": source.described(),
            "content_sha256": self.content_sha256,
        }


def content_sha256(hashes: dict[str, str]) -> str:
    """sha256 of the lines that `sha256sum` prints for the files of ``hashes`` (name to sha256), sorted by name."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
