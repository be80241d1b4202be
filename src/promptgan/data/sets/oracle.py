"""Sequences that a random recurrent network draws: the synthetic data of SeqGAN (Yu et al., 2017, arXiv:1609.05473).

The network, called the oracle, is known, so what a generator makes of its sequences can be judged exactly. Raw data are
its weights alone, drawn of a seed or from a file of the user's own; the records are drawn from it anew each time.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Seeded, Upstream, content_sha256

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

TASK = "oracle"
FILE = "oracle.npz"
BESIDE = (FILE,)
"""What evaluation needs beside the records."""
START = 0
"""The token that is read before the first one; it is drawn like any other."""
GATES = ("input", "forget", "output", "candidate")
CHUNK = 100
"""Sequences drawn at a time."""


class BrokenOracle(PromptganError):
    """The file of weights does not hold the network that the parameters describe."""


class Weights(Section):
    """A file of weights of one's own, in the store of imported files."""

    file: Literal["oracle.npz"]
    """Its name there: data/own/SHA256/oracle.npz."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["oracle"]
    weights: Weights | None
    """A file to read them from; null to draw them of the seed, every one from N(0, 1)."""
    seed: int = Field(ge=0, lt=2**32)
    """Of the weights, unless they are read, and of the sequences."""
    vocabulary: int = Field(ge=2, le=2**15)
    """Tokens, 0 to one less."""
    embedding: int = Field(ge=1, le=1024)
    width: int = Field(ge=1, le=1024)
    """Of the recurrent state."""
    length: int = Field(ge=1, le=1024)
    """Tokens of every sequence."""
    count: int = Field(ge=100)
    """Sequences, of all splits."""


@dataclass(frozen=True)
class Oracle(Seeded):
    """The weights, drawn of a seed."""

    vocabulary: int
    embedding: int
    width: int

    def content(self) -> bytes:
        """The file of weights."""
        return _file(_drawn(self.seed, shapes(self.vocabulary, self.embedding, self.width)))


def upstream(parameters: Parameters) -> Upstream:
    """Where the weights come from: a seed, or the store of imported files."""
    p = parameters
    if p.weights:
        return Upstream(
            title=f"oracle of {p.weights.file}",
            licence=Licence("not stated", "unsure", "imported by the user"),
            sources=(Local(p.weights.sha256, p.weights.file),),
            content_sha256=content_sha256({FILE: p.weights.sha256}),
        )
    drawn = _file(_drawn(p.seed, shapes(p.vocabulary, p.embedding, p.width)))
    digest = hashlib.sha256(drawn).hexdigest()
    return Upstream(
        title=f"oracle of seed {p.seed}",
        licence=Licence("CC0-1.0", "sure", "random numbers"),
        sources=(Oracle(digest, p.seed, FILE, p.vocabulary, p.embedding, p.width),),
        content_sha256=content_sha256({FILE: digest}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Sequences drawn from the oracle, as ids with spaces between; the first are the same however many there are.

    Raises:
        BrokenOracle: the file does not hold the weights that the parameters describe.
    """
    import pandas as pd

    sequences = draw(read(raw / FILE, parameters), parameters.seed, parameters.count, parameters.length)
    names = [f"s{number:06d}" for number in range(len(sequences))]
    texts = [" ".join(map(str, row)) for row in sequences.tolist()]
    return pd.DataFrame({"id": names, "group": names, "text": texts})


def shapes(vocabulary: int, embedding: int, width: int) -> list[tuple[int, ...]]:
    """Of the arrays of a file, in their order, which is that of SeqGAN's own file.

    The embeddings; for each of `GATES` the weights of what is read, those of the state, and a bias; the weights of the
    logits, and their bias.
    """
    gate: list[tuple[int, ...]] = [(embedding, width), (width, width), (width,)]
    return [(vocabulary, embedding), *gate * len(GATES), (width, vocabulary), (vocabulary,)]


def read(path: Path, parameters: Parameters) -> list[Any]:
    """The arrays of a file of weights, float64, in the order of `shapes`.

    Raises:
        BrokenOracle: it cannot be read, or the arrays have other shapes or a value that is no finite number.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [file[f"arr_{number}"].astype(np.float64) for number in range(len(file.files))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BrokenOracle(f"{path} cannot be read: {error}", "write it with numpy.savez(FILE, *arrays)") from error
    p = parameters
    expected = shapes(p.vocabulary, p.embedding, p.width)
    if (found := [array.shape for array in arrays]) != expected:
        raise BrokenOracle(
            f"{path} holds arrays of shapes {found}; the section data asks for {expected}",
            "correct vocabulary, embedding and width of the section data, or the file",
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise BrokenOracle(f"{path} holds values that are no finite numbers", "correct the file")
    return arrays


def draw(weights: "list[Any]", seed: int, count: int, length: int) -> "npt.NDArray[np.int64]":
    """``count`` sequences of ``length`` tokens, (count, length), by inverse transform sampling of the LSTM's softmax.

    In float64, where sums in another order move a cumulated probability by 1e-13 or so: machines draw the same tokens.
    """
    import numpy as np

    embeddings, *gates, to_logits, bias = weights
    uniforms = np.random.RandomState([seed, 1]).random_sample((count, length))
    drawn = np.zeros((count, length), dtype=np.int64)
    for start in range(0, count, CHUNK):
        chosen = uniforms[start : start + CHUNK]
        token = np.full(len(chosen), START)
        hidden = cell = np.zeros((len(chosen), len(to_logits)))
        for t in range(length):
            read = embeddings[token]
            enter, forget, leave, new = (
                read @ gates[3 * g] + hidden @ gates[3 * g + 1] + gates[3 * g + 2] for g in range(len(GATES))
            )
            cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
            hidden = _sigmoid(leave) * np.tanh(cell)
            scores = hidden @ to_logits + bias
            scores -= scores.max(1, keepdims=True)
            cumulated = np.cumsum(np.exp(scores, out=scores), axis=1, out=scores)
            bounds = chosen[:, t] * cumulated[:, -1]
            token = np.array([row.searchsorted(bound, "right") for row, bound in zip(cumulated, bounds, strict=True)])
            drawn[start : start + CHUNK, t] = token
    return drawn


def _drawn(seed: int, wanted: list[tuple[int, ...]]) -> list[Any]:
    import numpy as np

    normal = np.random.RandomState(seed)  # its stream is the same for every version of numpy
    return [normal.standard_normal(shape).astype(np.float32) for shape in wanted]


def _file(arrays: list[Any]) -> bytes:
    import numpy as np

    content = io.BytesIO()
    np.savez(content, *arrays)
    return content.getvalue()


def _sigmoid(x: Any) -> Any:
    import numpy as np

    return 0.5 * (1 + np.tanh(0.5 * x))
