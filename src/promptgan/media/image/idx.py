"""IDX files, in which MNIST and its likes come."""

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError

UINT8 = 8
"""The type code of unsigned bytes."""


class BrokenIdx(PromptganError):
    """A file is no IDX file of bytes, or is cut off."""


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """The array of a file of unsigned bytes, gzipped where its name ends in ``.gz``.

    The format: two zero bytes, the type, the number of dimensions, each dimension as a big-endian 32-bit integer, and
    the content (http://yann.lecun.com/exdb/mnist/).

    Raises:
        BrokenIdx: it is something else.
    """
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(content) < 4 or content[:3] != bytes([0, 0, UINT8]):
        raise BrokenIdx(f"{path} is no IDX file of unsigned bytes", "remove it and run `dvc repro download`")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:start], ">u4").astype(np.int64)
    if len(content) - start != shape.prod():
        raise BrokenIdx(
            f"{path} holds {len(content) - start} bytes, and its header says {shape.prod()}",
            "remove it and run `dvc repro download`",
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
