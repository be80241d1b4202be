import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from promptgan.data.download import download
from promptgan.data.sets import oracle
from tests.tasks.oracle.reference import nll

VALUES: dict[str, Any] = {
    "name": "oracle",
    "weights": None,
    "seed": 1,
    "vocabulary": 5,
    "embedding": 3,
    "width": 4,
    "length": 2,
    "count": 20000,
}
PARAMETERS = oracle.Parameters(**VALUES)


def made(folder: Path, parameters: oracle.Parameters = PARAMETERS) -> Path:
    """What the stage download writes."""
    download(oracle.upstream(parameters), folder / "raw", cache=folder / "cache", roots=[folder])
    return folder / "raw"


def test_sequences_are_as_frequent_as_the_network_says(tmp_path: Path) -> None:
    raw = made(tmp_path)
    counts = oracle.records(raw, PARAMETERS)["text"].value_counts()
    weights = oracle.read(raw / oracle.FILE, PARAMETERS)
    for pair in itertools.product(range(5), repeat=2):
        p = math.exp(-sum(nll(weights, list(pair))))
        deviation = math.sqrt(p * (1 - p) / PARAMETERS.count)
        assert abs(counts.get(f"{pair[0]} {pair[1]}", 0) / PARAMETERS.count - p) < 4 * deviation


def test_the_weights_are_standard_normal_and_follow_from_the_seed(tmp_path: Path) -> None:
    large = oracle.Parameters(**VALUES | {"vocabulary": 2000, "embedding": 16, "width": 16})
    arrays = oracle.read(made(tmp_path / "one", large) / oracle.FILE, large)
    assert [array.shape for array in arrays] == oracle.shapes(2000, 16, 16)
    values = np.concatenate([array.ravel() for array in arrays])
    assert abs(values.mean()) < 4 / math.sqrt(len(values)) and abs(values.std() - 1) < 4 / math.sqrt(2 * len(values))
    same, other = (made(tmp_path / str(seed), oracle.Parameters(**VALUES | {"seed": seed})) for seed in (1, 2))
    assert (same / oracle.FILE).read_bytes() == (made(tmp_path / "again") / oracle.FILE).read_bytes()
    assert (same / oracle.FILE).read_bytes() != (other / oracle.FILE).read_bytes()


def test_provenance_says_that_a_seed_is_the_source(tmp_path: Path) -> None:
    raw = made(tmp_path)
    digest = hashlib.sha256((raw / oracle.FILE).read_bytes()).hexdigest()
    provenance = json.loads((raw / "provenance.json").read_text())
    assert provenance["source"] == {"kind": "oracle", "seed": "1", "file": "oracle.npz", "sha256": digest}
    assert provenance["files"] == {"oracle.npz": digest}


def test_the_first_sequences_do_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    raw = made(tmp_path)
    few = oracle.records(raw, oracle.Parameters(**VALUES | {"count": 250}))
    assert few.equals(oracle.records(raw, PARAMETERS).head(250))


def test_weights_of_the_users_own_are_read_from_the_store(tmp_path: Path) -> None:
    content = (made(tmp_path / "other", oracle.Parameters(**VALUES | {"seed": 7})) / oracle.FILE).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / "data/own" / digest).mkdir(parents=True)
    (tmp_path / "data/own" / digest / "oracle.npz").write_bytes(content)
    own = oracle.Parameters(**VALUES | {"weights": {"file": "oracle.npz", "sha256": digest}})
    assert (made(tmp_path, own) / oracle.FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([np.zeros(3)] * 15, "shapes"),
        ([np.full(shape, np.nan) for shape in oracle.shapes(5, 3, 4)], "no finite numbers"),
    ],
)
def test_a_file_of_something_else_is_refused(arrays: list[Any], words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / oracle.FILE, *arrays)
    with pytest.raises(oracle.BrokenOracle, match=words):
        oracle.records(tmp_path, PARAMETERS)


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / oracle.FILE).write_bytes(b"weights")
    with pytest.raises(oracle.BrokenOracle, match="cannot be read"):
        oracle.records(tmp_path, PARAMETERS)
